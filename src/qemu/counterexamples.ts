/** The IOMMUs whose counterexamples are taken to QEMU: as `oracles.ts`, one more entry for each. */
import { amdviSide } from './amdvi/counterexample/side.ts'
import type { Side } from './counterexample/run.ts'
import { vtdSide } from './vtd/counterexample/side.ts'

export const sides: readonly Side[] = [vtdSide, amdviSide]
