/** What is held against published numbers, and which tables are not, with what is missing. */
import { controlPredictions } from './control.ts'
import { memoryPredictions } from './memory.ts'
import type { Prediction } from './predictions.ts'

export type { Composition, Measure, Prediction } from './predictions.ts'
export const predictions: readonly Prediction[] = [...memoryPredictions, ...controlPredictions]

/** Of tables that are composed in part or not at all: what the model lacks. */
export const notComposed: Readonly<Record<string, string>> = {
  'sel4bench-calibration': 'messages of 10 words, a signal to a lower thread, map, yield: no unit of theirs; '
    + 'Cortex-A53: no profile',
  'sel4bench-other': 'what a kernel without fast path, with MCS or with its big lock adds: no unit; Cortex-A9, Tegra: '
    + 'no profile',
  'sel4-website': 'Arm and RISC-V cores: no profile',
  'vtd-nested-function-times': 'flushes of a guest leave to a monitor in user space: no unit of such an exit; 8 cores: '
    + 'the time between two calls is not published',
  'hisi-rcache-strict': 'work of the storage stack for one request: no unit; SMMU: no profile',
  'altra-remote-unmap': 'distance between sockets: no unit; SMMU: no profile',
  'hisi-map-histogram': 'SMMU: no profile; about 1 us of each row is tracing',
  'intel-map-trace': 'the machine is not named, and tracing is in each row',
  'iommu-pgtable-code': 'the older code: no unit of its own',
  'preemption-mechanisms-skyloft': 'signals, user interrupts, timers: no unit; delivery: what it includes is not said',
  'preemption-mechanisms-shinjuku': 'Linux signals: no unit',
  'vm-exit-roundtrip-by-core': 'one exit on six cores: profiles of four of them; the price takes the other two',
  'kvm-skx-microbench': 'timers of a guest: no unit',
  'kvm-nested-exits': 'exits of a nested guest, some 9 to 14 for one: no unit',
  'avic-ipi': 'interrupts between virtual CPUs without an exit: no unit',
  'instruction-latencies': 'prices are made of these; nothing is composed',
  'memory-latencies': 'prices are made of these; nothing is composed',
  'fiasco-primitives': 'cache flush, TLB and gates of these cores: no unit',
  'l4-ipc-history': 'kernels of other years and cores: no profile',
}

/** Why rows are far off, or in the wrong order, by table: row by row where reasons differ. A table without a reason
 *  must be near and in order. */
export const reasons: Readonly<Record<string, string>> = {
  'pciebench-bandwidth-hsw2637': '64 and 128 B reads at 512 KiB and 1 MiB: near the capacity of the IOTLB the measured '
    + 'curve bends earlier, nothing published says why; 256 B reads from 4 MiB on: fewer walks go on '
    + 'at once than for 64 B, from which the time of a walk comes; writes: their walks are served in about 45 ns, '
    + 'those of reads in 52, and the model has one time for both, so it does not see that writes lose less',
  'smmu-map-unmap-t1': 'map: printed to 0.1 us, half of most values; 512 and 1024 pages: the price of one leaf stands '
    + 'for that of a 2 MiB leaf',
  'iommu-pgtable-code': '256 pages of AMDv1: a format of its own, priced as second-stage tables',
  'vtd-nested-function-times': 'probes of the tracer are in the measured times, hundreds of ns each',
  'figures': 'intel_map_sg before: a laptop of 2009; the commit in the row after it removed the difference',
  'sel4bench-other': 'IPC without fast path, and with the big lock of the SMP kernel: prices of the fast path without '
    + 'it; MCS: its scheduling contexts have no unit',
  'sel4-website': 'IRQ and signal of the MCS kernel: its scheduling contexts have no unit',
  'posted-msi-coalescing-loops': 'the devices of that run, not the CPU, set the rate: bytes a second grow as '
    + 'interrupts do',
  'preemption-mechanisms-skyloft': 'no figure that prices may rest on isolates the write of ICR or the way between two '
    + 'cores; the receiver is a Linux handler',
  'preemption-mechanisms-shinjuku': 'as skyloft for an IPI; an exit costs more there than a null hypercall',
  'kvm-skx-microbench': 'the fast paths leave out part of an exit; the price is that of a whole one',
  'fiasco-primitives': 'chipsets of 2000 to 2004 differ twofold among themselves; the price is the middle one',
}
