/** Darbat: Apple's IOKit as threads above L4 (NICTA ERTOS). Each driver thread is a kernel thread, in one address space
 *  and one I/O domain that all drivers share, and they synchronize by futexes. The handler of an interrupt sets the
 *  word of the driver and wakes it. The driver goes to sleep only while the word is clear: the kernel looks at it again
 *  under the lock of the futex. */
import { bool, table } from '../../src/model/index.ts'
import type { Vocabulary } from '../iommu/vocabulary.ts'
import type { Own, OwnScope, Sizes, Step } from '../step.ts'
import { design } from './design.ts'
import type { Design } from './design.ts'
import { call } from './entries.ts'
import { ring0StrictOn } from './ring0.ts'
import { findHandler, sendEoi } from './steps/index.ts'

interface Futexes extends Own {
  readonly state: {
    /** By source: its driver sleeps. `kernel.notifications` is the word. */
    asleep: boolean[]
  }
}
type FutexStep = Step<unknown, Futexes>

const setWord: FutexStep = {
  name: 'setWord', says: 'set the word of the driver',
  then: ({ s, call: of, emit }) => {
    if (of.source !== null) s.kernel.notifications[of.source] = true
    emit.observe({ what: 'handled', ...of.from!, by: of.source, notifies: of.source !== null })
  },
}
const wakeDriver: FutexStep = {
  name: 'wakeDriver', says: 'wake the driver, if it sleeps',
  then: ({ s, call: of, emit }) => {
    if (of.source === null || !s.own.asleep[of.source]) return
    s.own.asleep[of.source] = false
    emit.cost('irq-to-user')
    emit.observe({ what: 'woken', source: of.source })
  },
}
const serveWord: FutexStep = {
  name: 'serveWord', says: 'while the word is set: clear it, and serve the device', goesTo: ['serveWord'],
  then: ({ s, call: of, emit, go }) => {
    if (!s.kernel.notifications[of.source!]) return
    s.kernel.notifications[of.source!] = false
    emit.cost('handler')
    emit.observe({ what: 'received', source: of.source!, by: of.source })
    go('serveWord')
  },
}
/** FUTEX_WAIT: the word is compared and the thread put to sleep at once. */
const sleepIfClear: FutexStep = {
  name: 'sleepIfClear', says: 'sleep, unless the word has been set meanwhile', goesTo: ['serveWord'],
  then: ({ s, call: of, emit, go }) => {
    emit.cost('syscall')
    if (s.kernel.notifications[of.source!]) { go('serveWord'); return }
    s.own.asleep[of.source!] = true
    emit.observe({ what: 'slept', source: of.source! })
  },
}

const sourceOnly = ({ id }: Sizes) => ({ source: id.source })
const futexes: OwnScope = {
  name: 'futexes', says: 'the drivers of two sources sleep and are woken, on two CPUs',
  bounds: { cpus: 2, callers: 2, devices: 2, sources: 2, vectors: 1 },
}
/** To the claims a domain is one driver: that each of these reaches what any other has mapped is no violation. */
const oneDomain: OwnScope = {
  name: 'one-domain', says: 'the drivers of two devices map and unmap in the domain that they share',
  bounds: { cpus: 2, callers: 2, devices: 2, frames: 2, iovas: 2 },
}
export const darbatLikeOn = <U>(v: Vocabulary<U>): Design<U> => design<unknown, Futexes, 'driverRuns'>('darbat-like', {
  says: 'drivers are threads in one address space and one I/O domain, woken by futexes (Darbat: IOKit on L4)',
  remapsDma: true, remapsInterrupts: true, scopes: [oneDomain, futexes],
  givesUp: {
    'edges-are-served': 'nothing masks a source until its driver has run: interrupts that keep coming keep the driver '
      + 'from its CPU (receive livelock)',
  },
  state: ({ id }) => ({ asleep: table([id.source], bool) }),
  calls: {
    driverRuns: call<ReturnType<typeof sourceOnly>, Futexes>({
      says: 'a driver thread that is awake runs', offered: b => b.sources > 0, path: 'irq-deliver', params: sourceOnly,
      fair: 'strong',
      rules: {
        isAwake: ({ s, args }) => !s.own.asleep[args.source],
        runsOnce: ({ s, args }) =>
          s.kernel.calls.every(one => one?.call !== 'driverRuns' || one.source !== args.source),
      },
    }),
  },
}, {
  ...ring0StrictOn(v).protocols,
  handleInterrupt: [findHandler, setWord, wakeDriver, sendEoi], driverRuns: [serveWord, sleepIfClear],
} as never) as Design<U>
