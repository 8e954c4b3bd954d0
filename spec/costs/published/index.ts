/** What is held against published numbers, and which tables are not, with what is missing. */
import { controlPredictions } from './control.ts'
import { memoryPredictions } from './memory.ts'
import type { Prediction } from './predictions.ts'

export { reasons } from './reasons.ts'
export type { Reason } from './reasons.ts'
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
