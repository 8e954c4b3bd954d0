/** Artefacts that people had in hand, in small form (cases/), and what they have to be told. Places: tenstorrent/tt-
 *  umd 1814; intel-staging/pKVM-IA PR 58; Linux 194b3348bdbb; gnif/vendor-reset 66; kernel bugzilla 216644; asterinas
 *  PR 2645 and 3920; iommu list 2019; Dasharo/dasharo-issues 1134; stable list 2026; ValveSoftware/Proton 8206; lf-
 *  edge/eve PR 146; netdev 2025-11; microsoft/azure-linux-kernel 27; qemu-devel 2024-07 and 2021-11. Personal details
 *  are replaced, some lines are filled in by the kernel's form. */

export interface Case {
  /** Of the file in cases/, up to its first dash. */
  readonly id: string
  readonly file: string
  readonly asked: string
  /** The cause, where it became known. */
  readonly cause: string
  /** What the answer has to say; those in `sure` with certainty, those in `unsure` without. */
  readonly says: readonly string[]
  readonly sure: readonly string[]
  readonly unsure: readonly string[]
  readonly exit: number
}
type More = Pick<Case, 'asked' | 'cause' | 'says'> & Partial<Pick<Case, 'sure' | 'unsure' | 'exit'>>
const of = (file: string, more: More): Case =>
  ({ id: file.split('-')[0]!, file, sure: [], unsure: [], exit: 1, ...more })

export const cases: readonly Case[] = [
  of('01-linux-dmar-sm-0x71.txt', {
    asked: 'what is read there?', cause: 'open',
    says: ['03:00.0 read 0x100000', 'without PASID', 'VTD:table-30/sfs-2', 'no record was lost', 'trace-cmd record'],
    sure: ['scalable mode by a first-stage table'], unsure: ['Round and low', 'made this address up'],
  }),
  of('02-linux-dmar-dump-pkvm.txt', {
    asked: 'why does the host no longer boot?', cause: 'not written out: emulated SRTP',
    says: ['PASID table entry of type 4, pass-through', 'iommu_regset', 'explain PASID-table-entry=0x109,0x1'],
    sure: ['These tables cannot give this fault', 'scalable-mode tables, and 0x06 is a reason of legacy mode',
      'SRTP was not done', 'a hypervisor shadows', '"PTE not present at level 4" says nothing here'],
  }),
  of('03-linux-dmar-dump-0x51.txt', {
    asked: 'which flush is missing?', cause: 'ECAP.C=0, and no clflush of the PASID directory entry',
    says: ['ring0-strict@vtd~attach/writeBackContext --scope old-hardware', 'grep \'ecap\''],
    sure: ['has the PASID directory entry present (0x101b4e001), and the unit did not find it so'],
    unsure: ['not written back from the CPU cache', 'clflush of the entry', 'CAP.CM=1', 'between the fault and the '
      + 'dump'],
  }),
  of('05-linux-qi-timeout-ats.txt', {
    asked: 'the host locks up; whom does SID 0 name?', cause: 'after a reset the card answers no ATS invalidation',
    says: ['53:00.0 did not answer', 'device TLB of 53:00.0, all of it', 'pci=noats', 'stops the whole queue',
      'hard LOCKUP'],
    sure: ['Source id 0 in the message names nobody'],
    unsure: ['The silent device is 53:00.0', 'was reset or re-enabled just before'],
  }),
  of('06-linux-vmd-all-ones.txt', {
    asked: 'no boot with VMD on', cause: 'a bridge window over the registers of the unit',
    says: ['reason f and source id ffff are what IQERCD reads', 'bridge window'],
    sure: ['no invalidation error and no DMA fault: the registers of the unit cannot be reached'],
    unsure: ['Something was mapped over the register page'],
  }),
  of('07-linux-intr-remap-0x22.txt', {
    asked: 'a fault at each key press', cause: 'the entry changed and the IEC was not invalidated',
    says: ['index 0x1', 'VTD:table-15/not-present', 'ir_translation_struct', 'migrateInterrupt/invalidateIec'],
    unsure: ['P is clear: either the table in memory says so, or the unit uses an older copy', 'after SIRTP the whole',
      '00:1e.7 is the id of an I/O APIC'],
  }),
  of('07b-asterinas-boot-synthetic.trace.log', {
    asked: 'is the boot of this kernel right?', cause: 'SIRTP, then IRE, without an IEC invalidation between',
    says: ['tables-flushed-before-use', 'lines 4, 11'],
    unsure: ['breaks a rule of the manual'],
  }),
  of('07c-linux-old-reason-38.txt', {
    asked: 'what is reason 38?', cause: 'a wrong alias in IRTE.SID',
    says: ['0x26', 'decimal, as Linux before 5.14', '0x3b', 'qc timeout'],
    sure: ['00:11.0 is not the source that the entry admits'], unsure: ['carries the id of the bridge'],
  }),
  of('09-amd-io-page-fault-ath10k.txt', {
    asked: 'what does 0x0070 mean?', cause: 'open; the device writes where the domain allows it to read',
    says: ['01:00.0 wrote 3 addresses', 'domain 0xd', 'PE RW PR', 'present but not writable for it', '/proc/iomem'],
    sure: ['Missing: IW, the right to write'],
    unsure: ['DMA_TO_DEVICE', 'None of the addresses is page-aligned (ends 550, e50, 950)'],
  }),
  of('11-amd-illegal-dte-snp.txt', {
    asked: 'the NIC times out after echo identity > type', cause: 'with SNP, Mode=0 with TV=1 is illegal',
    says: ['V TV, Mode 0 (no translation), IR IW, domain 1', '512 interrupt entries at 0x3088b3e000, IntCtl remap',
      '0xc22000142148d'],
    sure: ['No reserved bit is set'],
    unsure: ['illegal where SNP is enabled: then Mode must be 1 to 6'],
  }),
  of('13-amd-invalid-device-request.txt', {
    asked: '(none)', cause: '(none)',
    says: ['0xfdf8000000 with its sign extended', 'type 5 (flags 0x0a00)', 'IntCtl'],
    sure: ['An interrupt message was thrown away'], unsure: ['Harmless if it stays at that'],
  }),
  of('15-xen-vtd-rmrr.txt', {
    asked: 'what is read there?', cause: 'an RMRR that Xen did not map',
    says: ['00:02.0 read 0x8e480000', 'in memory that firmware reserves for it', 'VTD:table-30/lgn-3', 'xl debug-keys'],
    sure: ['lies in the region 0x8d800000 to 0x8fffffff that firmware reserves for 00:02.0'],
    unsure: ['The region is not mapped for this device', 'f0:1f.0 is the id of an I/O APIC',
      'nothing to do with the DMA fault of 00:02.0'],
  }),
  of('16-smmuv3-aquantia.txt', {
    asked: 'a fault when the driver stops', cause: 'descriptors of the card stayed valid after the unmap',
    says: ['0001:06:00.0 (stream 0x20600) wrote 0xff9bc000, stage 1', 'iommu:unmap', 'in the second before'],
    sure: ['nothing is mapped at the address'], unsure: ['start of a buffer or ring', 'used it after its unmap'],
  }),
  of('18-no-irq-handler.txt', {
    asked: 'whose interrupt was it?', cause: 'another CPU than the table has; a vector freed and requested again',
    says: ['CPU 10 took vector 232 (0xe8)', 'vector_config', 'CPU 4 took vector 34', 'awaitOldVectorIdle'],
    sure: ['got no service'], unsure: ['follows 2.1 s later', 'freed and requested again'],
  }),
  of('21-qemu-windows-ir.txt', {
    asked: 'what is wrong with irq 2?', cause: 'no remappable entry for that pin',
    says: ['I/O APIC', '0xfee00004', 'line 7', 'bit 4 of the address is 0'],
    sure: ['A real unit blocks it with reason 25h, unless', 'Vector 0 is no legal vector'],
    unsure: ['wrote no remappable entry'],
  }),
  of('21b-qemu-windows-ir-good.txt', { asked: '(the good boot)', cause: '(none)', says: [], exit: 0 }),
  of('28-qemu-splte-reserved.txt', {
    asked: 'which bit is reserved?', cause: 'snoop control mapped, ECAP.SC=0',
    says: ['01:00.0', '0xfffff002', 'SNP=1', 'second-stage-leaf-4K=0x102681803'],
    sure: ['A bit is set that is reserved'], unsure: ['It is SNP'],
  }),
]

/** Files that are no log: what they are recognised as, and what is said of what they hold. */
export const otherFiles: readonly (readonly [file: string, says: string, beside: readonly string[]])[] = [
  ['22-debugfs-ir_translation_struct.txt', 'debugfs file ir_translation_struct',
    ['tables of dmar0: 2 interrupt entries', 'tables of dmar1: 1 interrupt entry', 'no error and no warning']],
  ['22b-debugfs-dmar_translation_struct.txt', 'debugfs file dmar_translation_struct',
    ['tables of dmar1: 1 device', 'device-tlb, table-outside']],
  ['22c-debugfs-domain_translation_struct.txt', 'debugfs file domain_translation_struct',
    ['tables of a unit that is not named: 1 device', 'identity-map']],
  ['22d-debugfs-invalidation_queue.txt', 'debugfs file invalidation_queue', ['registers or queue alone']],
  ['22e-debugfs-iommu_regset.txt', 'debugfs file iommu_regset', ['registers or queue alone']],
  ['23-acpi-ivrs.bin', 'ACPI IVRS table', ['IVHD 00:00.2, registers at 0xfd100000: 00:00.3 to ff:1f.6; ff:00.0 to '
    + 'ff:1f.7, '
    + 'which send as 00:14.5; HPET 0x0, which sends as 00:14.0', '128 are there: it was cut']],
  ['23-acpi-ivrs.hex.txt', 'ACPI table in hexadecimal', ['I/O APIC 0x22, which sends as 00:00.1']],
  ['23b-acpi-dmar.dsl.txt', 'iasl text of an ACPI table', ['DRHD 0, registers at 0xfed91000', 'interrupt remapping']],
  ['25-ftrace-qi-unmap.txt', "kernel's trace events", []],
  ['26-trace-cmd-report.txt', "kernel's trace events", ['events of vectors: ']],
  ['27-perf-script.txt', "kernel's trace events", ['events of vectors: ']],
  ['29a-elf-header-synthetic.bin', 'ELF file', []], ['29b-kdump-header-synthetic.bin', 'kdump file', []],
]
