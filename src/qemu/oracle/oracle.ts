/** What there is to compare of one IOMMU. */
import type { QemuException } from './exception.ts'
import type { Setup } from './setup.ts'
import type { SuiteName } from './suite.ts'

export interface Oracle {
  /** As `--iommu` names it. */
  readonly iommu: string
  /** In the order in which they run. */
  readonly setups: readonly Setup[]
  /** How cases are shared out; suites that it has. */
  readonly shares: Readonly<Partial<Record<SuiteName, number>>>
  readonly exceptions: readonly QemuException[]
  /** Codes of all fault reasons. `shown`: QEMU says which it was. */
  readonly reasons: readonly { readonly code: number; readonly shown: boolean }[]
  /** What a cache, the queue or the fault event was seen to do; those never seen are named. */
  readonly states: readonly string[]
}
export const suitesOf = ({ shares }: Oracle): readonly SuiteName[] => Object.keys(shares) as SuiteName[]
