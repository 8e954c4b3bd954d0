/** `cost --worst`: what a wait costs at most and at least over all behaviours of a small machine, and what makes it endless. */
import { exitCode } from '../../exit.ts'
import type { ExitName } from '../../exit.ts'
import { CostError } from '../../cost/index.ts'
import type { Prices } from '../../cost/index.ts'
import { extremesOf } from '../../explore/extremes.ts'
import type { CostPath, Extremes, Round } from '../../explore/extremes.ts'
import { buildGraph } from '../../explore/graph.ts'
import { Pace, Slices, unlessStopped } from '../../explore/pace.ts'
import type { Limits, Progress } from '../../explore/pace.ts'
import type { StopReason } from '../../explore/result.ts'
import type { ModelEvent } from '../../model/index.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import { showBounds } from '../../../spec/bounds.ts'
import { waits } from '../../../spec/costs/index.ts'
import type { Wait } from '../../../spec/costs/index.ts'
import type { Design } from '../../../spec/kernel/design.ts'
import { remapMachine } from '../../../spec/machine.ts'
import { blamed, blamedLater } from '../blame.ts'
import type { Subject } from '../designs.ts'
import { progressLine, spinner, themeOf } from '../io.ts'
import type { Io } from '../io.ts'

interface Row {
  readonly design: string
  /** Null when the search was cut short. */
  readonly found: Extremes | null
  readonly states: number
  readonly stopped: StopReason | null
}
interface Section { readonly wait: Wait; readonly rows: readonly Row[] }

/** @throws CostError when the profile lacks a price. */
export async function runWorst(subjects: readonly Subject[], profile: Prices, flags: { readonly json?: boolean; readonly 'no-color'?: boolean }, io: Io): Promise<ExitName> {
  const line = spinner(io)
  const sections: Section[] = []
  try {
    for (const wait of waits) {
      const rows: Row[] = []
      for (const subject of subjects.filter(one => blamed(one, () => wait.on(one.design)))) {
        line.say(`${wait.name}: ${subject.design.name}`)
        const limits = { signal: io.signal, onProgress: (progress: Progress) => { line.say(`${wait.name}: ${subject.design.name}: ${progressLine(progress)}`) } }
        rows.push(await blamedLater(subject, () => rowOf(subject.design, wait, profile, limits)))
      }
      if (rows.length > 0) sections.push({ wait, rows })
    }
  } finally { line.end() }
  const exit: ExitName = io.signal.aborted ? 'interrupted' : sections.some(({ rows }) => rows.some(({ found }) => found === null)) ? 'incomplete' : 'holds'
  io.stdout.write(flags.json ? document(sections, profile, exit) : text(sections, profile, themeOf(io, flags)))
  return exit
}

async function rowOf(design: Design, wait: Wait, profile: Prices, limits: Limits): Promise<Row> {
  const machine = remapMachine(design, wait.bounds)
  const pace = new Pace(limits)
  const { graph, states, edges, stopped: cut } = await buildGraph(machine, limits, pace)
  const slices = new Slices(pace, () => ({ states, transitions: edges, depth: 0, queue: 0, bytes: 0, shrinks: true, deciding: 'the most and the least' }))
  const { value: found, stopped } = await unlessStopped(cut, () => extremesOf(machine, graph!, {
    begins: wait.begins, ends: step => wait.ends(step, design), price: step => wait.delays(step, design) ? priceOf(step.events, profile) : 0,
  }, slices))
  return { design: design.name, found, states, stopped }
}

/** Typical cycles of what a step counts; 0 for what is in the price of another unit. */
function priceOf(events: readonly ModelEvent<unknown>[], { id, units }: Prices): number {
  let cycles = 0
  for (const event of events) {
    if (event.kind !== 'cost') continue
    const price = Object.hasOwn(units, event.unit) ? units[event.unit] : undefined
    if (price === undefined) throw new CostError(`profile '${id}' has no price for the unit '${event.unit}', which path '${event.path}' counts: add it to the profile`)
    if (!('within' in price)) cycles += price.typ * event.count
  }
  return cycles
}

function document(sections: readonly Section[], { id }: Prices, exit: ExitName): string {
  return JSON.stringify({
    format: 'remapcheck-worst/1', exit: { code: exitCode(exit), name: exit }, profile: id,
    waits: sections.map(({ wait: { name, says, bounds }, rows }) => ({ name, says, bounds: showBounds(bounds), designs: rows })),
  }, null, 2) + '\n'
}

function text(sections: readonly Section[], { id }: Prices, theme: Theme): string {
  const lines = [`greatest and least over all behaviours, in typical cycles of profile ${id}`]
  for (const { wait, rows } of sections) {
    lines.push('', theme.strong(wait.name), ...hang('  ', 2, wrapWords(`${wait.says} (${showBounds(wait.bounds).replaceAll(',', ', ')})`, theme.width - 2)))
    for (const row of alike(rows)) lines.push(...rowLines(row, theme))
  }
  return lines.join('\n') + '\n'
}

/** Designs of which the same is true, as one. */
function alike(rows: readonly Row[]): Row[] {
  const groups = new Map<string, Row>()
  for (const row of rows) {
    const key = JSON.stringify(row.found)
    const first = groups.get(key)
    groups.set(key, first === undefined ? row : { ...first, design: `${first.design}, ${row.design}` })
  }
  return [...groups.values()]
}

function rowLines({ design, found, stopped }: Row, theme: Theme): string[] {
  const entry = (title: string, says: string): string[] => hang(`    ${title.padEnd(10)}`, 14, wrapWords(says, theme.width - 14))
  const head = hang('  ', 2, wrapWords(design, theme.width - 2))
  if (found === null) return [...head, ...entry('…', `not decided, stopped by ${stopped === 'interrupted' ? 'Ctrl-C' : String(stopped)}`)]
  const { begins, greatest, least, unbounded, endless } = found
  if (!begins) return [...head, ...entry('–', 'never begins')]
  return [
    ...head,
    ...unbounded !== null ? entry('greatest', `unbounded: ${unbounded.cost} more each time round ${roundOf(unbounded)}`)
      : entry('greatest', greatest === null ? 'it never ends' : wayOf(greatest)),
    ...entry('least', least === null ? 'it never ends' : wayOf(least)),
    ...endless === null ? [] : entry('may never', `end, though all that is fair goes on: ${endless.loop === endless.ops.length ? `at rest after ${names(endless.ops.slice(endless.begin))}` : roundOf(endless)}`),
  ]
}
const names = (ops: CostPath['ops']): string => ops.map(({ action }) => action).join(' → ')
/** The steps that take time; --json has the others too. */
const wayOf = ({ cost, ops, begin, prices }: CostPath): string =>
  `${cost} = ${ops.slice(begin).flatMap(({ action }, i) => prices[i] === 0 ? [] : [`${action} ${prices[i]}`]).join(' + ') || 'nothing'}`
const roundOf = ({ ops, begin, loop }: Round): string => `${names(ops.slice(loop))}; first ${names(ops.slice(begin, loop))}`
