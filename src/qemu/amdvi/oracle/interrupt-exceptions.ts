/** Where QEMU's AMD unit is known to remap interrupts otherwise than the manual. */
import { remap } from '../../../../spec/amdvi/index.ts'
import type { decodeMessage, entryReader, InterruptEntry, InterruptUnit } from '../../../../spec/amdvi/index.ts'
import { fewest } from '../../oracle/exception.ts'
import type { Bend, QemuException } from '../../oracle/exception.ts'

type Remapped = ReturnType<typeof remap>
export type Interrupt = Extract<Remapped, { readonly kind: 'interrupt' }>['interrupt']
type InterruptMap = ReturnType<ReturnType<typeof entryReader>['deviceEntry']>['interrupts']
type InterruptRequest = NonNullable<ReturnType<typeof decodeMessage>>

/** What the model goes by, for one message. */
interface Ground {
  readonly unit: InterruptUnit
  readonly map: InterruptMap
  readonly request: InterruptRequest
  /** Whether QEMU refuses the device table entry for a bit that it takes for reserved. */
  readonly refused: boolean
  readonly entryOf: (table: number, index: number) => InterruptEntry | 'unreadable'
}
export interface InterruptAsked extends Ground {
  readonly device: number
  readonly address: number
  readonly data: number
  readonly model: Remapped
}

const onEntry = (on: Ground, change: (entry: InterruptEntry) => InterruptEntry): Ground => ({ ...on,
  entryOf: (table, index) => {
    const entry = on.entryOf(table, index)
    return entry === 'unreadable' ? entry : change(entry)
  } })
const onMap = (on: Ground, map: Partial<InterruptMap>): Ground => ({ ...on, map: { ...on.map, ...map } })
/** Of all indices that a message can have. */
const widest = 11

const bends = [
  {
    name: 'table-length-unchecked', clause: 'AMD:2.5/index-range', qemu: 'Does not look at IntTabLen.',
    manual: 'An index beyond the table is refused, and so is a length beyond what the unit has.',
    bends: on => onMap({ ...on, unit: { ...on.unit, mostLength: widest, indexFirst: false } }, { length: widest }),
  },
  {
    name: 'own-reserved-bits-of-map', clause: 'AMD:2.5/interrupt-reserved',
    qemu: 'Refuses interrupts for the bits of the whole device table entry that it takes for reserved (180, 181, '
      + '206:192, 245:240; from 10 on 183:180, 187, 255:192), also where IV=0.',
    manual: 'What is reserved in the upper half where IV=1 follows from EFR; where IV=0 nothing is.',
    bends: on => onMap(on, on.refused ? { valid: true, reserved: true } : { reserved: false }),
  },
  {
    name: 'smi-refused', clause: 'AMD:2.2.5/smi', qemu: 'Refuses every SMI.',
    manual: 'An SMI passes, but for the SMI filter; sources disagree.',
    bends: on => on.request.unmapped.type !== 2 ? null : { ...on, unit: { ...on.unit, passesSmi: false } },
  },
  {
    name: 'forward-emptied', clause: 'AMD:2.2.5/interrupt-map', qemu: 'With IntCtl=1 sends vector 0 to destination 0.',
    manual: 'The interrupt is forwarded unmapped.',
    bends: on => on.map.control !== 1 || on.request.unmapped.type > 1 ? null
      : { ...on, request: { ...on.request, unmapped: { vector: 0, type: 0, destination: 0, logical: false } } },
  },
  {
    name: 'interrupt-entry-bits-unchecked', clause: 'AMD:2.5/irte-reserved',
    qemu: 'Checks no reserved bit of an interrupt entry.', manual: 'One that is set is refused.',
    bends: on => onEntry(on, entry => ({ ...entry, reserved: false })),
  },
] as const satisfies readonly (QemuException & Bend<Ground>)[]
export type InterruptException = (typeof bends)[number]['name']
const all: readonly (QemuException & Bend<Ground, InterruptException>)[] = bends
export const interruptExceptionList: readonly (QemuException & { readonly name: InterruptException })[] = all

/** QEMU does not say why it blocks a message. */
export const interruptAgrees = (model: Remapped, sent: Interrupt | null): boolean =>
  model.kind === 'interrupt' ? sent !== null && same(model.interrupt, sent) : model.kind === 'fault' && sent === null
const same = (a: Interrupt, b: Interrupt): boolean =>
  a.vector === b.vector && a.type === b.type && a.destination === b.destination && a.logical === b.logical

/** The fewest that together make the model do what QEMU did. */
export const interruptExceptions = (asked: InterruptAsked,
  sent: Interrupt | null): readonly InterruptException[] | null => fewest<Ground, InterruptException>(all, asked, on =>
  interruptAgrees(remap(on.unit, on.map, on.request, on.entryOf), sent) ? [] : null)
