/** Edits of a protocol by name: a step taken out, or two in each other's place. What an argument about a step is
 *  about. */
import { protocolsOf } from './calls.ts'
import { stepLabels, taken } from './design.ts'
import type { Design, Protocol, Step } from './design.ts'

/** Labels are those of `stepLabels`. `without`: the steps that go; `swap`: the two that change places. */
export type Edit = {
  readonly call: string
} & ({ readonly without: readonly string[] } | { readonly swap: readonly [string, string] })

/** `unmap/invalidatePage`, `unmap/lockTables+unlockTables`, `unmap/clearPte<>writeBackPte`. */
export const editName = (edit: Edit): string =>
  `${edit.call}/${'swap' in edit ? edit.swap.join('<>') : edit.without.join('+')}`

const label = '[\\w-]+(?:#\\d+)?'
const one = new RegExp(`^(\\w+)/(${label}(?:\\+${label})*|${label}<>${label})$`)
const named = /^(.+?)~(\w+\/[\w#<>+~/-]+)$/s

/** `NAME~EDIT~EDIT`: the name, and what is done to it. Null where the text has no such form. */
export function editedName(text: string): { readonly base: string; readonly edits: string } | null {
  const found = named.exec(text)
  return found === null ? null : { base: found[1]!, edits: found[2]! }
}

/** Why a design has no such edit, with the names that it has in this place. */
export class NoSuchEdit extends RangeError {
  readonly typed: string
  readonly known: readonly string[]
  constructor(problem: string, typed: string, known: readonly string[]) {
    super(problem)
    this.typed = typed
    this.known = known
  }
}

/** The design with the edits of `EDIT~EDIT` in turn, named so that the same name makes it again. @throws NoSuchEdit. */
export const edited = (design: Design, edits: string): Design =>
  edits.split('~').reduce((from, text) => applied(from, editOf(from, text)), design)

/** @throws NoSuchEdit when the text is none, or names what the design has not. */
function editOf(design: Design, text: string): Edit {
  const { name, protocols } = design, calls = protocolsOf(design)
  const [, given, steps] = one.exec(text) ?? []
  if (steps === undefined) throw new NoSuchEdit(`'${text}' is no edit`, text, [])
  const call = calls.find(known => known === given)
  const protocol = call === undefined ? undefined : protocols[call]
  if (call === undefined || protocol === undefined)
    throw new NoSuchEdit(`design '${name}' has no call '${given!}'`, given!,
      calls.filter(known => protocols[known] !== undefined))
  const labels = stepLabels(protocol), wanted = steps.split(/<>|\+/)
  const missing = wanted.find(step => !labels.includes(step))
  if (missing !== undefined)
    throw new NoSuchEdit(`'${call}' of design '${name}' has no step '${missing}'`, missing, labels)
  if (new Set(wanted).size < wanted.length) throw new NoSuchEdit(`'${text}' names a step twice`, text, [])
  return steps.includes('<>') ? { call, swap: [wanted[0]!, wanted[1]!] } : { call, without: wanted }
}

export function applied(from: Design, edit: Edit): Design {
  const protocol = from.protocols[edit.call] ?? []
  const labels = stepLabels(protocol)
  return { ...from, name: `${from.name}~${editName(edit)}`,
    protocols: { ...from.protocols, [edit.call]: changed(protocol, labels, edit) } }
}
function changed(protocol: Protocol, labels: readonly string[], edit: Edit): Protocol {
  if ('without' in edit) return taken(protocol, (_, label) => edit.without.includes(label))
  const [i, j] = edit.swap.map(step => labels.indexOf(step)) as [number, number]
  return protocol.with(i, protocol[j]!).with(j, protocol[i]!)
}

/** What to try of a call: each step taken out; what is held between two steps not taken at all; and each two stores the
 *  other way round that follow each other in one of the `variants` (the protocol as different hardware has it) and
 *  touch what hardware reads. */
export function editsOf(design: Design, call: string, variants: readonly Protocol[],
  touches: (step: Step) => boolean): readonly Edit[] {
  const protocol = design.protocols[call] ?? []
  const labels = stepLabels(protocol)
  const removals = protocol.flatMap(({ endedBy }, at): Edit[] => {
    const end = endedBy === undefined ? -1 : protocol.findIndex((step, later) => later > at && step.name === endedBy)
    return [{ call, without: [labels[at]!] }, ...end < 0 ? [] : [{ call, without: [labels[at]!, labels[end]!] }]]
  })
  const swaps = protocol.flatMap((step, i): Edit[] => protocol.flatMap((other, j): Edit[] =>
    j > i && touches(step) && touches(other) && variants.some(steps => follows(protocol, steps, i, j))
      ? [{ call, swap: [labels[i]!, labels[j]!] }] : []))
  return [...removals, ...swaps]
}

/** Whether the edit asks something where the call has these steps: two that do not follow each other would change
 *  places with others too. */
export function isAsked(design: Design, edit: Edit, variant: Protocol): boolean {
  const protocol = design.protocols[edit.call] ?? []
  const labels = stepLabels(protocol)
  return 'swap' in edit ? follows(protocol, variant, labels.indexOf(edit.swap[0]), labels.indexOf(edit.swap[1]))
    : edit.without.some(label => variant.includes(protocol[labels.indexOf(label)]!))
}

/** Whether nothing of the variant stands between the two places of the protocol, and both are in it. */
function follows(protocol: Protocol, variant: Protocol, i: number, j: number): boolean {
  const kept = protocol.flatMap((step, at) => variant.includes(step) ? [at] : [])
  return kept.includes(i) && kept.indexOf(j) === kept.indexOf(i) + 1
}

/** Whether a step is there for its cost alone: it never waits, and looks at nothing, so what it does once it does
 *  always. */
export function isCostOnly(step: Step, on: Parameters<NonNullable<Step['skip']>>[0]): boolean {
  let seen = false
  const look = (): never => { throw new RangeError('it looks at the state') }
  const closed = { get: look, set: look, has: look, ownKeys: look }
  const emit = { cost: () => {}, clause: () => {}, see: () => { seen = true } }
  try {
    if (step.when !== undefined) return false
    step.then({ s: new Proxy({}, closed), call: new Proxy({}, closed), cpu: 0, b: on.b, caps: on.caps,
      emit, go: look, end: look } as never)
  } catch { return false }
  return !seen
}
