/** Kernels without an IOMMU: drivers in the kernel, or user processes whose port accesses the kernel checks. */
import { design } from './design.ts'
import {
  accessPort, allocateFrame, checkPort, enterKernel, freeFrame, grantPhysical, returnToDriver,
} from './steps/index.ts'
import { sourceMasked } from './migration.ts'

const anywhere = 'a device addresses physical memory: nothing stands between it and any frame'
const forged = 'without interrupt remapping any device can send any vector to any CPU'
const givesUp = {
  'no-dma-escape': anywhere, 'no-access-after-unmap': anywhere, 'no-wrong-permission': anywhere,
  'no-forged-interrupt': forged,
}

export const noIommu = design('no-iommu', {
  says: 'drivers in the kernel, no IOMMU', remapsDma: false, remapsInterrupts: false, givesUp,
}, {
  map: [allocateFrame, grantPhysical, returnToDriver],
  unmap: [freeFrame, returnToDriver],
  migrateInterrupt: sourceMasked,
})

/** The kernel decides which ports a driver may touch; what the device then does on the bus it cannot see. */
export const userPortIo = design('user-port-io', {
  says: 'userland drivers, no IOMMU; the kernel mediates their port accesses', remapsDma: false,
  remapsInterrupts: false, userDrivers: true, givesUp,
}, {
  map: [enterKernel, allocateFrame, grantPhysical, returnToDriver],
  unmap: [enterKernel, freeFrame, returnToDriver],
  portAccess: [enterKernel, checkPort, accessPort],
  migrateInterrupt: [enterKernel, ...sourceMasked],
})
