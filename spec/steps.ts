/** Every step that a kernel design may take: the kernel's own, and those on each IOMMU. */
export * from './kernel/steps/index.ts'
export * from './vtd/steps/index.ts'
export * from './amdvi/steps/index.ts'
