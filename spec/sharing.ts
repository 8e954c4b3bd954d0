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

/** Whether a field of the design lets the part be checked at the other design. */
type Rule = (design: Design, other: Design, part: Part) => boolean
const makesNone: Rule = () => true
/** What makes a difference to these parts, and to no other. */
const of = (field: keyof Design, ...parts: readonly Part[]): Rule => (design, other, part) =>
  !parts.includes(part) || design[field] === other[field]
/** State and the like serve calls and hardware, which are compared: those of the other design alone can miss it. */
const asUsed = (field: keyof Design): Rule => (design, other) => other[field] === null || design[field] === other[field]
/** What calls and hardware do is not to be compared, so two are the same only as one object. */
const sameEntries = (field: 'calls' | 'hardware', partsIn: (name: string) => readonly Part[]): Rule =>
  (design, other, part) => Object.keys({ ...design[field], ...other[field] })
    .every(name => !partsIn(name).includes(part) || design[field][name] === other[field][name])

/** Each field of a design: one without a rule is an error of types. */
const rules: Readonly<Record<keyof Design, Rule>> = {
  name: makesNone, says: makesNone, memoryOf: makesNone, interruptsOf: makesNone, costs: makesNone,
  iommu: of('iommu', 'memory', 'interrupts'), remapsDma: of('remapsDma', 'memory', 'interrupts'),
  bounces: of('bounces', 'memory'), remapsInterrupts: of('remapsInterrupts', 'interrupts'),
  // Memory of user drivers is asked more (the scope `takedown`): the other design has to be asked that too.
  userDrivers: (design, other, part) => design.userDrivers === other.userDrivers
    || part === 'memory' && other.userDrivers,
  verifiesSource: of('verifiesSource', 'interrupts'), blocksUnremapped: of('blocksUnremapped', 'interrupts'),
  postsInterrupts: of('postsInterrupts', 'interrupts'), wideDestinations: of('wideDestinations', 'interrupts'),
  interruptTables: of('interruptTables', 'interrupts'),
  givesUp: ({ givesUp }, other) => Object.keys(other.givesUp).every(claim => Object.hasOwn(givesUp, claim)),
  state: asUsed('state'), start: asUsed('start'), registers: asUsed('registers'), observations: asUsed('observations'),
  calls: sameEntries('calls', partsOfCall), hardware: sameEntries('hardware', () => ['memory', 'interrupts']),
  // A claim may be about anything.
  claims: ({ claims }, other) => claims.every(claim => other.claims.includes(claim)),
  // In its own scopes the design is checked itself.
  scopes: ({ scopes }, other) => other.scopes === null
    || scopes !== null && scopes.every(one => typeof one !== 'string' || other.scopes!.includes(one)),
  protocols: (design, other, part) => protocolsOf(design)
    .every(call => !partsOfCall(call).includes(part) || isSameProtocol(design, other, call)),
}

/** The built-in design that the part is checked at; null where it is the design's own. What the design says of itself
 *  (`memoryOf`, `interruptsOf`) only names the one to compare with: an edit that makes it untrue makes the part its
 *  own, and so does a claim that only the other gives up. */
export function sharedWith(design: Design, part: Part): Design | null {
  const named = part === 'memory' ? design.memoryOf : design.interruptsOf
  const from = everyDesign.find(({ name }) => name === named)
  return from !== undefined && Object.values(rules).every(rule => rule(design, from, part)) ? from : null
}

function isSameProtocol(one: Design, other: Design, call: string): boolean {
  const steps = one.protocols[call] ?? [], others = other.protocols[call] ?? []
  return steps.length === others.length && steps.every((step, i) => step === others[i])
}
