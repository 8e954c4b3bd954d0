/** The vocabulary of cost and the profiles that price it, each number with its source. */
export * from './units.ts'
export * from './profile.ts'
export * from './profiles.ts'
export * from './validation.ts'
export * from './waits.ts'
