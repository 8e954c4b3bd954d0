/** Every name that the public modules export, and what it is: steps, lists of steps and designs say it themselves, the
 *  rest stands here. */
import * as spec from '../../spec/index.ts'
import * as ofClaims from '../../properties/index.ts'
import type { Design, Protocol, Step } from '../../spec/index.ts'

export type EntryPoint = 'remapcheck' | 'remapcheck/spec' | 'remapcheck/properties'
export interface Export {
  readonly name: string
  readonly from: EntryPoint
  readonly kind: string
  readonly says: string
}

/** Of `remapcheck/spec` and `remapcheck/properties`. */
const helpers: Readonly<Record<string, string>> = {
  design: 'makes a design: design(name, options, protocols)',
  without: 'the design without some steps: without(design, call, ...steps)',
  replaced: 'the design with one step done another way: replaced(design, call, step, ...by)',
  swapped: 'the design with two steps in each other\'s place: swapped(design, call, one, other)',
  moved: 'the design with a step right before another: moved(design, call, step, before)',
  withProtocol: 'the design with another protocol for a call: withProtocol(design, call, steps, name)',
  edited: 'the design with edits by name: edited(design, \'unmap/submitWait+pollStatus\')',
  designs: 'all built-in designs', designNamed: 'a built-in design by its name, also DESIGN+MIGRATION',
  migrations: 'the ways to move an interrupt', scopes: 'the scopes that `check` runs',
  bounds: 'standard bounds with some changed: bounds({ cpus: 2, frames: 2 })',
  boundSpecs: 'range, standard and meaning of each bound', badBounds: 'why bounds make no sense together, or null',
  showBounds: 'bounds as the command line takes them', clauses: 'the rules of the manuals by their ids',
  remapMachine: 'the machine of a design: remapMachine(design, bounds, properties)',
  vtdVocabulary: 'the steps of VT-d by the words of the vocabulary, for designs that are functions of it',
  amdviVocabulary: 'the steps of AMD-Vi by the words of the vocabulary, for designs that are functions of it',
  claims: 'all claims with their witnesses, in the order of reports',
  questions: 'the claims by the question that they answer', claimsOf: 'built-in claims, and those of a design',
  claimOn: 'a built-in claim as the manual of an IOMMU asks for it: claimOn(claim, iommu)',
  builtInCalls: 'how each built-in call is entered, in parts that a design can replace',
  call: 'how a call of a design is entered, with the types of its arguments: call({ says, params, rules, … })',
  callOn: 'the same for a design that keeps state of its own: callOn<{ state, registers }>()(…)',
  claimsOn: 'the constructors of claims over a design that keeps state of its own',
  always: 'a claim that must be true of every state', step: 'a claim about every observation of some kinds',
  monitor: 'a claim with a small state of its own, updated by observations',
  sometimes: 'what must be reached, or a run shows nothing', eventually: 'a claim: on every fair way it happens',
  leadsTo: 'a claim: on every fair way the one is followed by the other',
  recovers: 'a claim: from every state some way leads to the goal',
  store: 'stores a table entry as this hardware sees it: store(cell, value, caps)',
  writeBack: 'writes the cache line of an entry back: writeBack(cell, caps)',
  flushBuffered: 'empties the write buffer of the chipset for these entries',
  seenByHardware: 'what hardware reads of an entry',
  pathTables: 'the entries on the way to the page of a call, from the root',
  leafSlot: 'the leaf entry of the page of a call', storeLeaf: 'stores it: storeLeaf(k, entry)',
  mappingOf: 'what the kernel has mapped at the page of a call', markPhase: 'how far along that mapping is',
  queueStep: 'a step that queues a descriptor under the lock of the queue: queueStep(name, says, rest, k => '
    + 'descriptor)',
  propertiesFor: 'the properties to ask of a design at bounds: propertiesFor(design, bounds)',
}
/** Of `remapcheck`, the modelling language and the search: by hand, for to load it takes long. */
const language: Readonly<Record<string, string>> = {
  bool: 'a domain: true or false', range: 'a domain: whole numbers from low to high',
  oneOf: 'a domain: one of some words', scalarset: 'a domain: ids that are alike',
  optional: 'a domain: a value or null', struct: 'a domain: named fields',
  table: 'a domain: a value for each key', list: 'a domain: up to so many values',
  variant: 'a domain: fields that depend on a tag',
  actionsOf: 'the constructor of actions over the types of a machine',
  propertiesOf: 'the constructors of claims over the types of a machine', machine: 'makes a machine',
  step: 'takes one op of a machine', isEnabled: 'whether an op may be taken',
  exploreExhaustively: 'visits every state and judges all claims but those about endless runs',
  checkMachine: 'visits every state and judges all claims of a machine, of every kind',
  makeTrace: 'a trace of a machine from ops', loadTrace: 'reads a trace file',
  loadTraces: 'reads traces of files, folders and patterns',
  saveTrace: 'writes a trace file', replay: 'takes the ops of a trace again',
  renderLanes: 'a trace as a column for each agent', renderTrace: 'a trace as text',
  renderViolation: 'a violation as text', theme: 'colours and width of a text',
  exploreProgress: 'judges claims about endless runs',
  exploreRandomly: 'takes random runs', shrinkOps: 'shortens a trace that violates',
  buildGraph: 'the graph of all states', ModelError: 'a mistake in a machine, with the ops that lead to it',
  NoSuchPart: 'the mistake of reading what a state does not have',
  initial: 'the first value of a domain', valuesOf: 'all values of a small domain',
  misfit: 'why a value is outside its domain, or null', rebuilt: 'a copy of a value, in the order of its domain',
  frozen: 'a value that cannot change', productOf: 'all combinations of parameters',
  keyCount: 'how many keys a table has', bitsOf: 'how many bits a domain takes',
  layoutOf: 'where each part of a domain stands in a packed state',
  packing: 'packs values of a domain into words and back', encodeScalar: 'a scalar as a number',
  decodeScalar: 'the scalar of a number', showOp: 'an op as text', keyOf: 'one text for one op',
  judge: 'asks a property about one step', answerOf: 'what a predicate of a property says',
  isReached: 'whether a step reaches a `sometimes`', observationsIn: 'the observations among events',
  isProgress: 'whether a property is about endless runs', isProgressKind: 'the same of its kind',
  refuseAnswer: 'refuses what a recipe may not answer', onRun: 'hears of each guard and recipe that runs',
  tracing: 'gives a mistake the ops that lead to it',
}

const isStep = (value: unknown): value is Step => typeof value === 'object' && value !== null && 'then' in value
export const isList = (value: unknown): value is Protocol =>
  Array.isArray(value) && value.length > 0 && value.flat().every(isStep)

/** `submitWait, pollStatus` */
export const stepsText = (steps: readonly (Step | Protocol)[]): string =>
  steps.flat().map(({ name }) => name).join(', ')

function described(name: string, value: unknown, from: EntryPoint): Export {
  if (isStep(value)) return { name, from, kind: 'step', says: value.says }
  if (isList(value)) return { name, from, kind: 'list of steps', says: `in this order: ${stepsText(value)}` }
  if (typeof value === 'object' && value !== null && 'protocols' in value) {
    const { name: design, says } = value as Design
    return { name, from, kind: 'design', says: `${design}: ${says}` }
  }
  return { name, from, kind: typeof value === 'function' ? 'function' : 'value', says: helpers[name] ?? '' }
}

/** All that a design or a suite of a user can import. */
export const allExports: readonly Export[] = [
  ...Object.entries(spec).map(([name, value]) => described(name, value, 'remapcheck/spec')),
  ...Object.entries(ofClaims).map(([name, value]) => described(name, value, 'remapcheck/properties')),
  ...Object.entries(language).map(([name, says]): Export => ({ name, from: 'remapcheck', kind: 'function', says })),
]
/** Lists of steps by the names they are exported under. */
export const stepLists: ReadonlyMap<string, Protocol> = new Map(Object.entries(spec)
  .flatMap(([name, value]): [string, Protocol][] => isList(value) ? [[name, value.flat()]] : []))

/** The name under which the very step or list is exported; null for one of the user's own. */
export const nameOfExport = (value: unknown): string | null =>
  Object.entries(spec).find(([, one]) => one === value)?.[0] ?? null

export const entryPoints: readonly EntryPoint[] = ['remapcheck/spec', 'remapcheck/properties', 'remapcheck']
export const namesIn = (entry: EntryPoint): string[] =>
  allExports.filter(({ from }) => from === entry).map(({ name }) => name)
