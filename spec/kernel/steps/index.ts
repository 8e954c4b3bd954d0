/** Steps that are the kernel's own, whatever the IOMMU. */
export * from './devices.ts'
export * from './handlers.ts'
export * from './memory.ts'
export * from './sources.ts'
export * from './userland.ts'
