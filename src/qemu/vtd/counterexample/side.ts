/** Counterexamples of VT-d on QEMU. */
import { placementOf } from '../../../../spec/vtd/index.ts'
import type { Side } from '../../counterexample/run.ts'
import { drive } from './drive.ts'
import { limits } from './limits.ts'
import type { HostOp } from './lower.ts'
import { deedText } from './text.ts'

export const vtdSide: Side = {
  iommu: 'vtd', limits, requesters: b => placementOf(b).requesters,
  deedText: (deed, requesters) => deedText(deed as HostOp, requesters),
  faultText: reason => `fault ${reason.toString(16)}`,
  drive: (example, options, use) => drive(example, options, use),
}
