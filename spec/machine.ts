/** One machine: a kernel design on bounded hardware, with devices as adversaries and the ledger as judge. */
import { initial, machine, refuseAnswer } from '../src/model/index.ts'
import type { Action, Machine } from '../src/model/index.ts'
import { interruptActions } from './apic/delivery.ts'
import { badBounds, badCapabilities } from './bounds.ts'
import type { Bounds } from './bounds.ts'
import type { RemapProperty } from './claim.ts'
import { clauses } from './clauses.ts'
import { units } from './costs/units.ts'
import { endpointActions } from './endpoint.ts'
import type { FirstPlaces, Iommu } from './iommu/iommu.ts'
import { iommuOf } from './iommus.ts'
import { firstCpuOf } from './kernel/steps/vcpus.ts'
import { kernelActions, protocolOn, protocolsOf, shapeOf } from './kernel/calls.ts'
import { observationsOf } from './kernel/declared.ts'
import type { Design } from './kernel/design.ts'
import { cpuActions } from './kernel/hardware.ts'
import { ledgerOf } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import { observationFields } from './observations.ts'
import type { MachineObservation } from './observations.ts'
import { setupOf } from './setup.ts'
import type { Setup } from './setup.ts'
import { stateDomain } from './state.ts'
import type { State } from './state.ts'

export type RemapMachine = Machine<State, Ledger, MachineObservation>
export type { RemapProperty } from './claim.ts'

/** `design` takes steps on the IOMMU, or on none. @throws RangeError when the bounds make no sense together, or not on
 *  this IOMMU. */
export function remapMachine(design: Design, b: Bounds, properties: readonly RemapProperty[] = [],
  iommu: Iommu = iommuOf(design)): RemapMachine {
  const why = badBounds(b) ?? badFor(design, b, iommu)
  if (why !== null) throw new RangeError(why)
  const setup = setupIn(design, b)
  const domain = stateDomain(b, setup.caps, setup.kernel, iommu.domain(setup))
  const start = initial(domain) as State, first = firstPlaces(setup, iommu)
  const seen = place(start, setup, first)
  iommu.start(start, setup, first)
  refuseAnswer(design.start?.({ own: (start as { own?: unknown }).own as never, b }))
  return machine<State, Ledger, MachineObservation>({
    name: design.name, domain, initial: start, properties,
    ledger: ledgerOf(b, seen, { calls: setup.kernel.calls, bounces: design.bounces }),
    vocabulary: { units, clauses, observations: { ...observationFields(setup),
      ...observationsOf(design, { id: setup.ids, b }) } },
    actions: actionsOn(design, setup, iommu),
  })
}

/** Why the design makes no sense at these bounds, or not on this IOMMU; null where it does. */
export const badFor = (design: Design, b: Bounds, iommu: Iommu = iommuOf(design)): string | null =>
  badCapabilities(b, iommu) ?? (design.postsInterrupts && b.sources > 0 ? badPosting(design, b, iommu) : null)
function badPosting({ name, remapsInterrupts }: Design, b: Bounds, { title, posting }: Iommu): string | null {
  if (posting === null) return `${name} posts its interrupts, and this model of ${title} posts none`
  if (!remapsInterrupts) return `${name} posts its interrupts, and does not remap them`
  return b.vectors < 2 ? `vectors=${b.vectors}: ${name} needs two vectors, for the notifications of what is posted`
    : null
}

function setupIn(design: Design, b: Bounds): Setup {
  const steps = protocolsOf(design).flatMap(name => protocolOn(design, name, b))
  const tags = new Set(steps.flatMap(({ uses }) => uses === undefined ? [] : [uses]))
  return setupOf(design, b, shapeOf(design, b), tags)
}

/** What can happen: steps of the kernel, of hardware and of devices. */
export const actionsIn = (design: Design, b: Bounds): readonly Action<State, MachineObservation>[] =>
  actionsOn(design, setupIn(design, b), iommuOf(design))
const actionsOn = (design: Design, setup: Setup, iommu: Iommu): readonly Action<State, MachineObservation>[] =>
  [...kernelActions(design, setup, iommu), ...cpuActions(design, setup, iommu), ...iommu.actions(setup),
    ...endpointActions(setup, iommu), ...interruptActions(setup, iommu)]

/** Device i starts in domain i mod domains. Sources start spread over the CPUs that their messages can name, each with
 *  a vector of its own; source i belongs to device i mod devices. */
function firstPlaces(setup: Setup, iommu: Iommu): FirstPlaces {
  const { bounds: b } = setup
  const cpus = Array.from({ length: b.cpus }, (_, cpu) => cpu).filter(cpu => iommu.canStartAt(cpu, setup))
  return {
    domains: Array.from({ length: b.devices }, (_, device) => device % b.domains),
    sources: Array.from({ length: b.sources },
      (_, source) => ({ cpu: cpus[source % cpus.length]!, vector: Math.floor(source / cpus.length) })),
    vcpus: Array.from({ length: b.sources }, (_, vcpu) => firstCpuOf(vcpu, b)),
  }
}

/** What the kernel knows of them, and the judge. */
function place(s: State, { design }: Setup, { domains, sources }: FirstPlaces): MachineObservation[] {
  return [
    ...domains.map((domain, device): MachineObservation => {
      s.kernel.attached[device] = domain
      return { what: 'attached', device, to: domain }
    }),
    ...sources.map(({ cpu, vector }, source): MachineObservation => {
      s.kernel.vectors[cpu]![vector] = source
      if (!design.remapsInterrupts) Object.assign(s.sources[source]!, { cpu, vector })
      return { what: 'bound', cpu, vector, to: source }
    }),
  ]
}
