/** Takes the steps of a design out one at a time, on each hardware: which claim, or which witness, notices. */
import { exploreExhaustively } from '../explore/exhaustive.ts'
import { checkMachine } from '../explore/full.ts'
import type { Exploration } from '../explore/result.ts'
import { isProgress, ModelError } from '../model/index.ts'
import type { Cell, Flaw, ProtocolReport, Row } from '../report/ablation.ts'
import { propertiesFor } from '../../properties/index.ts'
import { capsOf, showBounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { onHardware } from '../../spec/variants.ts'
import type { Hardware } from '../../spec/variants.ts'
import { applied, editName, editsOf, isAsked, isCostOnly } from '../../spec/kernel/edits.ts'
import type { Edit } from '../../spec/kernel/edits.ts'
import { callOf, protocolOn, protocolsOf } from '../../spec/kernel/calls.ts'
import { stepLabels } from '../../spec/kernel/design.ts'
import type { Design, Step } from '../../spec/kernel/design.ts'
import { remapMachine } from '../../spec/machine.ts'
import type { RemapProperty } from '../../spec/machine.ts'
import { worlds } from '../../spec/scopes.ts'
import type { Scope } from '../../spec/scopes.ts'
import { whyBroken, whyOf } from './ablation-reasons.ts'
import { upToViolation } from './first-violation.ts'
import type { Explore } from './first-violation.ts'
import { hardwareSteps } from './hardware-visible-steps.ts'
import type { Watch } from './run-scopes.ts'
import type { Subject } from './subject.ts'

export interface AblationPlan {
  readonly subject: Subject
  readonly calls: readonly string[]
  readonly hardware: readonly Hardware[]
  /** Smallest first. */
  readonly scopes: readonly Scope[]
  /** Which edits to ask about; all where it does not say. */
  readonly asks?: (edit: Edit) => boolean
  /** Of one search. */
  readonly maxStates?: number | undefined
  /** For everything together. */
  readonly maxSeconds?: number | undefined
}

/** Whether the call is taken anywhere in a scope. */
export const occurs = (design: Design, call: string, { bounds: b, appliesTo }: Scope): boolean =>
  appliesTo(design) && (callOf(design, call).offered?.(b) ?? true) && (design.protocols[call] ?? []).length > 0

/** Scopes in the order of how many different steps can be taken in them. */
export const smallestFirst = (design: Design, scopes: readonly Scope[]): readonly Scope[] =>
  scopes.map(scope => ({ scope, size: remapMachine(design, scope.bounds).instances.length }))
    .toSorted((a, b) => a.size - b.size).map(({ scope }) => scope)

/** Calls in the order of the plan. Ends early when the signal is aborted or time is up: what was not searched is
 *  undecided. */
export async function ablate(plan: AblationPlan, watch: Pick<Watch, 'signal' | 'say'>): Promise<ProtocolReport[]> {
  const ablation = new Ablation(plan, watch)
  const reports: ProtocolReport[] = []
  for (const call of plan.calls) reports.push(await ablation.protocol(call))
  return reports
}

/** What the design itself does: an edit is judged by these. */
const heldBy = (properties: readonly RemapProperty[], { results }: Exploration): RemapProperty[] =>
  properties.filter((_, i) => ['holds', 'reached'].includes(results[i]!.outcome))
/** Where the design itself fails, nothing can be proved: no search goes further. */
const mostBesideFlaws = 64_000
/** Whether the searches of a scope, of the design and of its edit, leave a need possible. */
const isOpen = (right: Exploration, found: Exploration, flawed: boolean): boolean =>
  right.stopped !== null || !found.complete && !(flawed && found.stopped === 'states')
/** The verdict where no scope shows a need. */
function withoutNeed(asked: boolean, open: boolean, flawed: boolean): Cell['verdict'] {
  if (!asked) return 'nothing'
  if (open) return 'undecided'
  return flawed ? 'itself' : 'not-needed'
}

/** Where an edit was searched to the end. */
interface Place { readonly scope: Scope; readonly b: Bounds }

class Ablation {
  private readonly plan: AblationPlan
  private readonly watch: Pick<Watch, 'signal' | 'say'>
  private readonly end: number
  /** Searches by what is searched: the same machine under two names is one. */
  private readonly searches = new Map<string, Exploration | ModelError>()
  private readonly numbers = new Map<Step, number>()

  constructor(plan: AblationPlan, watch: Pick<Watch, 'signal' | 'say'>) {
    this.plan = plan
    this.watch = watch
    this.end = plan.maxSeconds === undefined ? Infinity : performance.now() + plan.maxSeconds * 1000
  }

  async protocol(call: string): Promise<ProtocolReport> {
    const { subject, scopes } = this.plan
    const { design } = subject
    const hardware = this.plan.hardware.filter(({ matters }) => matters(call, design))
    const here = scopes.filter(scope => occurs(design, call, scope))
    const variants = hardware.flatMap(one => here.map(scope => protocolOn(design, call, onHardware(scope.bounds, one))))
    const touching = await hardwareSteps(design, call, here)
    const flaws = new Map<string, Flaw>()
    const rows: Row[] = []
    const edits = editsOf(design, call, variants, step => touching.has(step))
    for (const edit of edits.filter(this.plan.asks ?? (() => true))) {
      const cells: Cell[] = []
      for (const one of hardware) cells.push(await this.cell(edit, one, here, flaws))
      rows.push({ edit: editName(edit).slice(call.length + 1), design: applied(design, edit).name,
        ...aboutOf(design, edit, here), cells })
    }
    return { call, hardware: hardware.map(({ name, says }) => ({ name, says })), rows, flaws: [...flaws.values()] }
  }

  /** The first scope that shows a need decides; only all of them together show that there is none. */
  private async cell(edit: Edit, hardware: Hardware, scopes: readonly Scope[],
    flaws: Map<string, Flaw>): Promise<Cell> {
    const { design } = this.plan.subject
    const less = applied(design, edit)
    const searched: string[] = [], whole: Place[] = []
    let states = 0, asked = 0, open = false, flawed = false
    for (const scope of scopes) {
      // Where the design itself fails there is nothing to prove: the small worlds may still show a need.
      if (flawed && !worlds.includes(scope)) continue
      const b = onHardware(scope.bounds, hardware)
      if (!isAsked(design, edit, protocolOn(design, edit.call, b))) continue
      asked++
      const right = await this.right(b, scope)
      const properties = right === null ? [] : heldBy(propertiesFor(design, b), right)
      flawed = right !== null && noteFlaws(design, right, hardware, b, flaws) || flawed
      const found = right === null ? null
        : await this.search(less, b, properties, scope, flawed ? mostBesideFlaws : Infinity)
      if (found instanceof ModelError)
        return { hardware: hardware.name, verdict: 'needed', why: whyBroken(this.plan.subject, less, scope, b, found),
          searched, states }
      if (right === null || found === null) { open = true; break }
      const why = whyOf(this.plan.subject, less, scope, b, right, found)
      if (why !== null) return { hardware: hardware.name, verdict: 'needed', why, searched: [...searched, scope.name],
        states: states + found.states }
      open ||= isOpen(right, found, flawed)
      states += found.states
      if (found.complete) { searched.push(scope.name); whole.push({ scope, b }) }
    }
    const verdict = withoutNeed(asked > 0, open, flawed)
    const last = verdict === 'undecided' ? { verdict, why: null }
      : await this.endless(less, hardware, whole, flawed, flaws) ?? { verdict, why: null }
    return { hardware: hardware.name, ...last, searched, states }
  }

  /** What claims about endless runs say of an edit that keeps all others: they take the graph of all states, and are
   *  asked last for that. Null where they say nothing else. */
  private async endless(less: Design, hardware: Hardware, places: readonly Place[], flawed: boolean,
    flaws: Map<string, Flaw>): Promise<Pick<Cell, 'verdict' | 'why'> | null> {
    const { subject, subject: { design } } = this.plan
    let isFlawed = false
    for (const { scope, b } of places) {
      const claims = propertiesFor(design, b).filter(isProgress)
      if (claims.length === 0) continue
      const right = await this.graph(design, b, claims, scope)
      if (right instanceof ModelError) throw right
      const held = right === null ? [] : heldBy(claims, right)
      isFlawed = right !== null && noteFlaws(design, right, hardware, b, flaws) || isFlawed
      if (right !== null && held.length === 0) continue
      const found = right === null ? null : await this.graph(less, b, held, scope)
      if (found instanceof ModelError)
        return { verdict: 'needed', why: whyBroken(subject, less, scope, b, found) }
      const why = right === null || found === null ? null : whyOf(subject, less, scope, b, right, found)
      if (why !== null) return { verdict: 'needed', why }
      if (right === null || found === null || isOpen(right, found, false)) return { verdict: 'undecided', why: null }
    }
    return isFlawed && !flawed ? { verdict: 'itself', why: null } : null
  }

  /** What the design does with all its steps. */
  private right(b: Bounds, scope: Scope): Promise<Exploration | null> {
    const { subject } = this.plan
    const properties = propertiesFor(subject.design, b)
    return this.known(subject.design, b, properties, async () => {
      const explore = this.explorer(subject.design, b, properties, scope)
      return explore === null ? null : explore(this.plan.maxStates ?? Infinity)
    }) as Promise<Exploration | null>
  }

  private graph(design: Design, b: Bounds, claims: readonly RemapProperty[],
    scope: Scope): Promise<Exploration | ModelError | null> {
    return this.known(design, b, claims, async () => {
      const explore = this.explorer(design, b, claims, scope, checkMachine)
      try { return explore === null ? null : await explore(this.plan.maxStates ?? Infinity) } catch (cause) {
        if (cause instanceof ModelError) return cause
        throw cause
      }
    })
  }

  /** What is left of it does: up to the first states that violate a claim, which come early where there are any. */
  private search(less: Design, b: Bounds, properties: readonly RemapProperty[], scope: Scope,
    most: number): Promise<Exploration | ModelError | null> {
    return this.known(less, b, properties, async () => {
      const explore = this.explorer(less, b, properties, scope)
      return explore === null ? null : upToViolation(Math.min(most, this.plan.maxStates ?? Infinity), explore)
    })
  }

  private async known(design: Design, b: Bounds, properties: readonly RemapProperty[],
    find: () => Promise<Exploration | ModelError | null>): Promise<Exploration | ModelError | null> {
    const key = `${this.keyOf(design, b)} ${properties.map(({ name }) => name).join()}`
    const before = this.searches.get(key)
    if (before !== undefined) return before
    const found = await find()
    // What time or Ctrl-C cut short says nothing of a later question.
    if (found !== null && (found instanceof ModelError || found.stopped !== 'time' && found.stopped !== 'interrupted'))
      this.searches.set(key, found)
    return found
  }

  /** Null when there is no time left to begin. */
  private explorer(design: Design, b: Bounds, properties: readonly RemapProperty[], scope: Scope,
    explore: typeof checkMachine = exploreExhaustively): Explore | null {
    const { watch, end } = this
    const left_s = (): number => (end - performance.now()) / 1000
    if (watch.signal.aborted || left_s() <= 0) return null
    watch.say(`${design.name} ${scope.name} ${showBounds(b)}`)
    return maxStates => explore(remapMachine(design, b, properties), {
      maxStates, maxSeconds: end === Infinity ? undefined : Math.max(0, left_s()), signal: watch.signal,
      onProgress: ({ states, rate }) => {
        watch.say(`${design.name} ${scope.name}: ${states.toLocaleString('en-US')} states, `
          + `${rate.toLocaleString('en-US')} steps/s`)
      },
    })
  }

  /** What makes the machine: the steps that are really taken, and the bounds. */
  private keyOf(design: Design, b: Bounds): string {
    const protocols = protocolsOf(design)
      .map(call => protocolOn(design, call, b).map(step => this.numberOf(step)).join('.'))
    return `${protocols.join(' ')} ${showBounds(b)}`
  }
  private numberOf(step: Step): number {
    const number = this.numbers.get(step) ?? this.numbers.size
    this.numbers.set(step, number)
    return number
  }
}

/** What the design itself does not keep here, and does not give up; whether there is such a thing. */
function noteFlaws({ givesUp }: Design, { results }: Exploration, { name: hardware }: Hardware, b: Bounds,
  flaws: Map<string, Flaw>): boolean {
  const violations = results.flatMap(({ violation }) =>
    violation === null || Object.hasOwn(givesUp, violation.property) ? [] : [violation])
  for (const { property, ops } of violations) {
    const before = flaws.get(`${hardware} ${property}`)
    if (before === undefined || ops.length < before.ops)
      flaws.set(`${hardware} ${property}`, { hardware, property, ops: ops.length, bounds: showBounds(b) })
  }
  return violations.length > 0
}

function aboutOf(design: Design, edit: Edit,
  scopes: readonly Scope[]): { readonly says: string; readonly costOnly: boolean } {
  const protocol = design.protocols[edit.call]!
  const labels = stepLabels(protocol)
  const steps = ('without' in edit ? edit.without : edit.swap).map(label => protocol[labels.indexOf(label)]!)
  const costOnly = 'without' in edit
    && scopes.every(({ bounds: b }) => steps.every(step => isCostOnly(step, { caps: capsOf(b), b })))
  return { says: steps.map(({ says }) => says).join('; '), costOnly }
}
