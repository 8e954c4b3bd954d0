/** One interrupt message: what the model goes by, and what QEMU's trace shows. */
import type { Fetched, Interrupt, InterruptRequest, InterruptUnit, Irte, Remapped } from '../../../spec/vtd/index.ts'

export type InterruptSeen =
  | { readonly kind: 'delivered'; readonly interrupt: Interrupt }
  | { readonly kind: 'blocked' }
  /** Events that do not fit together. */
  | { readonly kind: 'unclear'; readonly events: readonly string[] }

export interface InterruptAsked {
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

/** QEMU 7.2 tells of a blocked interrupt only that it was blocked. */
export function agrees(model: Remapped, seen: InterruptSeen): boolean {
  if (model.kind === 'fault') return seen.kind === 'blocked'
  return model.kind === 'interrupt' && seen.kind === 'delivered' && sameInterrupt(model.interrupt, seen.interrupt)
}
const sameInterrupt = (a: Interrupt, b: Interrupt): boolean =>
  a.vector === b.vector && a.dlm === b.dlm && a.dst === b.dst && a.dm === b.dm && a.rh === b.rh && a.tm === b.tm
    && a.assert === b.assert
