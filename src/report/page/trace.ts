/** A replayed trace as what a page shows: lanes, steps, and the state after each of them. */
import type { Machine, Observation } from '../../model/index.ts'
import type { ActionText, Lane, Part, StepData, TraceData } from '../../page/data.ts'
import { counted } from '../../text/count.ts'
import { showBounds } from '../../text/layout.ts'
import { diff, showLoose } from '../../trace/diff.ts'
import type { Change } from '../../trace/diff.ts'
import type { Trace } from '../../trace/format.ts'
import type { Replayed, ReplayedStep } from '../../trace/replay.ts'
import { argTexts, clauseIds, costTexts, faultIds, namingOf, seenText, showFound } from '../../trace/words.ts'
import type { Naming } from '../../trace/words.ts'
import { stateWords } from '../../../spec/state-words.ts'
import type { TraceStyle } from '../view.ts'
import { cellsOf, tablesOf } from './cells.ts'
import { lanesOf, placeOf } from './lanes.ts'
import type { Table } from './cells.ts'

/** Of a machine whatever it is: what shows its traces. Made once for all traces of the machine. */
export interface Shower<S, L, O extends Observation> {
  readonly machine: Machine<S, L, O>
  readonly naming: Naming
  readonly tables: readonly Table[]
  readonly style: TraceStyle
}
export function showerOf<S, L, O extends Observation>(machine: Machine<S, L, O>,
  style: TraceStyle): Shower<S, L, O> {
  const naming = namingOf({ machine }, style.names)
  return { machine, naming, tables: tablesOf(machine.worldDomain, naming.names), style }
}

export interface Shown {
  readonly id: string
  /** Its file, for people; null where it has none. */
  readonly file: string | null
  readonly accepted: string | null
}
/** A page of 2 MB has room for these. */
const mostSteps = 3000
/** All of a trace. Lanes are those it needs. */
export function traceData<S, L, O extends Observation>(replayed: Replayed<S, L, O>, trace: Trace, style: TraceStyle,
  { id, file, accepted }: Shown): TraceData {
  const { machine, property, steps, because, witness, reproduced, at, loop } = replayed
  const shower = showerOf(machine, style)
  const skipped = Math.max(0, steps.length - mostSteps)
  const told = steps.slice(skipped).map(step => toldStep(shower, step))
  const lanes = lanesOf(told.map(({ agent }) => agent),
    told.flatMap(({ changes }) => changes.map(({ path }) => placeOf(path))))
  return {
    id, file, accepted, design: trace.design, property: property.name, claim: property.claim,
    place: style.place?.(property.at) ?? property.at, clause: property.clause, reproduced,
    wanted: property.kind === 'sometimes', because: because ?? trace.because,
    facts: showLoose(witness, shower.naming.scalarsets, shower.naming.names), bounds: showBounds(trace.bounds),
    found: showFound(trace), loop, at: loop === null ? at : null, lanes, skipped,
    ...stateData(shower, lanes, told[0]?.step.before),
    notes: [
      ...skipped === 0 ? [] : [`the first ${skipped} steps have no room here: npx remapcheck replay shows all`],
      ...misfits(replayed),
      ...trace.note === undefined ? [] : [trace.note],
    ],
    steps: told.map(one => stepData(shower, one, lanes)),
  }
}

type Misfit = Pick<Replayed, 'reproduced' | 'refusedCount' | 'specChanged'>
/** What a trace no longer does that it did when it was found; empty where it still fits. */
export const misfits = ({ reproduced, refusedCount, specChanged }: Misfit): readonly string[] => [
  ...reproduced ? [] : ['no step of it shows now what it was saved for: the machine, or the claim, has changed'],
  ...refusedCount === 0 ? [] : [`not allowed here any more, and so without effect: ${counted(refusedCount, 'step')}`],
  ...specChanged ? ['the machine declares another structure than when this trace was found'] : [],
]

type StateData = Pick<TraceData, 'parts' | 'initial' | 'protocols' | 'actions'>
/** What does not depend on the steps: parts, what they hold at first, and the protocols of all calls. */
export function stateData<S, L, O extends Observation>({ machine, tables, naming }: Shower<S, L, O>,
  lanes: readonly Lane[], from: unknown = machine.initialWorld): StateData {
  const parts: Part[] = []
  let first = 0
  for (const { path, rows, columns, cells } of tables) {
    parts.push({ path: path.replace(/^state\./, ''), says: wordsOf(path), rows, columns, first,
      lane: lanes.findIndex(({ id }) => id === placeOf(path)) })
    first += cells.length
  }
  return { parts, initial: cellsOf(tables, from, naming.names),
    actions: actionsOf(machine), protocols: protocolsOf(machine.actions.map(({ name }) => name)) }
}
function wordsOf(path: string): string | null {
  const below = path.replace(/^state\./, '').split('.')
  for (let n = below.length; n > 0; n--) {
    const words = stateWords[below.slice(0, n).join('.')]
    if (words !== undefined) return words.replaceAll('`', '')
  }
  return null
}

type Actions = Readonly<Record<string, ActionText>>
const actionsOf = <S, L, O extends Observation>({ actions }: Machine<S, L, O>): Actions =>
  Object.fromEntries(actions.map(({ name, says, recipe }) => [name, { says, code: codeOf(recipe) }]))

/** Actions `unmap`, `unmap/invalidatePage`, … are the steps of `unmap`. */
function protocolsOf(names: readonly string[]): TraceData['protocols'] {
  const callOf = (name: string): string => name.split('/')[0]!
  const calls = [...new Set(names.filter(name => name.includes('/')).map(callOf))]
  return Object.fromEntries(calls.map(call => [call, names.filter(name => callOf(name) === call)]))
}

/** Its text, without the indent of where it stands. */
export function codeOf(recipe: (...given: never[]) => unknown): string {
  const lines = String(recipe).split('\n')
  const indents = lines.slice(1).filter(line => line.trim() !== '').map(line => line.search(/\S/))
  const less = Math.min(...indents, 80)
  return [lines[0]!, ...lines.slice(1).map(line => line.slice(less))].join('\n')
}

interface Told<S, L, O extends Observation> {
  readonly step: ReplayedStep<S, L, O>
  readonly agent: string
  readonly changes: readonly Change[]
}
export const toldStep = <S, L, O extends Observation>({ machine, naming }: Shower<S, L, O>,
  step: ReplayedStep<S, L, O>): Told<S, L, O> =>
  ({ step, agent: step.agent, changes: diff(machine.worldDomain, step.before, step.after, naming.names) })

export function stepData<S, L, O extends Observation>({ machine, naming, tables, style }: Shower<S, L, O>,
  { step, agent, changes }: Told<S, L, O>, lanes: readonly Lane[]): StepData {
  const { op, events, before, after, violated } = step
  const laneOf = (id: string): number => Math.max(0, lanes.findIndex(lane => lane.id === id))
  const was = cellsOf(tables, before, naming.names), is = cellsOf(tables, after, naming.names)
  const faults = faultIds(step, style.refusal)
  const hidden = (path: string): boolean => !path.startsWith('ledger') && (style.hides?.test(path) ?? false)
  return {
    lane: laneOf(agent), action: op.action, args: argTexts({ machine }, op, naming).join(' '),
    faults,
    refused: events.flatMap(event => event.kind === 'refused' ? [event.why] : [])[0] ?? null,
    seen: events.flatMap(event => event.kind === 'observation' ? [seenText(event.observation, naming)] : []),
    changes: changes.map(({ path, ...change }) => ({ ...change, lane: laneOf(placeOf(path)),
      path: path.replace(/^(?:state|monitors)\./, '') })).filter(({ path }) => !hidden(path)),
    cells: is.flatMap((text, i) => text === was[i] ? [] : [[i, text] as const]),
    clauses: clauseIds(events), costs: costTexts(events),
    violates: violated.map(({ property, because }) => ({ property, because })),
  }
}
