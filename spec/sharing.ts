/** What designs have in common. A part that is the same in two designs is checked at one of them. */
import { isBuiltIn, protocolsOf } from './kernel/calls.ts'
import { everyDesign } from './designs.ts'
import type { Design } from './kernel/design.ts'
import { handlerName } from './state.ts'
import type { CallName } from './state.ts'

export type Part = 'memory' | 'interrupts'

/** The parts that a call belongs to. What one of a design's own is about is not known. */
export function partsOfCall(call: string): readonly Part[] {
  if (call === handlerName) return ['interrupts']
  return isBuiltIn(call) ? [partOf[call]] : ['memory', 'interrupts']
}
const partOf: Readonly<Record<CallName, Part>> = {
  map: 'memory', unmap: 'memory', protect: 'memory', flush: 'memory', attach: 'memory', detach: 'memory',
  portAccess: 'memory', migrateInterrupt: 'interrupts',
}

type Option = Exclude<keyof Design, 'name' | 'says' | 'iommu' | 'givesUp' | 'memoryOf' | 'interruptsOf' | 'protocols'
  | 'scopes' | OwnPart>
/** What a design of one's own adds to the language. */
type OwnPart = 'state' | 'start' | 'registers' | 'observations' | 'calls' | 'hardware' | 'claims' | 'costs'
/** Whether that may make a difference to the part: a claim may be about anything, a call of its own or a part of a
 *  built-in one is about what the call is about. State and registers are for those, since the other steps of a part
 *  that is shared are steps of a design which has none. */
export const addsTo = (design: Design, part: Part): boolean =>
  design.claims.length > 0 || Object.keys(design.calls).some(call => partsOfCall(call).includes(part))
/** The parts that an option makes a difference to. */
const partsOf: Readonly<Record<Option, readonly Part[]>> = {
  remapsDma: ['memory', 'interrupts'], bounces: ['memory'], remapsInterrupts: ['interrupts'],
  userDrivers: ['interrupts'], verifiesSource: ['interrupts'],
  blocksUnremapped: ['interrupts'], postsInterrupts: ['interrupts'], wideDestinations: ['interrupts'],
  interruptTables: ['interrupts'],
}
const options = Object.keys(partsOf) as readonly Option[]

/** The built-in design that the part is checked at; null where it is the design's own. What the design says of itself
 *  (`memoryOf`, `interruptsOf`) only names the one to compare with: an edit that makes it untrue makes the part its
 *  own, and so does a claim that only the other gives up. */
export function sharedWith(design: Design, part: Part): Design | null {
  const named = part === 'memory' ? design.memoryOf : design.interruptsOf
  const from = everyDesign.find(({ name }) => name === named)
  return from !== undefined && !addsTo(design, part) && isSame(design, from, part)
    && Object.keys(from.givesUp).every(claim => Object.hasOwn(design.givesUp, claim)) ? from : null
}

/** Option by option, and step by step: two steps are the same only as one object, since what a step does is not to be
 *  compared. */
function isSame(one: Design, other: Design, part: Part): boolean {
  return options.every(option => !partsOf[option].includes(part) || one[option] === other[option])
    && protocolsOf(one).every(call => !partsOfCall(call).includes(part) || isSameProtocol(one, other, call))
}
function isSameProtocol(one: Design, other: Design, call: string): boolean {
  const steps = one.protocols[call] ?? [], others = other.protocols[call] ?? []
  return steps.length === others.length && steps.every((step, i) => step === others[i])
}
