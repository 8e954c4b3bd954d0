/** Cost: counted in the model, priced by a profile, held to budgets. */
export * from './count.ts'
export * from './price.ts'
export * from './measure.ts'
export * from './compose.ts'
export * from './throughput.ts'
export * from './baseline.ts'
export * from './budgets.ts'
export * from './render.ts'
