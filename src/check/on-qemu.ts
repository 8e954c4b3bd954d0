/** `replay --on qemu`: the steps of a trace done to QEMU, and what it did as data. */
import { placementOf, vtdState } from '../../spec/vtd/index.ts'
import { clauses } from '../../spec/clauses.ts'
import { iommu, iommuOf } from '../../spec/iommus.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { usage } from '../errors.ts'
import { observationsIn } from '../model/index.ts'
import type { Op } from '../model/index.ts'
import { limits } from '../qemu/vtd/counterexample/limits.ts'
import type { LimitName } from '../qemu/vtd/counterexample/limits.ts'
import { sameAs, showOnQemu } from '../qemu/vtd/counterexample/run.ts'
import type { OnQemu, ShownStep } from '../qemu/vtd/counterexample/run.ts'
import { clauseOf, deedText, outcomeText, sightText } from '../qemu/vtd/counterexample/text.ts'
import type { QemuDone, QemuLimit, QemuReport, RemapReplayed } from '../report/replay.ts'
import type { Trace } from '../trace/format.ts'
import type { Bounds } from '../../spec/bounds.ts'

/** @throws UserError E-QEMU-IOMMU where QEMU is not driven with the IOMMU of the design. */
export function checkDriven(design: Design, path: string): void {
  const { title } = iommuOf(design)
  if (iommuOf(design) !== iommu)
    throw usage(path, `the trace is of ${title}, and QEMU is driven with ${iommu.title} only`,
      'leave --on qemu out', 'QEMU-IOMMU')
}

/** Takes the replayed steps on QEMU: the one named, else the one in PATH. `again` replays the trace with other ops.
 *  @throws UserError E-QEMU-…, as `withMachine`. */
export function onQemu(replayed: RemapReplayed, trace: Trace, b: Bounds, qemu: string | undefined,
  again: (trace: Trace) => RemapReplayed): Promise<OnQemu> {
  const { steps, at, loop, machine } = replayed
  const violates = (ops: readonly Op[]): boolean => again({ ...trace, ops }).reproduced
  const asIs = (i: number): Op => steps[i]!.op
  const last = at === null || at === 0 || loop !== null ? null : at - 1
  return showOnQemu({
    bounds: b, start: vtdState(machine.initialWorld.state), at: last, endless: loop !== null,
    steps: steps.map(({ op, before, after, events }) => ({ op, before: vtdState(before.state),
      after: vtdState(after.state), seen: observationsIn(events) })),
    arrivesEarly: issued => last !== null && violates([...steps.slice(0, issued + 1).map(({ op }) => op), asIs(last)]),
    asWrite: issued => last !== null && violates([
      ...steps.slice(0, issued).map(({ op }) => op), { ...asIs(issued), args: { ...asIs(issued).args, write: true } },
      ...steps.slice(issued + 1, last + 1).map(({ op }) => op)]),
  }, qemu ? { qemu } : {})
}

/** What QEMU did, as plain data. */
export function qemuReport(shown: OnQemu, b: Bounds): QemuReport {
  const { requesters } = placementOf(b)
  const limitOf = (name: LimitName): QemuLimit => ({ name, ...limits[name] })
  return {
    version: shown.version, verdict: shown.verdict, step: shown.evidence === null ? null : shown.evidence + 1,
    limits: shown.limits.map(name => ({ ...limitOf(name), clauseSays: clauseSays(limits[name].clause) })),
    steps: shown.steps.map(({ sights, limits: met }) => ({ limits: met.map(limitOf),
      done: sights.map(sight => doneOf(sight, requesters)) })),
  }
}
function doneOf(sight: ShownStep['sights'][number], requesters: readonly number[]): QemuDone {
  const { deed, outcome, cached, note } = sight
  const model = deed.kind === 'dma' || deed.kind === 'message' ? deed.expected : null
  return {
    kind: deed.kind, says: deedText(deed, requesters), qemu: outcome, cached, note, model, same: sameAs(sight),
    words: { qemu: sightText(sight), model: model === null ? null : outcomeText(model),
      clause: model === null ? null : clauseOf(model) },
  }
}
const clauseSays = (id: string | null): string | null => id === null ? null : clauses[id]?.says ?? null
