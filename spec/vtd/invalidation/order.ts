/** In which order descriptors of the invalidation queue may complete (VT-d rev 5.10, 6.5.2). */
import type { RawDescriptor } from '../layout/read-descriptors.ts'

/** What the order depends on. `fence`: FN of a wait; nothing else has one. `pasid`: null in a device-TLB invalidation
 *  without. */
export interface Ordered {
  readonly type: RawDescriptor['type']
  readonly fence?: boolean
  readonly pasid?: number | null
}

/** What must be complete before, by type. There is no other order: the rest may overtake, waits without FN included. */
const after: Readonly<Partial<Record<RawDescriptor['type'], readonly RawDescriptor['type'][]>>> = {
  'pasid-cache': ['context-cache'], iotlb: ['context-cache', 'pasid-cache'],
  'pasid-iotlb': ['context-cache', 'pasid-cache'], 'device-tlb': ['iotlb', 'iec'],
}

/** Whether the descriptor at `slot` may complete while those before it are not complete. `at`: what was fetched and is
 *  not complete, 0 the oldest. */
export function mayComplete(at: (slot: number) => Ordered, slot: number): boolean {
  const { type, pasid } = at(slot)
  // All that stands between it and the wait before it: then that wait is next to it, or nothing is.
  if (type === 'wait' && slot > 0 && at(slot - 1).type !== 'wait') return false
  const must = after[type]
  for (let i = 0; i < slot; i++) {
    const before = at(i)
    if (before.fence === true || must !== undefined && must.includes(before.type)) return false
    if (type === 'device-tlb' && typeof pasid === 'number' && before.type === 'pasid-iotlb') return false
  }
  return true
}
