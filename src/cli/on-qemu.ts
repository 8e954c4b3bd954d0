/** `replay --on qemu`: the steps of a trace done to QEMU, and both sides told. */
import { clauses } from '../../spec/clauses.ts'
import type { Ledger } from '../../spec/ledger.ts'
import type { Seen } from '../../spec/observations.ts'
import type { State } from '../../spec/state.ts'
import { placementOf } from '../../spec/vtd/bounded/placement.ts'
import { seenIn } from '../model/index.ts'
import type { Op } from '../model/index.ts'
import { limits } from '../qemu/counterexample/limits.ts'
import type { LimitName } from '../qemu/counterexample/limits.ts'
import { sameAs, showOnQemu } from '../qemu/counterexample/run.ts'
import type { OnQemu, ShownStep } from '../qemu/counterexample/run.ts'
import { clauseOf, deedText, outcomeText, sightText } from '../qemu/counterexample/text.ts'
import { hang, packLines, wrapWords } from '../text/layout.ts'
import type { Piece } from '../text/layout.ts'
import type { Theme } from '../text/theme.ts'
import type { Trace } from '../trace/format.ts'
import { opTexts } from '../trace/render.ts'
import type { Replayed } from '../trace/replay.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { vtdState } from '../../spec/vtd/bounded/state.ts'

type RemapReplayed = Replayed<State, Ledger, Seen>

/** Takes the replayed steps on QEMU: the one named, else the one in PATH. `again` replays the trace with other ops. @throws UserError E-QEMU-…, as `withMachine`. */
export function onQemu(replayed: RemapReplayed, trace: Trace, b: Bounds, qemu: string | undefined,
  again: (trace: Trace) => RemapReplayed): Promise<OnQemu> {
  const { steps, at, loop, machine } = replayed
  const violates = (ops: readonly Op[]): boolean => again({ ...trace, ops }).reproduced
  const asIs = (i: number): Op => steps[i]!.op
  const last = at === null || at === 0 || loop !== null ? null : at - 1
  return showOnQemu({
    bounds: b, start: vtdState(machine.initialWorld.state), at: last, endless: loop !== null,
    steps: steps.map(({ op, before, after, events }) => ({ op, before: vtdState(before.state), after: vtdState(after.state), seen: seenIn(events) })),
    arrivesEarly: issued => last !== null && violates([...steps.slice(0, issued + 1).map(({ op }) => op), asIs(last)]),
    asWrite: issued => last !== null && violates([
      ...steps.slice(0, issued).map(({ op }) => op), { ...asIs(issued), args: { ...asIs(issued).args, write: true } }, ...steps.slice(issued + 1, last + 1).map(({ op }) => op)]),
  }, qemu ? { qemu } : {})
}

const verdicts = {
  shown: 'QEMU shows it too', cannot: 'QEMU cannot show it', differs: 'QEMU does something else, and nothing here explains it',
} as const satisfies Readonly<Record<OnQemu['verdict'], string>>

/** The report on one trace, ready to print. */
export function qemuText(replayed: RemapReplayed, trace: Trace, b: Bounds, shown: OnQemu, theme: Theme): string {
  const { property, because } = replayed
  const paint = { shown: theme.good, cannot: theme.warn, differs: theme.bad }[shown.verdict]
  const row = (title: string, lines: readonly string[]): string[] => hang(`  ${title.padEnd(10)}`, 12, lines)
  const text = (title: string, value: string): string[] => row(title, wrapWords(value, theme.width - 12))
  return [
    ...hang('', 2, packLines([{ text: property.name }, { text: trace.design, paint: theme.strong }, { text: `QEMU ${shown.version}`, paint: theme.dim }], theme.width - 2, '   ')),
    ...text('because', because ?? `the trace recorded "${trace.because}"; no step of the model shows it now`),
    ...row('verdict', wrapWords(because === null ? 'nothing to show' : verdicts[shown.verdict], theme.width - 12).map(line => paint(line))),
    ...shown.limits.flatMap(name => text('', limitText(name))), '',
    ...stepLines(replayed, b, shown, theme),
  ].join('\n') + '\n'
}
const limitText = (name: LimitName): string => {
  const { says, clause } = limits[name]
  return clause === null ? says : `${says} (${clause})`
}

function stepLines(replayed: RemapReplayed, b: Bounds, shown: OnQemu, theme: Theme): string[] {
  const ops = opTexts(replayed, { theme })
  const digits = String(ops.length).length
  const lane = Math.max(5, ...replayed.steps.map(({ agent }) => agent.length))
  const indent = 2 + digits + 2 + lane + 2
  return replayed.steps.flatMap(({ agent }, i) => [
    `  ${String(i + 1).padStart(digits)}  ${theme.dim(agent.padEnd(lane))}  ${ops[i]!}${replayed.at === i + 1 ? `   ${theme.bad('← violates')}` : ''}`,
    ...shown.steps[i]!.sights.flatMap(sight => {
      const pieces = piecesOf(sight, theme)
      return [...hang(' '.repeat(indent), indent + 2, wrapWords(deedText(sight.deed, placementOf(b).requesters), theme.width - indent - 2)),
        ...pieces.length === 0 ? [] : hang(' '.repeat(indent + 2), indent + 2, packLines(pieces, theme.width - indent - 2))]
    }),
    ...shown.steps[i]!.limits.flatMap(name => hang(' '.repeat(indent), indent + 2, wrapWords(limitText(name), theme.width - indent - 2)).map(line => theme.dim(line))),
  ])
}

/** What QEMU made of it, and beside it the model's where that differs, with its clause. */
function piecesOf(sight: ShownStep['sights'][number], theme: Theme): Piece[] {
  const text = sightText(sight)
  const same = sameAs(sight)
  const { deed } = sight
  const expected = deed.kind === 'dma' || deed.kind === 'message' ? deed.expected : null
  if (text === '') return []
  if (same === null || expected === null) return [{ text: `→ ${text}` }]
  if (same) return [{ text: `→ ${text}`, paint: theme.strong }, { text: '= model', paint: theme.good }]
  const clause = clauseOf(expected)
  return [{ text: `→ ${text}`, paint: theme.strong }, { text: `≠ model: ${outcomeText(expected)}`, paint: theme.warn }, ...clause === null ? [] : [{ text: clause, paint: theme.dim }]]
}

/** For the JSON document. */
export function qemuJson(shown: OnQemu, b: Bounds): object {
  const { requesters } = placementOf(b)
  return {
    version: shown.version, verdict: shown.verdict, step: shown.evidence === null ? null : shown.evidence + 1,
    limits: shown.limits.map(name => ({ name, ...limits[name], clauseSays: clauseSays(limits[name].clause) })),
    steps: shown.steps.map(({ sights, limits: met }) => ({
      limits: met,
      done: sights.map(sight => {
        const { deed } = sight
        return {
          kind: deed.kind, says: deedText(deed, requesters), qemu: sight.outcome, cached: sight.cached, note: sight.note,
          model: deed.kind === 'dma' || deed.kind === 'message' ? deed.expected : null, same: sameAs(sight),
        }
      }),
    })),
  }
}
const clauseSays = (id: string | null): string | null => id === null ? null : clauses[id]?.says ?? null
