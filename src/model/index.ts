/** The modelling language: declare a finite state, actions and claims; every driver runs the same machine. */
export * from './domain.ts'
export * from './event.ts'
export * from './machine.ts'
export * from './property.ts'
export * from './step.ts'
export * from './layout.ts'
export * from './pack.ts'
export * from './judge.ts'
