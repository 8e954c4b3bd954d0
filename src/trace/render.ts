/** A replayed trace as text: what was claimed, why it fails, and one line for each op with what it changed. */
import type { ModelEvent, Observation, Op } from '../model/index.ts'
import { fold, hang, packLines, painted, sharedWidths, showBounds, wrapWords } from '../text/layout.ts'
import type { Piece } from '../text/layout.ts'
import type { Theme } from '../text/theme.ts'
import { diff, showChange, showLoose, showValue } from './diff.ts'
import type { Names } from './diff.ts'
import type { Trace } from './format.ts'
import type { Replayed, ReplayedStep } from './replay.ts'
import { clauseIds, costTexts, faultIds, namingOf, opText, seenText, showFound } from './words.ts'
import type { Naming } from './words.ts'

export interface RenderOptions {
  readonly theme: Theme
  /** Whole states besides what changed. */
  readonly full?: boolean
  /** Paths of the state whose changes only repeat what the op or its observations say; `full` shows them too. */
  readonly hides?: RegExp
  readonly names?: Names
  /** What a clause says, in one line; null for an id that is not known. */
  readonly clause?: (id: string) => string | null
  /** Where a claim stands, for people: its `at` where not given. */
  readonly place?: (at: string) => string
  /** The rule by which something was refused, by what was seen of it; null where nothing was. */
  readonly refusal?: (seen: Observation) => string | null
  /** Length of a shortest trace, where another search has found it. */
  readonly shortest?: number
  /** Where the trace is saved, and what else replaying it needs on the command line. */
  readonly saved?: string
  readonly replayFlags?: string
}

type View = RenderOptions & Naming

/** The report of a violation, ready to print; ends with the command that repeats it when `saved` is given. */
export function renderTrace<S, L, O extends Observation>(replayed: Replayed<S, L, O>, trace: Trace,
  options: RenderOptions): string {
  const view = viewOf(replayed, options), { replayFlags } = options
  return [
    ...head(replayed, trace, view), '', ...steps(replayed, view),
    ...(options.saved === undefined ? [] : row('saved', [options.saved])),
    ...(options.saved === undefined ? []
      : row('repeat',
        [`npx remapcheck replay ${options.saved}${replayFlags === undefined ? '' : ` ${replayFlags}`}`])),
  ].join('\n') + '\n'
}

const viewOf = <S, L, O extends Observation>(replayed: Replayed<S, L, O>, options: RenderOptions): View =>
  ({ ...options, ...namingOf(replayed, options.names) })

const rowHead = 12
const row = (title: string, lines: readonly string[]): string[] =>
  hang(`  ${title.padEnd(rowHead - 2)}`, rowHead, lines)

function head<S, L, O extends Observation>(replayed: Replayed<S, L, O>, trace: Trace, view: View): string[] {
  const { theme, clause } = view
  const { property, because, witness, reproduced, refusedCount, unknown, specChanged, at, steps: taken } = replayed
  const room = theme.width - rowHead
  const text = (title: string, value: string | null): string[] =>
    value === null ? [] : row(title, wrapWords(value, room))
  const sign = signOf(replayed, view), place = view.place?.(property.at) ?? property.at
  const cited = (id: string): string => {
    const says = clause?.(id) ?? null
    return says === null ? id : `${id}: ${says}`
  }
  const refusals = at === null || at === 0 ? [] : faultIds(taken[at - 1]!, view.refusal)
  const shown = showLoose(witness, view.scalarsets, view.names)
  const bounds = showBounds(trace.bounds)
  const title = [
    { ...sign, text: `${sign.text} ${property.name}` }, { text: trace.design, paint: theme.strong },
    ...(bounds === '' ? [] : [{ text: bounds }]),
    { text: `(${showFound(trace, view.shortest)})`, paint: theme.dim },
  ]
  return [
    ...hang('', 2, packLines(title, theme.width - 2, '   ')),
    ...text('because', because),
    ...text('diverged', reproduced ? null : `the trace recorded "${trace.because}"; no step shows it now`),
    ...(shown.length === 0 ? [] : row('facts', packLines(shown.map(one => ({ text: one })), room))),
    ...text('claim', `${property.claim} (${place})`),
    ...text('clause', property.clause === null ? null : cited(property.clause)),
    ...refusals.flatMap(id => text('fault', cited(id))),
    ...text('refused', refusedCount === 0 ? null
      : `${refusedCount} of ${trace.ops.length} ops are not allowed where they stand`
        + (unknown === null ? '' : `, and some are none of this machine's (${unknown})`)),
    ...text('changed', specChanged ? 'the machine declares another structure than when this trace was found' : null),
    ...text('note', trace.note ?? null),
  ]
}

function steps<S, L, O extends Observation>(replayed: Replayed<S, L, O>, view: View): string[] {
  const { machine, steps: taken, at, loop } = replayed
  const ops = taken.map(({ op }) => opText(replayed, op, view))
  const digits = String(taken.length).length
  const lane = Math.max(5, ...taken.map(s => s.agent.length))
  const most = Math.floor(view.theme.width * 0.42)
  const opWidth = Math.max(0, ...ops.map(op => op.length).filter(n => n <= most))
  const indent = 2 + digits + 2 + lane + 2
  const prefix = (n: number, agent: string): string =>
    `  ${String(n).padStart(digits)}  ${view.theme.dim(agent.padEnd(lane))}  `
  const state = (world: unknown): string[] => view.full ? wholeState(replayed, world, indent + 2, view) : []
  const start = [(prefix(0, 'start') + (at === 0 ? painted(mark(replayed, view)) : '')).trimEnd(),
    ...state(machine.initialWorld)]
  const marked = loop === null ? at : null
  return [...(marked === 0 || view.full ? start : []), ...taken.flatMap((step, i) => {
    const pieces = [...(marked === i + 1 ? [mark(replayed, view)] : []), ...details(replayed, step, view)]
    const room = view.theme.width - indent
    const above = wrapWords(ops[i]!, room), op = above.pop()!.padEnd(opWidth) + '   '
    const lines = packLines(pieces, room - 2, '  ', room - op.length)
    return [...loop === i ? loopLines(replayed, view).slice(0, 1) : [],
      ...hang(prefix(i + 1, step.agent), indent, [...above, op + lines.shift()!]),
      ...hang(' '.repeat(indent + 2), indent + 2, lines),
      ...state(step.after)]
  }), ...loop === null ? [] : loopLines(replayed, view).slice(1)]
}

/** The line before the ops that repeat, and the line after them; only the latter where nothing happens any more. */
function loopLines<S, L, O extends Observation>(replayed: Replayed<S, L, O>, { theme }: View): string[] {
  const { loop, steps: { length }, reproduced } = replayed
  const paint = reproduced ? theme.bad : theme.warn
  if (loop === length) return ['', paint('  ─ and so it stays for ever')]
  return [paint('  ┌ from here for ever'), paint(`  └ back to step ${loop! + 1}`)]
}

function signOf<S, L, O extends Observation>({ property, reproduced }: Replayed<S, L, O>, { theme }: View): Piece {
  if (!reproduced) return { text: '≠', paint: theme.warn }
  return property.kind === 'sometimes' ? { text: '✓', paint: theme.good } : { text: '✗', paint: theme.bad }
}

function mark<S, L, O extends Observation>({ property }: Replayed<S, L, O>, { theme }: View): Piece {
  return property.kind === 'sometimes' ? { text: '← reached', paint: theme.good }
    : { text: '← violates', paint: theme.bad }
}

function details<S, L, O extends Observation>({ machine, property }: Replayed<S, L, O>, step: ReplayedStep<S, L, O>,
  view: View): Piece[] {
  const { theme, names } = view
  const others = step.violated.filter(broken => broken.property !== property.name)
  const hidden = (path: string): boolean => !view.full && (view.hides?.test(path) ?? false)
  const changes = diff(machine.worldDomain, step.before, step.after, names)
    .map(change => ({ ...change, path: change.path.replace(/^(state|monitors)\./, '') }))
    .filter(change => !hidden(change.path)).map(change => ({ text: showChange(change) }))
  return [
    ...step.events.flatMap(event => eventPiece(event, view)),
    ...changes,
    ...others.map(broken => ({ text: `also violates ${broken.property}`, paint: theme.bad })),
    ...clauseIds(step.events).map(id => ({ text: id, paint: theme.dim })),
    ...costTexts(step.events).map(text => ({ text, paint: theme.dim })),
  ]
}

function eventPiece<O extends Observation>(event: ModelEvent<O>, view: View): Piece[] {
  if (event.kind === 'refused') return [{ text: `! refused: ${event.why}`, paint: view.theme.warn }]
  if (event.kind !== 'observation') return []
  return [{ text: `» ${seenText(event.observation, view)}`, paint: view.theme.strong }]
}

function wholeState<S, L, O extends Observation>({ machine }: Replayed<S, L, O>, world: unknown, indent: number,
  view: View): string[] {
  return Object.entries(machine.worldDomain.fields).flatMap(([part, domain]) => {
    if (domain.kind !== 'struct') return []
    const values = (world as Record<string, Record<string, unknown>>)[part]!
    return Object.entries(domain.fields).flatMap(([name, of]) => {
      const title = part === 'ledger' ? `ledger.${name}` : name
      const text = `${title} = ${showValue(of, values[name], view.names)}`
      return hang(' '.repeat(indent), indent + 2, wrapWords(text, view.theme.width - indent - 2))
    })
  })
}

/** The ops as they are written: name and arguments. */
export function opTexts<S, L, O extends Observation>(replayed: Replayed<S, L, O>,
  options: Pick<RenderOptions, 'theme' | 'names'>): readonly string[] {
  const view = viewOf(replayed, options)
  return replayed.steps.map(step => opText(replayed, step.op, view))
}

/** Who did what when: a column for each agent, in the order of their first op, and a row for each op. What does not fit
 *  into its column goes on below. */
export function renderLanes<S, L, O extends Observation>(
  replayed: Replayed<S, L, O>, options: Pick<RenderOptions, 'theme' | 'names'>): string {
  const view = viewOf(replayed, options)
  const { theme } = view
  const agents = [...new Set(replayed.steps.map(step => step.agent))]
  const digits = String(replayed.steps.length).length
  const ops = replayed.steps.map(step => (step.refused ? '! ' : '') + showOpIn(step.agent, replayed, step.op, view))
  const wanted = agents.map(agent =>
    Math.max(agent.length, ...ops.filter((_, i) => replayed.steps[i]!.agent === agent).map(op => op.length)))
  const widths = sharedWidths(wanted, theme.width - digits - 2 - 2 * agents.length)
  const cells = (n: string, texts: readonly string[]): string =>
    `${n.padStart(digits)}  ${texts.map((text, k) => text.padEnd(widths[k]!)).join('  ')}`.trimEnd()
  const rows = replayed.steps.flatMap((step, i) => {
    const at = agents.indexOf(step.agent)
    return fold(ops[i]!, widths[at]!).map((line, part) => {
      const others = part === 0 ? '·' : '', texts = agents.map((_, k) => k === at ? line : others)
      return part === 0 ? `${laneMark(replayed, i, view)} ${cells(String(i + 1), texts)}` : `  ${cells('', texts)}`
    })
  })
  return [`  ${theme.strong(cells('', agents))}`, ...rows].join('\n') + '\n'
}
/** An op in the column of who takes it, which need not be said again. */
function showOpIn<S, L, O extends Observation>(agent: string, replayed: Replayed<S, L, O>, op: Op, view: View): string {
  return opText(replayed, op, view).split(' ').filter((word, i) => i === 0 || word.replace('=', '') !== agent).join(' ')
}

/** Before the row of an op: what it violates, or its part in the loop. */
function laneMark<S, L, O extends Observation>(replayed: Replayed<S, L, O>, i: number, view: View): string {
  const { loop, at, steps: { length } } = replayed
  if (loop === null) return at === i + 1 ? painted(signOf(replayed, view)) : ' '
  return view.theme.bad(loopSign(i, loop, length))
}
/** The loop is drawn as a bracket around its ops. */
function loopSign(i: number, loop: number, length: number): string {
  if (i < loop) return ' '
  if (length === loop + 1) return '↺'
  if (i === loop) return '┌'
  return i === length - 1 ? '└' : '│'
}
