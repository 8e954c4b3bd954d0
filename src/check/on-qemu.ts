/** `replay --on qemu`: the steps of a trace done to QEMU, and what it did as data. */
import type { Bounds } from '../../spec/bounds.ts'
import { clauses } from '../../spec/clauses.ts'
import { iommuOf } from '../../spec/iommus.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { observationsIn } from '../model/index.ts'
import type { Op } from '../model/index.ts'
import type { Outcome } from '../qemu/counterexample/deeds.ts'
import { sameAs, showOnQemu } from '../qemu/counterexample/run.ts'
import type { OnQemu, ShownStep, Side } from '../qemu/counterexample/run.ts'
import { outcomeText, sightText } from '../qemu/counterexample/text.ts'
import { sides } from '../qemu/counterexamples.ts'
import type { QemuDone, QemuLimit, QemuReport, RemapReplayed } from '../report/replay.ts'
import type { Trace } from '../trace/format.ts'

/** What drives QEMU with the IOMMU of a design. */
export const sideOf = (design: Design): Side => sides.find(({ iommu }) => iommu === iommuOf(design).name)!

/** Takes the replayed steps on QEMU: the one named, else the one in PATH. `again` replays the trace with other ops.
 *  @throws UserError E-QEMU-…, as `withMachine`. */
export function onQemu(side: Side, replayed: RemapReplayed, trace: Trace, b: Bounds, qemu: string | undefined,
  again: (trace: Trace) => RemapReplayed): Promise<OnQemu> {
  const { steps, at, loop, machine } = replayed
  const violates = (ops: readonly Op[]): boolean => again({ ...trace, ops }).reproduced
  const asIs = (i: number): Op => steps[i]!.op
  const last = at === null || at === 0 || loop !== null ? null : at - 1
  return showOnQemu(side, {
    bounds: b, start: machine.initialWorld.state, at: last, endless: loop !== null,
    steps: steps.map(({ op, before, after, events }) => ({ op, before: before.state, after: after.state,
      seen: observationsIn(events) })),
    arrivesEarly: issued => last !== null && violates([...steps.slice(0, issued + 1).map(({ op }) => op), asIs(last)]),
    asWrite: issued => last !== null && violates([
      ...steps.slice(0, issued).map(({ op }) => op), { ...asIs(issued), args: { ...asIs(issued).args, write: true } },
      ...steps.slice(issued + 1, last + 1).map(({ op }) => op)]),
  }, qemu ? { qemu } : {})
}

/** What QEMU did, as plain data. */
export function qemuReport(side: Side, shown: OnQemu, b: Bounds, design: Design): QemuReport {
  const limitOf = (name: string): QemuLimit => ({ name, ...side.limits[name]! })
  const on: On = { side, requesters: side.requesters(b), refusals: iommuOf(design).refusals }
  return {
    version: shown.version, verdict: shown.verdict, step: shown.evidence === null ? null : shown.evidence + 1,
    limits: shown.limits.map(name => ({ ...limitOf(name), clauseSays: clauseSays(side.limits[name]!.clause) })),
    steps: shown.steps.map(({ sights, limits: met }) => ({ limits: met.map(limitOf),
      done: sights.map(sight => doneOf(sight, on)) })),
  }
}
interface On {
  readonly side: Side; readonly requesters: readonly number[]; readonly refusals: Readonly<Record<number, string>>
}
function doneOf(sight: ShownStep['sights'][number], { side: { deedText, faultText }, requesters, refusals }: On):
QemuDone {
  const { deed, outcome, cached, note } = sight
  const model = deed.kind === 'dma' || deed.kind === 'message' ? deed.expected : null
  const reason = model === null ? null : reasonOf(model)
  return {
    kind: deed.kind, says: deedText(deed, requesters), qemu: outcome, cached, note, model, same: sameAs(sight),
    words: { qemu: sightText(sight, faultText), model: model === null ? null : outcomeText(model, faultText),
      clause: reason === null ? null : refusals[reason] ?? null },
  }
}
const reasonOf = (expected: Outcome): number | null =>
  expected.kind === 'blocked' || expected.kind === 'rejected' ? expected.reason : null
const clauseSays = (id: string | null): string | null => id === null ? null : clauses[id]?.says ?? null
