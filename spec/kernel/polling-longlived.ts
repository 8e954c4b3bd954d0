/** What is done today where speed counts: a driver in userland polls its device, over memory that it maps once and
 *  keeps (DPDK and SPDK over VFIO; ixy of Emmerich et al., ANCS 2019). The kernel isolates the device when the driver
 *  starts and when it ends, and does nothing in between: there is no unmap and no interrupt. What the device has
 *  written goes on to a consumer while the page stays mapped. */
import { bool, table } from '../../src/model/index.ts'
import type { Vocabulary } from '../iommu/vocabulary.ts'
import type { Entry, Own, OwnScope, Sizes, Step } from '../step.ts'
import { design } from './design.ts'
import type { Design } from './design.ts'
import { driverServerOn } from './driver-server.ts'
import { call } from './entries.ts'
import {
  awaitDomainCalls, clearAllPtes, closeDomain, enterKernel, lockTables, receiveRequest, reclaimFrames, releaseDevice,
  replyToDriver, returnToDriver, unlockTables,
} from './steps/index.ts'

interface Rings extends Own { readonly state: { handedOn: boolean[] } }
type RingStep = Step<unknown, Rings>
type Of<A> = Entry<unknown, Rings, A>

const handOn: RingStep = {
  name: 'handOn', says: 'hand the page to the application, and leave it mapped',
  then: ({ s, call: of, emit }) => {
    s.own.handedOn[of.frame!] = true
    emit.observe({ what: 'shared', frame: of.frame! })
  },
}
const takeBack: RingStep = {
  name: 'takeBack', says: 'put the page back into the ring of the device',
  then: ({ s, call: of, emit }) => {
    s.own.handedOn[of.frame!] = false
    emit.observe({ what: 'dropped', frame: of.frame! })
  },
}
/** Driver and application are one process. */
const endApplication: RingStep = {
  name: 'endApplication', says: 'end the process: it holds no page any more',
  then: ({ s, call: of, emit }) => {
    for (const mapping of s.kernel.mappings[of.domain!]!) {
      if (mapping === null || !s.own.handedOn[mapping.frame]) continue
      s.own.handedOn[mapping.frame] = false
      emit.observe({ what: 'dropped', frame: mapping.frame })
    }
  },
}

const mappingAt = ({ s, args }: Of<{ readonly domain: number; readonly iova: number; readonly cpu: number }>) =>
  s.kernel.mappings[args.domain]![args.iova]!
const pageOnly = ({ id }: Sizes) => ({ domain: id.domain, iova: id.iova })
const frameOnly = ({ id }: Sizes) => ({ frame: id.frame })
const restart: OwnScope = {
  name: 'restart', says: 'two drivers start, poll and end, while their one device goes from one to the other',
  bounds: { domains: 2, frames: 2, iovas: 2, reassign: 1 },
}

export const pollingLonglivedOn = <U>(v: Vocabulary<U>): Design<U> => {
  const { map, attach } = driverServerOn(v).protocols
  // No table is ever taken away, so none needs a lock.
  const instead = new Map<unknown, readonly unknown[]>([[receiveRequest, [enterKernel]],
    [replyToDriver, [returnToDriver]], [lockTables, []], [unlockTables, []]])
  const bySystemCall = (steps: typeof map): unknown[] => steps!.flatMap(step => instead.get(step) ?? [step])
  return design<unknown, Rings, 'pass' | 'drop'>('polling-longlived', {
    says: 'userland drivers that poll over memory mapped for their lifetime (DPDK over VFIO)',
    remapsDma: true, remapsInterrupts: true, userDrivers: true, scopes: ['takedown', 'old-hardware', restart],
    givesUp: {
      'immutable-while-shared': 'the page of a buffer stays mapped: a device may write it again while its consumer '
        + 'reads',
    },
    state: ({ id }) => ({ handedOn: table([id.frame], bool) }),
    calls: {
      pass: call<ReturnType<typeof pageOnly>, Rings>({
        says: 'pass a buffer on', offered: b => b.frames > 0, params: pageOnly,
        rules: {
          processRuns: ({ s, args }) => !s.kernel.closed[args.domain]!,
          isLive: k => mappingAt(k)?.phase === 'live', isInRing: k => !k.s.own.handedOn[mappingAt(k)!.frame],
        },
        registers: k => ({ frame: mappingAt(k)!.frame }),
      }),
      drop: call<ReturnType<typeof frameOnly>, Rings>({
        says: 'a consumer is done with a buffer', offered: b => b.frames > 0, params: frameOnly,
        rules: { isHeld: ({ s, args }) => s.own.handedOn[args.frame]! },
      }),
    },
  }, {
    map: bySystemCall(map), attach: bySystemCall(attach), pass: [handOn], drop: [takeBack],
    detach: [closeDomain, awaitDomainCalls, endApplication, v.clearDevice, v.writeBackDevice, v.invalidateDevice,
      clearAllPtes, v.invalidateDomain, v.awaitInvalidation, releaseDevice, reclaimFrames],
  } as never) as Design<U>
}
