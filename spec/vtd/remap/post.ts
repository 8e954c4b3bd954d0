/** Posting an interrupt into its descriptor (VT-d rev 5.10: 5.2.3). Pure: it yields the descriptor to write, in the
 *  atomic access that read it. */
import type { VtdClause } from '../clauses.ts'
import { faultOf } from '../faults.ts'
import type { Interrupt, InterruptFault, InterruptUnit, Posted } from './remap.ts'
import type { Fetched, PostedDescriptor } from '../walk/tables.ts'

/** `notification`: to be sent once the descriptor is visible; null where the CPU learns of the vector by itself. */
export interface Written {
  readonly kind: 'written'; readonly descriptor: PostedDescriptor; readonly notification: Interrupt | null
  readonly exercised: readonly VtdClause[]
}

/** @param posted what `remap` decided. @param descriptor what stands at the address it names. */
export function post(unit: Pick<InterruptUnit, 'eime'>, posted: Posted,
  descriptor: Fetched<PostedDescriptor>): Written | InterruptFault {
  const { vector, urgent, fpd, index } = posted
  const toFault = (reason: number): InterruptFault => {
    const { clause, ...fault } = faultOf([reason], fpd)
    return { ...fault, index,
      exercised: [clause, ...fault.suppressed ? ['VTD:9/fault-processing-disable' as const] : []] }
  }
  if (descriptor === 'unreadable') return toFault(0x27)
  const { pir, outstanding, suppressed, nv, ndst, reserved } = descriptor
  if (reserved || !unit.eime && (ndst & 0xffff00ff) !== 0) return toFault(0x28)
  const notifies = !outstanding && (urgent || !suppressed)
  const set = pir.map((word, n) => n === vector >>> 5 ? (word | 1 << (vector & 31)) >>> 0 : word)
  return {
    kind: 'written', descriptor: { ...descriptor, pir: set, outstanding: outstanding || notifies },
    notification: !notifies ? null
      : { vector: nv, dlm: 0, dst: unit.eime ? ndst : ndst >>> 8 & 0xff, dm: false, rh: false, tm: false,
        assert: true },
    exercised: ['VTD:5.2.3/post', notifies ? 'VTD:5.2.3/notify' : 'VTD:5.2.3/no-notification'],
  }
}
