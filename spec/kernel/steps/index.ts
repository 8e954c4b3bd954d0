/** The vocabulary of protocols: every step a kernel design may take. */
export * from './context.ts'
export * from './interrupt.ts'
export * from './invalidation.ts'
export * from './mapping.ts'
export * from './userland.ts'
