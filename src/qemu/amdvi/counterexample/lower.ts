/** A step of the model as what is done to a machine with AMD-Vi. It goes by the states before and after, not by the
 *  names of steps, so it serves every design. */
import type { Bounds } from '../../../../spec/bounds.ts'
import { amdviState, commandWords, entriesOf, goesByMemory, inputOf } from '../../../../spec/amdvi/index.ts'
import type { AmdviState, Placement, QueuedCommand, RawEntry } from '../../../../spec/amdvi/index.ts'
import { expectedOf, hasRaised, isFresh, requestsOf, sentIn } from '../../counterexample/deeds.ts'
import type { DmaDeed, Lowered as AnyLowered, MessageDeed, ModelStep } from '../../counterexample/deeds.ts'
import type { LimitName } from './limits.ts'

/** `waits`: of these CPUs, whose COMPLETION_WAIT is among the commands. */
export type HostOp =
  | { readonly kind: 'store'; readonly entry: RawEntry } | { readonly kind: 'enable'; readonly on: boolean }
  | { readonly kind: 'commands'; readonly commands: readonly Uint32Array[]; readonly waits: readonly number[] }
  | DmaDeed | MessageDeed

type Lowered = AnyLowered<HostOp, LimitName>
/** Both states of a step, of which the parts below take what they need. */
interface Both { readonly before: AmdviState; readonly after: AmdviState }

/** Entries as the unit reads them: QEMU gets a store when it becomes visible. */
export const entries = ({ unit, memory }: AmdviState, b: Bounds, at: Placement): readonly RawEntry[] =>
  entriesOf(unit.tables, memory, b, at)

/** `status`: where a wait of the first CPU stores. */
export function lower(step: ModelStep, b: Bounds, at: Placement, status: number): Lowered {
  const both: Both = { before: amdviState(step.before), after: amdviState(step.after) }
  const parts: readonly Lowered[] = [softwareOf(both, b, at, status), fillsOf(both, b),
    { deeds: requestsOf(step, b, at.frames), limits: [] }, messageOf(step, b, at)]
  const deeds = parts.flatMap(part => part.deeds)
  const asking = deeds.flatMap(deed => deed.kind === 'dma' || deed.kind === 'message' ? [deed.device] : [])
  return { deeds, limits: [...new Set([...parts.flatMap(part => part.limits), ...waitingOf(both.before, asking)])] }
}

/** What software wrote: tables, the control register, the command buffer. */
function softwareOf({ before, after }: Both, b: Bounds, at: Placement, status: number): Lowered {
  const was = entries(before, b, at)
  const stores = entries(after, b, at).filter((entry, i) => entry.words.some((word, k) => word !== was[i]!.words[k]))
  const added = after.unit.commands.slice(before.unit.commands.length)
  const has = (wanted: (one: QueuedCommand) => boolean): boolean => added.some(wanted)
  return {
    deeds: [...stores.map((entry): HostOp => ({ kind: 'store', entry })),
      ...before.unit.enabled === after.unit.enabled ? [] : [{ kind: 'enable', on: after.unit.enabled } as const],
      ...added.length === 0 ? [] : [{
        kind: 'commands', commands: added.map(one => commandWords(one, b, at, status)),
        waits: added.flatMap(one => one.type === 'wait' ? [one.cpu] : []),
      } as const]],
    limits: [...has(({ type }) => type === 'pages') && b.iovas > 1 ? ['removes-the-whole-domain' as const] : [],
      ...has(({ type }) => type === 'illegal') ? ['illegal-command-passed' as const] : []],
  }
}

/** What hardware cached in this step. */
function fillsOf({ before: { unit: before }, after: { unit: after } }: Both, b: Bounds): Lowered {
  const deeds: HostOp[] = []
  const limits: LimitName[] = []
  after.pageCache.forEach((row, device) => row.forEach((cached, iova) => {
    const was = before.pageCache[device]![iova]!
    if (cached === null || !isFresh(was, cached)) return
    if (was !== null) limits.push('drops-nothing')
    if (cached.frame === null) limits.push('caches-no-refusal')
    else deeds.push({ kind: 'dma', device, write: false, address: inputOf(iova, b), why: 'fill',
      expected: { kind: 'landed', frame: cached.frame } })
  }))
  const hasFilled = (was: readonly (readonly unknown[])[], is: readonly (readonly unknown[])[]): boolean =>
    is.some((row, i) => row.some((one, j) => isFresh(was[i]![j], one)))
  if (hasFilled(before.directoryCache, after.directoryCache)) limits.push('no-paging-structure-cache')
  if (hasFilled(before.interruptCache, after.interruptCache)) limits.push('no-interrupt-entry-cache')
  return { deeds, limits }
}

/** A message that reached the unit: its data is the index. */
function messageOf(step: ModelStep, b: Bounds, at: Placement): Lowered {
  const sent = sentIn(step, b)
  if (sent === null) return { deeds: [], limits: hasRaised(step) ? ['no-mask-bit'] : [] }
  const data = sent.format === 'remappable' ? sent.index : at.vectors[sent.vector]!
  const address = (0xfee0_0000 | (sent.format === 'remappable' ? 0 : sent.id << 12)) >>> 0
  const expected = expectedOf(step), map = amdviState(step.before).unit.deviceCache[sent.device]!
  const isBeyond = expected.kind === 'rejected' && map.iv && data >= 2 ** map.intTabLen
  return { deeds: [{ kind: 'message', device: sent.device, address, data, expected }],
    limits: [...b.wideIds === 1 ? ['no-wide-ids' as const] : [],
      ...isBeyond ? ['table-length-unchecked' as const] : []] }
}

/** What is under way in the model while a device asks something of the unit, and in QEMU cannot be. */
function waitingOf({ unit }: AmdviState, devices: readonly number[]): readonly LimitName[] {
  if (devices.length === 0) return []
  return [...unit.commands.length > 0 ? ['invalidates-at-once' as const] : [],
    ...devices.some(device => !goesByMemory(unit, device)) ? ['no-device-entry-cache' as const] : []]
}
