/** Userland drivers that reach their ports without the kernel: each has an I/O permission bitmap, which the CPU it runs
 *  on has loaded, as the TSS holds it (Intel SDM volume 1, I/O permission bit map; the I/O flexpages of L4, `ioperm` of
 *  Linux). A port that is taken away stays open wherever the old bitmap is loaded: each such CPU has to load the new
 *  one first. */
import { bool, optional, table } from '../../src/model/index.ts'
import type { Bounds } from '../bounds.ts'
import type { OwnCost, OwnScope, Sizes, Step, View } from '../step.ts'
import { design } from './design.ts'
import { call } from './entries.ts'
import {
  allocateFrame, claimDevice, enterKernel, freeFrame, grantPhysical, releaseDevice, returnToDriver,
} from './steps/index.ts'
import { shootdown } from './steps/shootdown.ts'
import { userPortIo } from './unprotected.ts'

interface Bitmaps {
  readonly state: {
    /** By device: in whose bitmap its ports are open. */
    open: (number | null)[]
    /** By CPU: the driver that runs there, and the devices whose ports its loaded bitmap opens. */
    running: (number | null)[]; loaded: boolean[][]
    asked: boolean[]
  }
  readonly registers: unknown
}
type PortStep = Step<unknown, Bitmaps>

const hasPorts = (b: Bounds): boolean => b.ports === 1
const state = ({ id, b }: Sizes) => hasPorts(b) ? {
  open: table([id.device], optional(id.domain)), running: table([id.cpu], optional(id.domain)),
  loaded: table([id.cpu, id.device], bool), asked: table([id.cpu], bool),
} : {}
/** Each CPU runs a driver, each driver has its device. */
function start({ own, b }: { readonly own: Bitmaps['state']; readonly b: Bounds }): void {
  if (!hasPorts(b)) return
  own.open = own.open.map((_, device) => device % b.domains)
  own.running = own.running.map((_, cpu) => cpu % b.domains)
  own.loaded = own.running.map(domain => own.open.map(of => of === domain))
}

/** The CPU has the bitmap of its driver in its TSS from here on. */
const reload = ({ s, cpu }: Pick<View<unknown, Bitmaps>, 's' | 'cpu'>): void => {
  s.own.loaded[cpu] = s.own.open.map(domain => domain !== null && domain === s.own.running[cpu])
}
const { askOthers, awaitOthers, entry, answer } = shootdown<Bitmaps>(hasPorts, reload)

const loadBitmap: PortStep = {
  name: 'loadBitmap', says: 'switch to the driver, and load its bitmap',
  then: k => {
    k.s.own.running[k.cpu] = k.call.domain
    reload(k)
  },
}
/** One instruction: the CPU looks into the bitmap that it has loaded, and at nothing else. */
const executeIn: PortStep = {
  name: 'executeIn', says: 'the driver executes IN; the CPU does it where its loaded bitmap has the port open',
  then: ({ s, cpu, call: of, emit, end }) => {
    if (s.own.loaded[cpu]![of.device!]!) {
      emit.cost('port-io')
      emit.observe({ what: 'port-accessed', domain: of.domain!, device: of.device! })
      end()
    }
  },
}
/** The port may have been opened after the bitmap was loaded. */
const handleFault: PortStep = {
  name: 'handleFault', says: 'take the general-protection fault: load the bitmap anew where the port is open by now',
  goesTo: ['executeIn'],
  then: k => {
    k.emit.cost('syscall')
    if (k.s.own.open[k.call.device!] === k.call.domain) {
      reload(k)
      k.go('executeIn')
    } else k.call.device = null
  },
}
const refusePort: PortStep = { name: 'refusePort', says: 'raise an exception in the driver', then: () => {} }
const openPorts: PortStep = {
  name: 'openPorts', says: 'open the ports of the device in the bitmap of its driver', skip: ({ b }) => !hasPorts(b),
  then: ({ s, call: of }) => { s.own.open[of.device!] = of.domain },
}
const closePorts: PortStep = {
  name: 'closePorts', says: 'close them in the bitmap of its driver, and load that anew here',
  skip: ({ b }) => !hasPorts(b),
  then: k => {
    k.s.own.open[k.call.device!] = null
    reload(k)
  },
}

const scope: OwnScope = {
  name: 'bitmaps', says: 'two drivers on two CPUs execute IN while two devices come and go',
  bounds: { cpus: 2, callers: 2, devices: 2, domains: 2, ports: 1, reassign: 1 },
}
const closing: OwnCost = {
  name: 'closing', bounds: { cpus: 2, callers: 2, ports: 1, reassign: 1 }, paths: ['detach', 'shootdown'],
  ops: [{ action: 'detach', args: { cpu: 0, device: 0 } }],
}
export const userPortBitmap = design<unknown, Bitmaps, 'switchDriver' | 'reloadBitmap'>('user-port-bitmap', {
  says: 'userland drivers, no IOMMU; the CPU checks their port accesses by a bitmap each (L4 I/O flexpages, Linux '
    + 'ioperm)',
  remapsDma: false, remapsInterrupts: false, userDrivers: true, givesUp: userPortIo.givesUp,
  state, start, scopes: ['mapping', 'hostile', scope], costs: [closing],
  calls: {
    portAccess: { rules: { driverRunsHere: k => k.s.own.running[k.cpu] === (k.args as { domain: number }).domain } },
    switchDriver: call<ReturnType<typeof domainOnly>, Bitmaps>({
      says: 'the scheduler puts another driver on the CPU', path: 'switch', offered: hasPorts, params: domainOnly,
      rules: { isAnother: ({ s, args, cpu }) => s.own.running[cpu] !== args.domain },
    }),
    reloadBitmap: entry,
  },
}, {
  map: [enterKernel, allocateFrame, grantPhysical, returnToDriver],
  unmap: [enterKernel, freeFrame, returnToDriver],
  attach: [claimDevice, openPorts],
  detach: [closePorts, askOthers, awaitOthers, releaseDevice],
  portAccess: [executeIn, handleFault, refusePort],
  switchDriver: [loadBitmap],
  reloadBitmap: [answer],
})
function domainOnly({ id }: Sizes) { return { domain: id.domain } }
