/** The Io server of L4Re (TU Dresden, "Io, the I/O server"): it owns the devices and shows each client a virtual bus of
 *  its own. By that bus the client gets the memory and ports of its devices, their interrupts, and one DMA space that
 *  all devices of the bus share. Io takes all of it back when the client dies. A device of bus i is one whose number
 *  is i modulo the number of clients. */
import { bool, table } from '../../src/model/index.ts'
import type { DeepReadonly } from '../../src/model/index.ts'
import type { Bounds } from '../bounds.ts'
import type { Vocabulary } from '../iommu/vocabulary.ts'
import type { State } from '../state.ts'
import type { Entry, Own, OwnCost, OwnScope, Sizes, Step, View } from '../step.ts'
import { design } from './design.ts'
import type { Design } from './design.ts'
import { driverServerOn } from './driver-server.ts'
import { call } from './entries.ts'
import { clearAllPtes, findHandler, receiveRequest, reclaimFrames, replyToDriver, sendEoi } from './steps/index.ts'
import { shootdown } from './steps/shootdown.ts'

interface Buses extends Own {
  readonly state: {
    /** By device: its memory, or its ports, are in the address space of its client. */
    memory: boolean[]; ports: boolean[]
    /** By CPU and device: the TLB holds the memory, the loaded I/O permission bitmap the ports. */
    tlb: boolean[][]; bitmap: boolean[][]
    /** By source: its interrupts go to its client; else Io serves them itself. */
    hasClient: boolean[]
    asked: boolean[]
  }
}
type BusStep = Step<unknown, Buses>
type BusView = Pick<View<unknown, Buses>, 's' | 'b'>
type Of<A> = Entry<unknown, Buses, A>

const hasWindows = (b: Bounds): boolean => b.ports === 1
const comesAndGoes = (b: Bounds): boolean => b.reassign === 1
const busOf = (device: number, b: Bounds): number => device % b.domains
const clientOf = (source: number, b: Bounds): number => busOf(source % b.devices, b)
const devicesOf = ({ s, b }: BusView, client: number): number[] =>
  s.kernel.attached.flatMap((_, device) => busOf(device, b) === client ? [device] : [])
const sourcesOf = ({ s, b }: BusView, client: number): number[] =>
  s.sources.flatMap((_, source) => clientOf(source, b) === client ? [source] : [])

const state = ({ id, b }: Sizes) => ({
  hasClient: table([id.source], bool),
  ...hasWindows(b) ? {
    memory: table([id.device], bool), ports: table([id.device], bool), tlb: table([id.cpu, id.device], bool),
    bitmap: table([id.cpu, id.device], bool), asked: table([id.cpu], bool),
  } : {},
})
/** Each client is there, with its interrupts. */
function start({ own }: { readonly own: Buses['state'] }): void { own.hasClient.fill(true) }

/** INVLPG, and the bitmap loaded anew. */
const forgetWindows = ({ s, cpu }: Pick<View<unknown, Buses>, 's' | 'cpu'>): void => {
  s.own.tlb[cpu]!.fill(false)
  s.own.bitmap[cpu]!.fill(false)
}
const { askOthers, awaitOthers, entry: shootdownEntry, answer } = shootdown<Buses>(hasWindows, forgetWindows)

const grantWindow: BusStep = {
  name: 'grantWindow', says: 'map the memory of the device into the client, or open its ports to it',
  then: ({ s, call: of, emit }) => {
    s.own[of.write ? 'ports' : 'memory'][of.device!] = true
    emit.cost('pte-store')
  },
}
/** One instruction: the CPU looks into its TLB and, where that misses, into the page table; for a port into the bitmap
 *  that it has loaded. */
const useWindow: BusStep = {
  name: 'useWindow', says: 'the client loads from the memory of the device, or executes IN',
  then: ({ s, b, cpu, call: of, emit }) => {
    const device = of.device!, domain = busOf(device, b)
    s.own[of.write ? 'bitmap' : 'tlb'][cpu]![device] = true
    emit.cost(of.write ? 'port-io' : 'mmio-read')
    emit.observe({ what: of.write ? 'port-accessed' : 'device-accessed', domain, device })
  },
}

const closeClient: BusStep = {
  name: 'closeClient', says: 'refuse the client any further request',
  then: ({ s, call: of }) => { s.kernel.closed[of.domain!] = true },
}
const awaitClient: BusStep = {
  name: 'awaitClient', says: 'wait for the requests that Io is in for the client; what is mapped then ends',
  when: ({ s, call: of, cpu }) =>
    s.kernel.calls.every((other, at) => other === null || at === cpu || other.domain !== of.domain),
  then: ({ s, call: of }) => {
    for (const mapping of s.kernel.mappings[of.domain!]!) if (mapping !== null) mapping.phase = 'unmapping'
  },
}
const unbindInterrupts: BusStep = {
  name: 'unbindInterrupts', says: 'take the interrupts of the bus from the client: Io serves what comes from now on',
  skip: ({ b }) => b.sources === 0,
  then: k => {
    for (const source of sourcesOf(k, k.call.domain!)) {
      k.s.own.hasClient[source] = false
      k.emit.cost('syscall')
    }
  },
}
const awaitHandlers: BusStep = {
  name: 'awaitHandlers', says: 'wait until no handler runs that has looked the client up',
  skip: ({ b }) => b.sources === 0,
  when: k => k.s.kernel.handlers!.every(one => one === null || one.source === null
    || clientOf(one.source, k.b) !== k.call.domain),
  then: ({ emit }) => { emit.cost('ipi') },
}
const dropMessages: BusStep = {
  name: 'dropMessages', says: 'drop the interrupt messages that the client has not received',
  skip: ({ b }) => b.sources === 0,
  then: k => {
    for (const source of sourcesOf(k, k.call.domain!)) {
      if (!k.s.kernel.notifications[source]) continue
      k.s.kernel.notifications[source] = false
      k.emit.observe({ what: 'withdrawn', source })
    }
  },
}
const takeWindows = (kind: 'memory' | 'ports', name: string, says: string): BusStep => ({
  name, says, skip: ({ b }) => !hasWindows(b),
  then: k => {
    for (const device of devicesOf(k, k.call.domain!)) {
      if (k.s.own[kind][device]) k.emit.cost('pte-clear')
      k.s.own[kind][device] = false
    }
    forgetWindows(k)
  },
})
const takeMemory = takeWindows('memory', 'takeMemory', 'unmap the memory of its devices from the client')
const takePorts = takeWindows('ports', 'takePorts', 'close the ports of its devices to it')

const isNext = ({ s, b, call: of }: View<unknown, Buses>, client: number | null) => (device: number): boolean =>
  busOf(device, b) === of.domain && s.kernel.attached[device] === client && device > (of.device ?? -1)
const next = (k: View<unknown, Buses>, client: number | null): number =>
  k.s.kernel.attached.findIndex((_, device) => isNext(k, client)(device))
const pickDevice: BusStep = {
  name: 'pickDevice', says: 'turn to the next device of the bus',
  then: k => {
    const device = next(k, k.call.domain)
    // Another revocation has taken the bus already: only where the client was not closed to it.
    if (device < 0) k.end()
    else k.call.device = device
  },
}
const nextDevice: BusStep = {
  name: 'nextDevice', says: 'go back while the bus has another one', goesTo: ['pickDevice'],
  then: k => { if (next(k, k.call.domain) >= 0) k.go('pickDevice') },
}
const releaseBus: BusStep = {
  name: 'releaseBus', says: 'record that no client has the bus: the client is gone',
  then: k => {
    for (const device of devicesOf(k, k.call.domain!)) {
      k.s.kernel.attached[device] = null
      k.emit.observe({ what: 'attached', device, to: null })
    }
  },
}

const joinDevice: BusStep = {
  name: 'joinDevice', says: 'record the next device of the bus as the client\'s, in its DMA space',
  then: k => {
    const device = next(k, null)
    Object.assign(k.call, { device })
    k.s.kernel.attached[device] = k.call.domain
    k.emit.observe({ what: 'attached', device, to: k.call.domain })
  },
}
const joinNext: BusStep = {
  name: 'joinNext', says: 'go back while the bus has another one', goesTo: ['joinDevice'],
  then: k => { if (next(k, null) >= 0) k.go('joinDevice') },
}
const openClient: BusStep = {
  name: 'openClient', says: 'bind its interrupts to the client, and serve its requests',
  then: k => {
    for (const source of sourcesOf(k, k.call.domain!)) {
      k.s.own.hasClient[source] = true
      k.emit.cost('syscall')
    }
    k.s.kernel.closed[k.call.domain!] = false
  },
}

const findClient: BusStep = {
  name: 'findClient', says: 'look up the client that the interrupt is bound to',
  then: ({ s, b, call: of }) => {
    if (of.source !== null && s.own.hasClient[of.source]) of.domain = clientOf(of.source, b)
  },
}
const notifyClient: BusStep = {
  name: 'notifyClient', says: 'send the client a message; without a client Io serves the device',
  then: ({ s, call: of, emit }) => {
    const notifies = of.domain !== null
    if (notifies) s.kernel.notifications[of.source!] = true
    else if (of.source !== null) emit.cost('handler')
    emit.observe({ what: 'handled', ...of.from!, by: of.source, notifies })
    if (notifies) emit.observe({ what: 'sent', source: of.source!, to: of.domain! })
  },
}

/** Whether the client that has the device of a source is served, and Io keeps its interrupts to itself. */
export function isKeptFromClient(state: DeepReadonly<State>, source: number): boolean {
  if (!hasBuses(state)) return false
  const { attached, closed } = state.kernel, client = attached[source % attached.length]!
  return client !== null && !closed[client] && !state.own.hasClient[source]
}
type WithBuses = DeepReadonly<State> & { readonly own: DeepReadonly<Buses['state']> }
const hasBuses = (state: DeepReadonly<State>): state is WithBuses =>
  'own' in state && 'hasClient' in (state.own as object)

const clientOnly = ({ id }: Sizes) => ({ domain: id.domain })
/** `write`: the ports of the device, else its memory. */
const window = ({ id }: Sizes) => ({ device: id.device, write: bool })
type Window = ReturnType<typeof window>
const isOpen = ({ s, b, args }: Of<{ readonly device: number }>): boolean => !s.kernel.closed[busOf(args.device, b)]!
const calls = {
  request: call<Window, Buses>({
    says: 'a client asks for the memory or the ports of a device of its bus', offered: hasWindows, params: window,
    rules: { clientIsServed: isOpen }, registers: ({ args, b }) => ({ domain: busOf(args.device, b) }),
  }),
  reach: call<Window, Buses>({
    says: 'a client reaches a device by its memory or its ports', offered: hasWindows, params: window,
    rules: {
      cpuLetsIt: ({ s, cpu, args }) => s.own[args.write ? 'ports' : 'memory'][args.device]!
        || s.own[args.write ? 'bitmap' : 'tlb'][cpu]![args.device]!,
    },
  }),
  flushWindows: shootdownEntry,
  connect: call<ReturnType<typeof clientOnly>, Buses>({
    says: 'give a new client its bus', offered: comesAndGoes, params: clientOnly,
    rules: {
      isGone: k => k.s.kernel.closed[k.args.domain]! && devicesOf(k, k.args.domain).length > 0,
      isAtRest: ({ s, args }) => s.kernel.calls.every(one => one?.domain !== args.domain),
    },
  }),
  revoke: call<ReturnType<typeof clientOnly>, Buses>({
    says: 'take the bus from a client that has died', offered: comesAndGoes, params: clientOnly,
    rules: { isServed: k => !k.s.kernel.closed[k.args.domain]! && devicesOf(k, k.args.domain).length > 0 },
  }),
}

const scopes: readonly OwnScope[] = [
  { name: 'bus-memory', says: 'two devices of one bus share its DMA space; the client dies while a call maps for it',
    bounds: { cpus: 2, callers: 2, devices: 2, frames: 1, iovas: 1, reassign: 1 } },
  { name: 'two-buses', says: 'two clients with a device each, and one frame that goes from the dead one to the other',
    bounds: { devices: 2, domains: 2, frames: 1, iovas: 1, reassign: 1 } },
  { name: 'bus-pages', says: 'a client with two pages in its DMA space dies, and the next one comes',
    bounds: { frames: 2, iovas: 2, reassign: 1 } },
  { name: 'bus-windows', says: 'a client reaches two devices by their memory and ports on two CPUs, and dies',
    bounds: { cpus: 2, callers: 2, devices: 2, reassign: 1, ports: 1 } },
  { name: 'bus-interrupts', says: 'a client dies on one CPU while its interrupts arrive on another',
    bounds: { cpus: 2, callers: 2, sources: 1, vectors: 1, reassign: 1 } },
  { name: 'two-clients', says: 'two clients with a device each, and the interrupts of both',
    bounds: { devices: 2, domains: 2, sources: 2, vectors: 2 } },
  { name: 'whole-bus', says: 'one device with all that it has: DMA, interrupt, memory and ports',
    bounds: { cpus: 1, frames: 1, iovas: 1, sources: 1, vectors: 1, reassign: 1, ports: 1 } },
]
const page = { cpu: 0, domain: 0, iova: 0 }, memoryOf = { cpu: 0, device: 0, write: false }
const costs: readonly OwnCost[] = [{
  name: 'bus', bounds: { cpus: 2, callers: 2, frames: 1, iovas: 1, ports: 1, reassign: 1 },
  paths: ['request', 'reach', 'revoke', 'shootdown', 'connect'],
  ops: [
    { action: 'map', args: { ...page, frame: 0, write: true } }, { action: 'request', args: memoryOf },
    { action: 'reach', args: memoryOf }, { action: 'revoke', args: { cpu: 0, domain: 0 } },
    { action: 'connect', args: { cpu: 0, domain: 0 } },
  ],
}]
export const l4reIoOn = <U>(v: Vocabulary<U>): Design<U> => {
  const { map, unmap } = driverServerOn(v).protocols
  return design<unknown, Buses, keyof typeof calls>('l4re-io', {
    says: 'clients reach devices by virtual buses: memory, ports, interrupts, one DMA space each, all revocable (Io)',
    remapsDma: true, remapsInterrupts: true, userDrivers: true, scopes: ['old-hardware', ...scopes],
    state, start, calls, costs,
  }, {
    map, unmap, request: [receiveRequest, grantWindow, replyToDriver], reach: [useWindow], flushWindows: [answer],
    connect: [joinDevice, v.storeDevice, v.writeBackDevice, v.flushStores, v.invalidateAbsentDevice,
      v.invalidateAbsentDomain, v.awaitAbsentDevice, joinNext, openClient],
    revoke: [closeClient, awaitClient, takeMemory, takePorts, askOthers, awaitOthers,
      pickDevice, v.clearDevice, v.writeBackDevice, v.invalidateDevice, nextDevice, v.invalidateDomain,
      v.awaitInvalidation, clearAllPtes, v.flushStores, reclaimFrames,
      unbindInterrupts, awaitHandlers, dropMessages, releaseBus],
    handleInterrupt: [findHandler, findClient, notifyClient, sendEoi],
  } as never) as Design<U>
}
