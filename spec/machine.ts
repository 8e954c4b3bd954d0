/** One machine: a kernel design on bounded hardware, with devices as adversaries and the ledger as judge. */
import { initial, machine } from '../src/model/index.ts'
import type { Action, Machine, Property } from '../src/model/index.ts'
import { interruptActions } from './apic/delivery.ts'
import { badBounds } from './bounds.ts'
import type { Bounds } from './bounds.ts'
import { clauses } from './clauses.ts'
import { units } from './costs/units.ts'
import { endpointActions } from './endpoint.ts'
import { kernelActions, protocolOn } from './kernel/calls.ts'
import type { Design } from './kernel/design.ts'
import { ledgerOf } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import type { Seen } from './observations.ts'
import { callNames, stateDomain } from './state.ts'
import type { State } from './state.ts'
import { vtdActions } from './vtd/bounded/actions.ts'
import { apicIdOf } from './vtd/bounded/tables.ts'

export type RemapMachine = Machine<State, Ledger, Seen>
export type RemapProperty = Property<State, Ledger, Seen>

/** @throws RangeError when the bounds make no sense together. */
export function remapMachine(design: Design, b: Bounds, properties: readonly RemapProperty[] = []): RemapMachine {
  const why = badBounds(b)
  if (why !== null) throw new RangeError(why)
  const longestProtocol = Math.max(1, ...callNames.map(name => protocolOn(design, name, b).length))
  const domain = stateDomain(b, { longestProtocol, interruptTables: design.interruptTables })
  const start = initial(domain)
  const seen: Seen[] = [...attachDevices(start, design, b), ...bindInterrupts(start, design, b)]
  return machine({
    name: design.name, domain, initial: start, ledger: ledgerOf(b, seen), properties, vocabulary: { units, clauses }, actions: actionsIn(design, b),
  })
}

/** What can happen: steps of the kernel, of hardware and of devices. */
export function actionsIn(design: Design, b: Bounds): readonly Action<State, Seen>[] {
  const steps = callNames.flatMap(name => protocolOn(design, name, b))
  const use = {
    dma: design.remapsDma, interrupts: design.remapsInterrupts,
    queue: steps.some(step => step.uses === 'queue'), registers: steps.some(step => step.uses === 'registers'),
  }
  return [
    ...kernelActions(design, b), ...vtdActions(b, use), ...endpointActions(b, use), ...interruptActions(b, { handlersNotify: design.userDrivers }),
  ]
}

/** Device i starts in domain i mod domains, with empty tables and cold caches. */
function attachDevices(s: State, design: Design, b: Bounds): Seen[] {
  s.unit.tes = design.remapsDma
  s.unit.memory.rootPresent = true
  return Array.from({ length: b.devices }, (_, device): Seen => {
    const domain = device % b.domains
    s.kernel.attached[device] = domain
    if (design.remapsDma) s.unit.memory.context[device]!.now = { domain, root: domain }
    return { what: 'attached', device, to: domain }
  })
}

/** Sources start spread over the CPUs that their messages can name, each with a vector of its own; source i belongs to device i mod devices. */
function bindInterrupts(s: State, design: Design, b: Bounds): Seen[] {
  s.unit.ires = design.remapsInterrupts
  s.unit.cfis = !design.blocksCompatibility
  s.unit.memory.wideDestinations = design.extendedInterrupts === 'always' || b.eim === 1
  s.unit.eime = s.unit.memory.wideDestinations && b.eim === 1
  const cpus = Array.from({ length: b.cpus }, (_, cpu) => cpu).filter(cpu => apicIdOf(cpu, b) <= 0xff || s.unit.ires && s.unit.eime)
  return Array.from({ length: b.sources }, (_, source): Seen => {
    const cpu = cpus[source % cpus.length]!, vector = Math.floor(source / cpus.length)
    s.kernel.vectors[cpu]![vector] = source
    if (design.remapsInterrupts)
      s.unit.memory.irt[0]![source]!.now = { cpu, vector, verify: design.verifiesSource ? source % b.devices : null }
    else Object.assign(s.sources[source]!, { cpu, vector })
    return { what: 'bound', cpu, vector, to: source }
  })
}
