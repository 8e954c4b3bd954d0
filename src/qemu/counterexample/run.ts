/** A counterexample on QEMU: each step lowered and done, and whether QEMU shows the violation too. A `Side` has what is
 *  of one IOMMU. */
import type { Bounds } from '../../../spec/bounds.ts'
import { inputOf } from '../../../spec/iommu/paging.ts'
import type { State } from '../../../spec/state.ts'
import type { Version } from '../find.ts'
import { versionText } from '../find.ts'
import type { MachineOptions } from '../options.ts'
import type { AnyDeed, DmaDeed, HostResult, Limit, Lowered, ModelStep, Outcome } from './deeds.ts'

export interface Counterexample {
  readonly bounds: Bounds
  readonly start: State
  readonly steps: readonly ModelStep[]
  /** Index of the step that violates; null where none does: the initial state, an endless run. */
  readonly at: number | null
  readonly endless: boolean
  /** Whether the property is violated too if what step `issued` sent arrives at once, the steps between left out. */
  readonly arrivesEarly: (issued: number) => boolean
  /** Whether the property is violated too if the read of step `issued` is a write. */
  readonly asWrite: (issued: number) => boolean
}

/** A machine set up as the initial state has it. */
export interface Driver<D extends AnyDeed> {
  /** Addresses. */
  readonly frames: readonly number[]
  lower(step: ModelStep): Lowered<D>
  do(deed: D | DmaDeed): Promise<HostResult>
  /** What each read got, to be asked when all is done. */
  seen(): Promise<(result: HostResult) => HostResult>
}
export type RunOptions = Pick<MachineOptions, 'qemu' | 'env'>
/** What drives QEMU with one IOMMU. */
export interface Side {
  readonly iommu: string
  readonly limits: Readonly<Record<string, Limit>>
  /** Source ids of the devices. */
  requesters(b: Bounds): readonly number[]
  deedText(deed: AnyDeed, requesters: readonly number[]): string
  faultText(reason: number): string
  /** Opens a machine for a counterexample, which is gone afterwards. */
  drive<T>(example: Counterexample, options: RunOptions,
    use: <D extends AnyDeed>(driver: Driver<D>, version: Version) => Promise<T>): Promise<T>
}

export interface ShownStep { readonly sights: readonly HostResult[]; readonly limits: readonly string[] }
/** `shown`: QEMU does what the model says at the violating step. `cannot`: it does not, or there is nothing to see, and
 *  `limits` say why. `differs`: it does not, and nothing explains it. */
export interface OnQemu {
  readonly version: string
  readonly verdict: 'shown' | 'cannot' | 'differs'
  readonly limits: readonly string[]
  readonly steps: readonly ShownStep[]
  /** Step of the request or message that shows it, or does not; null where there is none. */
  readonly evidence: number | null
}

export function showOnQemu(side: Side, example: Counterexample, options: RunOptions = {}): Promise<OnQemu> {
  const { bounds: b, steps } = example
  const also = alsoWritten(example)
  return side.drive(example, options, async (driver, version) => {
    const done: { readonly sights: HostResult[]; readonly limits: readonly string[] }[] = []
    for (const [i, step] of steps.entries()) {
      const { deeds, limits } = driver.lower(step)
      const sights: HostResult[] = []
      for (const deed of deeds) sights.push(await driver.do(deed))
      if (i === also && !sights.some(isRefused)) sights.push(await driver.do(writeOf(step, b, driver.frames)))
      done.push({ sights, limits })
    }
    const seen = await driver.seen()
    return { version: versionText(version),
      ...judge(example, done.map(({ sights, limits }) => ({ sights: sights.map(seen), limits }))) }
  })
}

/** The step whose request is sent a second time, as a write: where a read violates, and a write would. */
function alsoWritten(example: Counterexample): number | null {
  const issued = evidenceOf(example)
  if (issued === null) return null
  const flight = requestIn(example.steps[issued]!)
  return flight !== null && !flight.write && example.asWrite(issued) ? issued : null
}
/** What a read got is not known yet, but a fault is. */
const isRefused = ({ outcome }: HostResult): boolean => outcome?.kind === 'blocked' && outcome.reason !== null
const requestIn = ({ before, after }: ModelStep) =>
  after.inFlight.find((flight, device) => flight !== null && before.inFlight[device] === null) ?? null
function writeOf(step: ModelStep, b: Bounds, frames: readonly number[]): DmaDeed {
  const device = step.after.inFlight.findIndex((flight, i) => flight !== null && step.before.inFlight[i] === null)
  const { iova, frame } = step.after.inFlight[device]!
  return { kind: 'dma', device, write: true, address: iova === null ? frames[frame]! : inputOf(iova, b), why: 'also',
    expected: { kind: 'landed', frame } }
}

/** The step in which that happened which the property is about: of what lands, where it was translated. */
function evidenceOf({ steps, at }: Counterexample): number | null {
  const step = at === null ? undefined : steps[at]
  if (at === null || step === undefined) return null
  const landed = step.seen.find(one => one.what === 'landed')
  if (landed !== undefined) {
    const issued = steps.findLastIndex(({ before, after }, i) =>
      i < at && before.inFlight[landed.device] === null && after.inFlight[landed.device] !== null)
    return issued < 0 ? null : issued
  }
  if (step.seen.some(one => one.what === 'accepted' || one.what === 'rejected')) {
    const sent = steps.findLastIndex(({ before, after }, i) =>
      i <= at && after.sources.some((one, k) =>
        one.message?.format === 'remapped' && before.sources[k]!.message?.format !== 'remapped'))
    return step.op.action === 'lapic.accept' ? sent : at
  }
  return step.seen.some(one => one.what === 'blocked' || one.what === 'table-read') ? at : null
}

export const agrees = (ours: Outcome, theirs: Outcome): boolean => {
  switch (ours.kind) {
    case 'landed': return theirs.kind === 'landed' && theirs.frame === ours.frame
    case 'accepted': return theirs.kind === 'accepted' && theirs.cpu === ours.cpu && theirs.vector === ours.vector
    // A reason that was not recorded says nothing against the model's.
    case 'blocked': case 'rejected':
      return theirs.kind === ours.kind
        && (theirs.reason === null || ours.reason === null || theirs.reason === ours.reason)
  }
}
/** Whether QEMU did what the model says; null where there is nothing to compare. */
export function sameAs({ deed, outcome }: HostResult): boolean | null {
  if (deed.kind !== 'dma' && deed.kind !== 'message' || deed.expected === null) return null
  return outcome !== null && agrees(deed.expected, outcome)
}

function judge(example: Counterexample, steps: readonly ShownStep[]): Omit<OnQemu, 'version'> {
  const evidence = evidenceOf(example)
  const told = { steps, evidence }
  if (example.endless) return { verdict: 'cannot', limits: ['runs-no-code', 'never-ends'], ...told }
  const { at } = example
  const before = steps.slice(0, (evidence ?? at ?? steps.length) + 1)
  const met = [...new Set(before.flatMap(({ limits }) => limits))]
  const compared = evidence === null ? []
    : steps[evidence]!.sights.filter(({ deed }) => deed.kind !== 'dma' || deed.why !== 'also').map(sameAs)
      .filter(same => same !== null)
  if (evidence === null || at === null || compared.length === 0 || compared.includes(false)) {
    const strange = before.some(({ sights }) => sights.some(sight => sameAs(sight) === false))
    const limits: readonly string[] = strange || evidence !== null ? met : ['runs-no-code']
    return { verdict: limits.length > 0 ? 'cannot' : 'differs', limits, ...told }
  }
  // That a table was read is seen from what the walk gave, if the walk was of tables alone.
  if (example.steps[at]!.seen.some(one => one.what === 'table-read') && met.includes('no-paging-structure-cache'))
    return { verdict: 'cannot', limits: ['no-paging-structure-cache'], ...told }
  if (evidence === at || evidence === at - 1 || example.arrivesEarly(evidence))
    return { verdict: 'shown', limits: [], ...told }
  return { verdict: 'cannot',
    limits: [example.steps[at]!.op.action === 'lapic.accept' ? 'accepts-at-once' : 'lands-at-once'], ...told }
}
