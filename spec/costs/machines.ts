/** Profiles of other machines than the composite one of 2011 to 2016. Each price is a formula over published figures;
 *  what was not measured on the machine, or on one alike, carries over and is an assumption. */
import { otherMachine } from './derive.ts'
import type { Given, GivenUnits } from './derive.ts'
import type { Profile } from './profile.ts'

/** Caches and memory: what is derived from the latency of a line. `lock`: the figure of a locked instruction. */
function memory(of: string, lock: string): GivenUnits {
  const [l1, l2, l3, dram] = ['l1', 'l2', 'l3', 'dram'].map(level => `mem-${level}-${of}`)
  const list: Given = { is: [`${lock} + ${l1}`, `${lock} + ${l3}`, `${lock} + ${dram}`], assumption: true,
    note: 'a free list behind one lock; its head is in the L1 cache (min), L3 cache (typ) or memory (max)' }
  return {
    'frame-alloc': list, 'frame-free': list,
    'table-alloc': { is: [`frame-alloc.min + 64 * ${l1}`, `frame-alloc.typ + 64 * ${l2}`,
      `frame-alloc.max + 64 * ${l3}`], assumption: true, note: 'a frame, and its 64 lines zeroed one access each' },
    'device-entry-store': { is: [l1!, l3!, dram!], assumption: true,
      note: 'one line, last touched by somebody else (typ)' },
    'remap-entry-store': { is: [lock, lock, `${lock} + ${dram}`], assumption: true,
      note: 'one locked store; max with the line in memory' },
    'lock': { is: [lock, lock, `${lock} + ${l3}`], note: 'uncontended; max takes the line from another core' },
    'buffer-copy': { is: [`64 * ${l1}`, `64 * ${l2}`, `64 * ${l3}`], assumption: true,
      note: '64 lines read one access each' },
    'handler': { is: [`2 * ${l1}`, `2 * ${l3}`, `2 * ${dram}`], assumption: true,
      note: 'reads two lines that the device wrote; a real driver does more' },
    'queue-entry': { is: [l1!, l1!, l3!], assumption: true, note: 'part of the price of one invalidation' },
  }
}

/** Entry, handler and EOI of an interrupt were measured together on Sapphire Rapids, in ns. */
const entryAt = (ghz: number, more = ''): Given => ({
  is: ['syscall-sysret-bare', `irq-total-remapped-msi ns * ${ghz} GHz - handler.typ - eoi.typ${more}`,
    `int-gate-iret-bare${more}`],
  note: 'what handler and eoi leave of 193.9 ns, the time of entry, handler and EOI together',
})

/** Sapphire Rapids for interrupts, Emerald Rapids for tables and queue. Not Skylake-SP: its caches stand in. */
const server = (base: Profile): Profile => otherMachine(base, {
  id: 'xeon-2023', title: 'Recent Xeon server: Sapphire Rapids interrupts, Emerald Rapids invalidation and tables, '
    + 'caches of Skylake-X',
  clock_ghz: 2.7,
  notes: [
    'Figures of Emerald Rapids are in ns and contain tracing (eBPF); its clock is not published. 2.7 GHz is the clock '
      + 'of the interrupt measurements.',
    'Not vulnerable to Meltdown, so seL4 figures without mitigation carry over, as cycles of Skylake: assumptions.',
    'IOTLB misses carry over from Broadwell in ns: no figure of a recent machine isolates one.',
  ],
}, {
  ...memory('skx', 'lock-add-skl'),
  'pte-store': { is: ['pgtable-map-1page-vtd ns * 2.7 GHz',
    'pgtable-map-1page-vtd ns * 2.7 GHz / 2 + host-iommu-map-leaf ns * 2.7 GHz / 2',
    'host-iommu-map-leaf ns * 2.7 GHz'], note: 'typ is the middle of a hot loop (min) and a traced host (max)' },
  'pte-clear': { is: ['pgtable-unmap-1page-vtd ns * 2.7 GHz',
    'pgtable-unmap-1page-vtd ns * 2.7 GHz / 2 + host-iommu-unmap-leaf ns * 2.7 GHz / 2',
    'host-iommu-unmap-leaf ns * 2.7 GHz'], note: 'typ is the middle of a hot loop (min) and a traced host (max)' },
  'cache-line-writeback': { is: ['clflushopt-skl', 'clflushopt-skl', 'clflush-skl'],
    note: 'throughput of many, not latency of one' },
  'queue-tail-write': { is: ['mmio-write.min', 'mfence-skl + mmio-write.typ', 'mfence-skl + mmio-write.max'],
    assumption: true, note: 'no source isolates it' },
  'queue-wait': { is: ['unmap-iotlb-inv-strict / 3.1 GHz * 2.7 GHz - 2 * queue-entry.max - queue-tail-write.max',
    'qi-submit-critical-section-no-trap ns * 2.7 GHz - 2 * queue-entry.typ',
    'host-intel-iommu-tlb-sync ns * 2.7 GHz'],
  note: 'typ is the section under the queue lock without the tail write; min is that of 2011, in ns; tracing is in typ '
    + 'and max' },
  'irq-entry': entryAt(2.7),
  'syscall': { is: ['syscall-sysret-bare', 'sel4-null-syscall-pc99-64-noksw-skylake',
    'sel4-null-syscall-pc99-64-skylake'], assumption: true, note: 'cycles of Skylake' },
  'mmio-write': { is: ['sfence-skl', 'mem-l3-skx',
    'apic-timer-register-read-uncached-mmio-on-die-p4e-2793'], assumption: true, note: 'posted' },
  'vm-exit': { is: ['vm-exit-roundtrip-by-core/sandy-bridge', 'vm-exit-vmcall-skx', 'vm-exit-roundtrip-by-core/merom'],
    note: 'typ is a null hypercall through KVM on Skylake-SP' },
})

/** EPYC Rome. Published figures of AMD-Vi are thin: instructions, caches and page-table code are measured, the command
 *  queue is not. */
const epyc = (base: Profile): Profile => otherMachine(base, {
  id: 'epyc-2019', title: 'EPYC 7742 server (Rome): its caches and instructions, page-table code of AMD-Vi',
  clock_ghz: 2.25,
  notes: [
    'No figure of an AMD-Vi invalidation, IOTLB miss or remapped interrupt was found: those of Intel machines carry '
      + 'over, as time where they are ns, and are assumptions.',
    'Not vulnerable to Meltdown.',
  ],
}, {
  ...memory('rome', 'lock-add-rome'),
  'pte-store': { is: ['pgtable-map-1page-amdv1 ns * 2.25 GHz', 'map-page-table-strict-plus + map-other-strict-plus',
    'host-iommu-map-leaf ns * 2.25 GHz'], assumption: true,
  note: 'min is page-table code of AMD-Vi; the call around it was measured on Intel machines only' },
  'pte-clear': { is: ['pgtable-unmap-1page-amdv1 ns * 2.25 GHz',
    'unmap-page-table-strict-plus + unmap-other-strict-plus', 'host-iommu-unmap-leaf ns * 2.25 GHz'], assumption: true,
  note: 'min is page-table code of AMD-Vi; the call around it was measured on Intel machines only' },
  'cache-line-writeback': { is: ['clflush-rome', 'clflush-rome', 'clflushopt-rome'],
    note: 'throughput of many, not latency of one' },
  'mmio-write': { is: ['sfence-rome', 'mem-l3-rome', 'apic-timer-register-read-uncached-mmio-on-die-p4e-2793'],
    assumption: true, note: 'posted' },
  'queue-tail-write': { is: ['mmio-write.min', 'mfence-rome + mmio-write.typ', 'mfence-rome + mmio-write.max'],
    assumption: true, note: 'no source isolates it' },
  'queue-wait': { is: ['unmap-iotlb-inv-strict / 3.1 GHz * 2.25 GHz - 2 * queue-entry.max - queue-tail-write.max',
    'unmap-iotlb-inv-strict / 3.1 GHz * 2.25 GHz - 2 * queue-entry.typ - queue-tail-write.typ',
    'host-intel-iommu-tlb-sync ns * 2.25 GHz'], assumption: true,
  note: 'the invalidation of an Intel machine of 2011, in ns' },
  'irq-entry': { ...entryAt(2.25), assumption: true },
})

const seL4 = (unit: string, mitigation: '' | 'noksw-'): string => `sel4-${unit}-pc99-64-${mitigation}skylake`
/** Core i7-6700: the machine of the seL4 measurements, with and without the mitigation of Meltdown. */
const desktop = (base: Profile, mitigated: boolean): Profile => {
  const m = mitigated ? '' : 'noksw-', more = mitigated ? ' + kpti-like-irq-surcharge-skylake' : ''
  const range = (least: string, typ: string, most: string): Given =>
    ({ is: [seL4(least, m), seL4(typ, m), seL4(most, m)] })
  return otherMachine(base, {
    id: mitigated ? 'desktop-2015-meltdown' : 'desktop-2015',
    title: `Core i7-6700 desktop (Skylake), seL4 ${mitigated ? 'with' : 'without'} the mitigation of Meltdown`,
    clock_ghz: 3.4,
    notes: [
      'System call, IPC, signal and interrupt to a user are of this machine (seL4); caches and instructions of '
        + 'Skylake.',
      'Mapping, invalidation and IOTLB misses carry over from Xeons: assumptions.',
      ...mitigated ? ['The mitigation is on every entry into the kernel; interrupts get what it adds to one that goes '
        + 'to a user, 229 cycles.'] : [],
    ],
  }, {
    ...memory('skl', 'lock-add-skl'),
    'cache-line-writeback': { is: ['clflushopt-skl', 'clflushopt-skl', 'clflush-skl'],
      note: 'throughput of many, not latency of one' },
    'mmio-write': { is: ['sfence-skl', 'mem-l3-skl', 'apic-timer-register-read-uncached-mmio-on-die-p4e-2793'],
      assumption: true, note: 'posted' },
    'queue-tail-write': { is: ['mmio-write.min', 'mfence-skl + mmio-write.typ', 'mfence-skl + mmio-write.max'],
      assumption: true, note: 'no source isolates it' },
    'queue-wait': { is: ['unmap-iotlb-inv-strict / 3.1 GHz * 3.4 GHz - 2 * queue-entry.max - queue-tail-write.max',
      'unmap-iotlb-inv-strict / 3.1 GHz * 3.4 GHz - 2 * queue-entry.typ - queue-tail-write.typ',
      'host-intel-iommu-tlb-sync ns * 3.4 GHz'], assumption: true, note: 'the invalidation of a Xeon E3-1220, in ns' },
    'irq-entry': { ...entryAt(3.4, more), assumption: true,
      note: 'what handler and eoi leave of 193.9 ns, measured on Sapphire Rapids' },
    'irq-to-user': { is: [`${seL4('irq-noswitch', m)} - irq-entry.typ`, `${seL4('irq-switch', m)} - irq-entry.typ`,
      `${seL4('irq-switch', m)} - irq-entry.min`],
    note: 'seL4 publishes interrupt to user handler as a whole; the entry is counted apart' },
    'ipc-call': range('ipc-call', 'ipc-call', 'ipc-call-len10'),
    'ipc-reply': range('ipc-reply', 'ipc-reply', 'ipc-reply-len10'),
    'ipc-notify': range('notify-low-thread', 'notify-process', 'notify-process'),
    'syscall': { is: [seL4('null-syscall', 'noksw-'), seL4('null-syscall', m), seL4('null-syscall', m)] },
    'vm-exit': { is: ['vm-exit-roundtrip-by-core/sandy-bridge', 'vm-exit-vmcall-skx',
      'vm-exit-roundtrip-by-core/merom'], note: 'typ is a null hypercall through KVM on Skylake-SP' },
  })
}

export const machinesBeside = (base: Profile): readonly Profile[] =>
  [server(base), epyc(base), desktop(base, false), desktop(base, true)]
