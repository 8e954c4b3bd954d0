/** What a trace and its steps say, in words: the parts of every form that a trace is shown in. */
import type { ModelEvent, Observation, Op } from '../model/index.ts'
import { counted } from '../text/count.ts'
import { scalarsetsOf, showFields, showLoose } from './diff.ts'
import type { Names } from './diff.ts'
import type { Trace } from './format.ts'
import type { Replayed, ReplayedStep } from './replay.ts'

/** How ids and numbers of a machine are written. */
export interface Naming { readonly scalarsets: ReadonlySet<string>; readonly names: Names }
export function namingOf<S, L, O extends Observation>({ machine }: Pick<Replayed<S, L, O>, 'machine'>,
  names: Names = {}): Naming {
  const params = machine.actions.flatMap(action => Object.values(action.params).flatMap(scalarsetsOf))
  return { names, scalarsets: new Set([...scalarsetsOf(machine.worldDomain), ...params]) }
}

/** `device0`, `iova0`, `!write` */
export function argTexts<S, L, O extends Observation>({ machine }: Pick<Replayed<S, L, O>, 'machine'>, op: Op,
  { scalarsets, names }: Naming): readonly string[] {
  const action = machine.byName.get(op.action)
  return action === undefined ? showLoose(op.args, scalarsets, names) : showFields(action.params, op.args, names, '=')
}
/** Name and arguments. */
export const opText = <S, L, O extends Observation>(replayed: Pick<Replayed<S, L, O>, 'machine'>, op: Op,
  naming: Naming): string => [op.action, ...argTexts(replayed, op, naming)].join(' ')

/** `landed device0 iova0 frame0 !write` */
export function seenText(seen: Observation, { scalarsets, names }: Naming): string {
  const { what, ...rest } = seen
  return [what, ...showLoose(rest, scalarsets, names)].join(' ')
}
export const clauseIds = <O>(events: readonly ModelEvent<O>[]): string[] =>
  [...new Set(events.flatMap(event => event.kind === 'clause' ? [event.id] : []))]
/** Counted cost of one step by unit: `2 pte-store`. */
export function costTexts<O>(events: readonly ModelEvent<O>[]): string[] {
  const sums = new Map<string, number>()
  for (const event of events) if (event.kind === 'cost') sums.set(event.unit, (sums.get(event.unit) ?? 0) + event.count)
  return [...sums].map(([unit, count]) => `${count} ${unit}`)
}
/** Rules by which something was refused. */
export const faultIds = <O extends Observation>({ events }: Pick<ReplayedStep<unknown, unknown, O>, 'events'>,
  refusal: ((seen: Observation) => string | null) | undefined): string[] => [...new Set(events.flatMap(event =>
  event.kind === 'observation' ? refusal?.(event.observation) ?? [] : []))]

/** `run 17 of 1000, seed 7, shrunk 38 → 5 ops; shortest is 5` */
export function showFound({ found, ops: { length }, loop }: Pick<Trace, 'found' | 'ops' | 'loop'>,
  shortest?: number): string {
  const ops = found.shrunkFrom === undefined ? counted(length, 'op')
    : `shrunk ${found.shrunkFrom} → ${counted(length, 'op')}`
  const hasNoLoop = loop === undefined || loop === length
  return `${[...showDriver(found), ops].join(', ')}${showShortest(found.shortest, hasNoLoop, shortest)}`
}
function showDriver(found: Trace['found']): string[] {
  if (found.driver === 'hand') return ['written by hand']
  if (found.driver === 'exhaustive') return ['exhaustive search']
  return [
    found.run === undefined ? 'random' : `run ${found.run}${found.runs === undefined ? '' : ` of ${found.runs}`}`,
    ...(found.seed === undefined ? [] : [`seed ${found.seed}`]),
  ]
}
function showShortest(isShortest: boolean, hasNoLoop: boolean, shortest: number | undefined): string {
  if (isShortest) return `; none is shorter${hasNoLoop ? '' : ' up to its loop'}`
  return shortest === undefined ? '' : `; shortest is ${shortest}`
}
