byte owner[2];
byte pte[2];
byte perm[2];
byte tlb[2];
byte tperm[2];
byte fl[2];
byte k[2];
byte ki[2];
byte kp[2];
byte qlen;
byte q[2];
byte edge[1];
byte msg[1];
byte irte[1];
byte iec[1];
byte g[1];
byte old[1];
byte irr[2];
byte vec[2];
active proctype sys() {
  d_step { irte[0] = 0; vec[0] = 1 }
  do
  :: d_step { (k[0] == 0 && pte[0] == 0 && owner[0] == 0) -> pte[0] = 1; perm[0] = 0; owner[0] = 1 }
  :: d_step { (k[0] == 0 && pte[0] == 0 && owner[0] == 0) -> pte[0] = 1; perm[0] = 1; owner[0] = 1 }
  :: d_step { (k[0] == 0 && pte[0] == 0 && owner[1] == 0) -> pte[0] = 2; perm[0] = 0; owner[1] = 1 }
  :: d_step { (k[0] == 0 && pte[0] == 0 && owner[1] == 0) -> pte[0] = 2; perm[0] = 1; owner[1] = 1 }
  :: d_step { (k[1] == 0 && pte[1] == 0 && owner[0] == 0) -> pte[1] = 1; perm[1] = 0; owner[0] = 2 }
  :: d_step { (k[1] == 0 && pte[1] == 0 && owner[0] == 0) -> pte[1] = 1; perm[1] = 1; owner[0] = 2 }
  :: d_step { (k[1] == 0 && pte[1] == 0 && owner[1] == 0) -> pte[1] = 2; perm[1] = 0; owner[1] = 2 }
  :: d_step { (k[1] == 0 && pte[1] == 0 && owner[1] == 0) -> pte[1] = 2; perm[1] = 1; owner[1] = 2 }
  :: d_step { (fl[0] == 0 && tlb[0] != 0 && tperm[0] == 1) -> fl[0] = tlb[0] }
  :: d_step { (tlb[0] == 0 && pte[0] != 0) -> tlb[0] = pte[0]; tperm[0] = perm[0] }
  :: d_step { (tlb[0] != 0) -> tlb[0] = 0; tperm[0] = 0 }
  :: d_step { (k[0] == 0 && pte[0] != 0) -> kp[0] = pte[0]; ki[0] = 0; pte[0] = 0; perm[0] = 0; k[0] = 1 }
  :: d_step { (qlen != 0 && q[0] == 0 && fl[0] == 0) -> tlb[0] = 0; tperm[0] = 0; q[0] = q[1]; q[1] = 0; qlen--; k[0] = 3 }
  :: d_step { (fl[1] == 0 && tlb[1] != 0 && tperm[1] == 1) -> fl[1] = tlb[1] }
  :: d_step { (tlb[1] == 0 && pte[1] != 0) -> tlb[1] = pte[1]; tperm[1] = perm[1] }
  :: d_step { (tlb[1] != 0) -> tlb[1] = 0; tperm[1] = 0 }
  :: d_step { (k[1] == 0 && pte[1] != 0) -> kp[1] = pte[1]; ki[1] = 0; pte[1] = 0; perm[1] = 0; k[1] = 1 }
  :: d_step { (qlen != 0 && q[0] == 1 && fl[1] == 0) -> tlb[1] = 0; tperm[1] = 0; q[0] = q[1]; q[1] = 0; qlen--; k[1] = 3 }
  :: d_step { (fl[0] != 0) -> assert(owner[fl[0] - 1] == 1); fl[0] = 0 }
  :: d_step { (k[0] == 1 && qlen < 2) -> q[qlen] = 0 + ki[0]; qlen++; k[0] = 2 }
  :: d_step { (k[0] == 3) -> owner[kp[0] - 1] = 0; kp[0] = 0; ki[0] = 0; k[0] = 0 }
  :: d_step { (fl[1] != 0) -> assert(owner[fl[1] - 1] == 2); fl[1] = 0 }
  :: d_step { (k[1] == 1 && qlen < 2) -> q[qlen] = 1 + ki[1]; qlen++; k[1] = 2 }
  :: d_step { (k[1] == 3) -> owner[kp[1] - 1] = 0; kp[1] = 0; ki[1] = 0; k[1] = 0 }
  :: d_step { (edge[0] == 0) -> edge[0] = 1 }
  :: d_step { (edge[0] == 1 && msg[0] == 0) -> edge[0] = 0; msg[0] = 1 }
  :: d_step { (iec[0] == 0) -> iec[0] = irte[0] + 1 }
  :: d_step { (iec[0] != 0) -> iec[0] = 0 }
  :: d_step { (msg[0] == 1) -> if :: iec[0] == 0 -> iec[0] = irte[0] + 1 :: else fi; assert(irr[iec[0] - 1] == 0 || irr[iec[0] - 1] == 1); irr[iec[0] - 1] = 1; msg[0] = 0 }
  :: d_step { (g[0] == 1 && qlen < 2) -> q[qlen] = 2; qlen++; g[0] = 2 }
  :: d_step { (qlen != 0 && q[0] == 2) -> iec[0] = 0; q[0] = q[1]; q[1] = 0; qlen--; g[0] = 3 }
  :: d_step { (g[0] == 3 && irr[old[0]] == 0) -> vec[old[0]] = 0; old[0] = 0; g[0] = 0 }
  :: d_step { (g[0] == 0 && vec[0] == 0) -> vec[0] = 1; old[0] = irte[0]; irte[0] = 0; g[0] = 1 }
  :: d_step { (g[0] == 0 && vec[1] == 0) -> vec[1] = 1; old[0] = irte[0]; irte[0] = 1; g[0] = 1 }
  :: d_step { (irr[0] != 0) -> assert(vec[0] == irr[0]); irr[0] = 0 }
  :: d_step { (irr[1] != 0) -> assert(vec[1] == irr[1]); irr[1] = 0 }
  od
}
