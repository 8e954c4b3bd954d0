/** A driver in a virtual machine of its own, with the operating system that it was written for (LeVasseur et al., OSDI
 *  2004), which sees no device but what a monitor emulates. Each access of the driver to its device exits to the
 *  monitor. DMA goes through buffers of the monitor, which copies them for the guest: no device reaches memory of the
 *  guest. The monitor's handler takes the interrupt of the device and injects it. */
import type { Vocabulary } from '../iommu/vocabulary.ts'
import type { OwnScope, Step } from '../step.ts'
import { design } from './design.ts'
import type { Design } from './design.ts'
import { ring0StrictOn } from './ring0.ts'
import { accessPort, checkPort, freeFrame } from './steps/index.ts'
import {
  hostFirst, injecting, injectionCalls, injectionProtocols, injectionState, startInjection, twoGuests,
} from './steps/injection.ts'
import { exitGuest, sleeping } from './steps/vcpus.ts'

const copyToGuest: Step<unknown> = {
  name: 'copyToGuest', says: 'copy the buffer into memory of the guest',
  then: ({ call: { domain, iova, frame }, emit }) => {
    emit.cost('buffer-copy')
    emit.observe({ what: 'copied', domain: domain!, iova: iova!, frame: frame!, into: null })
  },
}
const twoBuffers: OwnScope = {
  name: 'two-buffers', says: 'two pages of a guest, with a buffer each', bounds: { frames: 2, iovas: 2 },
}
export const vmEmulatedOn = <U>(v: Vocabulary<U>): Design<U> => {
  const { map, unmap } = ring0StrictOn(v).protocols
  return design('vm-emulated', {
    says: 'a driver in its own virtual machine; a monitor emulates the device, copies its DMA, injects its interrupts',
    remapsDma: true, remapsInterrupts: true, bounces: true, givesUp: hostFirst,
    scopes: ['mapping', 'ports', twoBuffers, injecting, twoGuests],
    costs: [sleeping({ vectors: 1 })], state: injectionState, start: startInjection, calls: injectionCalls,
  }, {
    map: [exitGuest, ...map!],
    unmap: [exitGuest, ...unmap!.flatMap((step): unknown[] => step === freeFrame ? [copyToGuest, step] : [step])],
    portAccess: [exitGuest, checkPort, accessPort], ...injectionProtocols,
  } as never) as Design<U>
}
