/** What a step of the model comes to on a machine, whatever its IOMMU is, and what came of it there. */
import { apicIdOf } from '../../../spec/apic/ids.ts'
import type { Bounds } from '../../../spec/bounds.ts'
import type { ClauseId } from '../../../spec/clauses.ts'
import { inputOf } from '../../../spec/iommu/paging.ts'
import type { MachineObservation } from '../../../spec/observations.ts'
import type { State } from '../../../spec/state.ts'
import type { Op } from '../../model/index.ts'

/** A step of the model. `U`: the state of its IOMMU. */
export interface ModelStep<U = unknown> {
  readonly op: Op
  readonly before: State<U>
  readonly after: State<U>
  readonly seen: readonly MachineObservation[]
}

/** What came of a request: by the model, in small ids, and likewise by QEMU. Reasons are null where none was
 *  recorded. */
export type Outcome =
  | { readonly kind: 'landed'; readonly frame: number } | { readonly kind: 'blocked'; readonly reason: number | null }
  | { readonly kind: 'accepted'; readonly cpu: number; readonly vector: number }
  | { readonly kind: 'rejected'; readonly reason: number | null }

/** `fill`: a request that stands for hardware filling its caches unasked. `expected` is the model's, null where it has
 *  none to compare. */
export interface DmaDeed {
  readonly kind: 'dma'
  readonly device: number
  readonly write: boolean
  readonly address: number
  readonly why: 'context' | 'fill' | 'request' | 'also'
  readonly expected: Outcome | null
}
export interface MessageDeed {
  readonly kind: 'message'
  readonly device: number
  readonly address: number
  readonly data: number
  readonly expected: Outcome
}
/** What software does is of one IOMMU. */
export interface SoftwareDeed {
  readonly kind: 'store' | 'enable' | 'interrupt-table' | 'descriptors' | 'command' | 'commands'
}
export type AnyDeed = DmaDeed | MessageDeed | SoftwareDeed

/** What was done, and what QEMU made of it. */
export interface HostResult<D extends AnyDeed = AnyDeed> {
  readonly deed: D
  /** Null where nothing is to come of it. What a read got is known when the run is over: see `Driver.seen`. */
  readonly outcome: Outcome | null
  /** The translation came from QEMU's IOTLB. */
  readonly cached: boolean
  /** What else is worth a word. */
  readonly note: string | null
}

/** What QEMU does not do; the clause is what a real unit may do. */
export interface Limit { readonly says: string; readonly clause: ClauseId | null }
/** Those that no IOMMU has a part in. */
export const commonLimits = {
  'runs-no-code': {
    says: 'The CPUs of this QEMU run nothing: what a handler or the kernel does with it is the model\'s word alone',
    clause: null,
  },
  'never-ends': { says: 'A run without end cannot be taken to its end', clause: null },
  'no-mask-bit': { says: 'The device has no mask bit: the message was held back here while the source was masked',
    clause: 'PCI:msix/pending-on-mask' },
} as const satisfies Readonly<Record<string, Limit>>
export interface Lowered<D extends AnyDeed = AnyDeed, L extends string = string> {
  readonly deeds: readonly D[]; readonly limits: readonly L[]
}

/** Whether a cache has come to hold something that it did not hold. */
export const isFresh = (was: unknown, is: unknown): boolean => is !== null && JSON.stringify(was) !== JSON.stringify(is)

/** Requests of devices that were translated, or refused. `frames`: their addresses. */
export function requestsOf({ before, after, seen }: ModelStep, b: Bounds, frames: readonly number[]): DmaDeed[] {
  const sent = after.inFlight.flatMap((flight, device): DmaDeed[] => {
    if (flight === null || before.inFlight[device] !== null) return []
    const address = flight.iova === null ? frames[flight.frame]! : inputOf(flight.iova, b)
    return [{ kind: 'dma', device, write: flight.write, address, why: 'request',
      expected: { kind: 'landed', frame: flight.frame } }]
  })
  const blocked = seen.flatMap((one): DmaDeed[] => one.what !== 'blocked' ? []
    : [{ kind: 'dma', device: one.device, write: one.write, address: inputOf(one.iova, b), why: 'request',
      expected: { kind: 'blocked', reason: one.reason } }])
  return [...sent, ...blocked]
}

/** A message as it reached the unit; compatible ones with the APIC id. */
export type Sent = {
  readonly device: number
} & ({ readonly format: 'compatible'; readonly id: number; readonly vector: number }
  | { readonly format: 'remappable'; readonly index: number })

/** A message that reached the unit. It is sent when it arrives, with what it held when it left. Null: none did. */
export function sentIn({ op: { args }, before, after, seen }: ModelStep, b: Bounds): Sent | null {
  const compatible = (device: number, cpu: number, vector: number): Sent =>
    ({ device, format: 'compatible', id: apicIdOf(cpu, b) & 0xff, vector })
  const source = after.sources.findIndex((one, i) => {
    const was = before.sources[i]!.message
    return was !== null && was.format !== 'remapped' && (one.message === null || one.message.format === 'remapped')
  })
  if (source >= 0) {
    const device = source % b.devices, message = before.sources[source]!.message!
    return message.format === 'compatible' ? compatible(device, message.cpu, message.vector)
      : { device, format: 'remappable', index: source }
  }
  const forged = seen.find(one => (one.what === 'accepted' || one.what === 'rejected') && one.source === null)
  if (forged === undefined) return null
  const device = Number(args['device'])
  return 'index' in args ? { device, format: 'remappable', index: Number(args['index']) }
    : compatible(device, Number(args['cpu']), Number(args['vector']))
}
/** What came of it in the model. */
export function expectedOf({ before, after, seen }: ModelStep): Outcome {
  for (const one of seen) {
    if (one.what === 'accepted') return { kind: 'accepted', cpu: one.cpu, vector: one.vector }
    if (one.what === 'rejected') return { kind: 'rejected', reason: one.reason === 0 ? null : one.reason }
  }
  // Where interrupts are not drained it is remapped now and accepted later.
  const remapped = after.sources.find((one, i) =>
    one.message?.format === 'remapped' && before.sources[i]!.message?.format !== 'remapped')?.message
  return remapped?.format === 'remapped' ? { kind: 'accepted', cpu: remapped.cpu, vector: remapped.vector }
    : { kind: 'rejected', reason: null }
}
/** Whether a source that is masked has an edge now. */
export const hasRaised = ({ before, after }: ModelStep): boolean =>
  after.sources.some((source, i) => source.pending && !before.sources[i]!.pending)
