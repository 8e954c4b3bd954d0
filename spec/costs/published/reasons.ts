/** Why rows are far off, or two of them in the wrong order: each row and each pair by its name. A test refuses a row
 *  without a reason, and a reason of a row that is near. */

export interface Reason {
  readonly because: string
  /** Names of rows that are off by more than the limit. */
  readonly rows?: readonly string[]
  /** The greater one first; predicted the other way round. */
  readonly pairs?: readonly (readonly [greater: string, lesser: string])[]
}

const dma = (way: 'read' | 'write', bytes: number, window: number): string =>
  `iommu-4KB-pages ${way} ${bytes} B: Gb/s @${window}KiB`
const skylake = 'sel4-skylake x86-64', mitigated = 'mitigation on'
const smp = (path: string): string => `${skylake} SMP kernel, ${mitigated}: ${path}`
const website = (path: string): string => `MCS i7-6700 (no Meltdown mitigation): ${path}`
const exits = 'IPI with exits on both sides', posted = 'IPI, no receiver exit (posted)'
const direct = 'IPI, no sender or receiver exit'

/** By id of the table. */
export const reasons: Readonly<Record<string, readonly Reason[]>> = {
  'pciebench-bandwidth-hsw2637': [
    { because: 'near the capacity of the IOTLB the measured rate of reads falls earlier than their misses explain; '
      + 'nothing published says why',
    rows: [dma('read', 64, 512), dma('read', 64, 1024), dma('read', 128, 1024)],
    pairs: [[dma('read', 64, 4), dma('read', 64, 512)], [dma('write', 64, 512), dma('read', 64, 512)],
      [dma('read', 128, 4), dma('read', 128, 512)], [dma('write', 128, 512), dma('read', 128, 512)],
      [dma('read', 256, 4), dma('read', 256, 1024)]] },
    { because: 'of 256 B reads fewer are under way, so fewer walks go on at once than for 64 B, from which the time of '
      + 'a walk comes',
    rows: [dma('read', 256, 4096), dma('read', 256, 16384), dma('read', 256, 65536)] },
  ],
  'smmu-map-unmap-t1': [
    { because: 'printed to 0.1 us, which is a quarter to a half of the number',
      rows: ['2: map after', '8: map after', '16: map after', '64: map after', '1024: map after'],
      pairs: [['2: map after', '4: map after']] },
    { because: 'printed to 0.1 us, by which the two differ: 1.1 and 1.0',
      pairs: [['4: unmap after', '1024: unmap after']] },
  ],
  'iommu-pgtable-code': [
    { because: 'AMDv1 is a format of its own, priced as second-stage tables', rows: ['AMDv1 unmap 256'] },
  ],
  'vtd-nested-function-times': [
    { because: 'probes of the tracer are in the measured times, hundreds of ns each',
      rows: ['__iommu_map (page table): 1 core mean ns', '__iommu_unmap (page table): 1 core mean ns'] },
  ],
  'figures': [
    { because: 'a laptop of 2009; the commit in the row after it removed the difference',
      rows: ['intel_map_sg of 1 page, before'] },
  ],
  'sel4bench-other': [
    { because: 'without its fast path the kernel takes a longer way, which has no unit',
      rows: [`${skylake}, ${mitigated}, fastpath off: IPC call`, `${skylake}, ${mitigated}, fastpath off: IPC reply`] },
    { because: 'a fault of MCS hands a scheduling context over, which has no unit',
      rows: [`${skylake} MCS, ${mitigated}: fault round trip`] },
    { because: 'the big lock of the SMP kernel is no part of the price, which is of one CPU',
      rows: [smp('IPC call'), smp('IPC reply'), smp('signal to higher-prio process')],
      pairs: [[smp('signal to higher-prio process'), smp('IRQ to user, switch')]] },
  ],
  'sel4-website': [
    { because: 'interrupt and signal of MCS hand a scheduling context over, which has no unit',
      rows: [website('IRQ invoke'), website('notify')] },
  ],
  'posted-msi-coalescing-loops': [
    { because: 'the devices of that run, not the CPU, set the rate: bytes a second grow as interrupts do',
      rows: [2, 3, 4, 5, 6].map(n => `${n} loops: IRQ/s`) },
  ],
  'preemption-mechanisms-skyloft': [
    { because: 'no figure that prices may rest on isolates the write of ICR', rows: ['kernel IPI: send'] },
    { because: 'the receiver is a handler of Linux; the price has its entry and EOI alone',
      rows: ['kernel IPI: receive'] },
  ],
  'preemption-mechanisms-shinjuku': [
    { because: 'an exit that sends an IPI costs more than the null hypercall of the price',
      rows: [`${exits}: sender`, `${posted}: sender`] },
    { because: 'the receiver saves the state of what it preempts; the price has its entry and EOI alone',
      rows: [`${exits}: receiver`, `${posted}: receiver`, `${direct}: receiver`] },
    { because: 'no figure that prices may rest on isolates the write of ICR', rows: [`${direct}: sender`] },
    { because: 'sender and receiver are too cheap, and the way between two cores has no unit',
      rows: [`${direct}: total latency`] },
  ],
  'kvm-skx-microbench': [
    { because: 'the fast paths leave out part of an exit; the price is that of a whole one',
      rows: ['IPI send-to-ack (avoid ICR read-back): after', 'IPI, fastpath to ultra fastpath: after'] },
  ],
  'fiasco-primitives': [
    { because: 'chipsets of 2000 to 2004 differ twofold among themselves; the price is the middle one',
      rows: ['in8 (port 0x80-style delay): athlon-807', 'out8 (PIC): athlon-807', 'in8 (PIC): p4c-1995',
        'out8 (PIC): p4c-1995', 'in8 (port 0x80-style delay): p4e-2933', 'in8 (port 0x80-style delay): p4e-2793',
        'out8 (PIC): p4e-2793'] },
  ],
}
