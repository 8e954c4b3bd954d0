/** One interrupt message: what the model goes by, and what QEMU's trace shows. */
import { encode, registers } from '../../../../spec/vtd/index.ts'
import type { Fetched, Interrupt, InterruptRequest, InterruptUnit, Irte, Remapped } from '../../../../spec/vtd/index.ts'
import type { Version } from '../../find.ts'
import { faultOf } from '../unit.ts'
import type { FaultState } from '../unit.ts'

/** `faults`: what the unit has recorded meanwhile. */
export type InterruptObservation = { readonly faults: FaultState } & (
  | { readonly kind: 'delivered'; readonly interrupt: Interrupt }
  | { readonly kind: 'blocked' }
  /** Events that do not fit together. */
  | { readonly kind: 'unclear'; readonly events: readonly string[] })

export interface InterruptAsked {
  /** Of the QEMU. */
  readonly version: Version
  /** `dma`: the dword write of a device, which is the same on the bus. */
  readonly via: 'msi' | 'dma'
  readonly address: number
  readonly data: number
  readonly unit: InterruptUnit
  readonly request: InterruptRequest
  /** `posted` false: the entry read as if IM were 0. */
  readonly irte: (index: number, posted: boolean) => Fetched<Irte>
  readonly model: Remapped
}

/** `sid`: of whom a fault is recorded; null where none is. */
export function agrees(model: Remapped, sid: number | null, seen: InterruptObservation): boolean {
  if (model.kind !== 'fault')
    return model.kind === 'interrupt' && seen.kind === 'delivered' && sameInterrupt(model.interrupt, seen.interrupt)
      && isClear(seen.faults)
  return seen.kind === 'blocked'
    && (model.suppressed || sid === null ? isClear(seen.faults) : isRecorded(model, sid, seen.faults))
}
const isClear = (faults: FaultState): boolean => faults.fsts === 0 && faultOf(faults) === null
const onlyPending = encode(registers.FSTS.layout, { PPF: 1 })[0]!
/** Type, address type and PASID are of DMA; the index is undefined where the request has none. */
function isRecorded({ reason, alternatives, index }: Extract<Remapped, { readonly kind: 'fault' }>, sid: number,
  faults: FaultState): boolean {
  const found = faultOf(faults)
  return found !== null && faults.fsts === onlyPending && [reason, ...alternatives].includes(found.FR)
    && found.SID === sid && (index === null || found.FI === index % 2 ** 16 * 2 ** 36)
}
const sameInterrupt = (a: Interrupt, b: Interrupt): boolean =>
  a.vector === b.vector && a.dlm === b.dlm && a.dst === b.dst && a.dm === b.dm && a.rh === b.rh && a.tm === b.tm
    && a.assert === b.assert
