/** The IOMMUs that QEMU is compared with. */
import type { Oracle } from './oracle/oracle.ts'
import { amdviOracle } from './amdvi/oracle/suites.ts'
import { vtdOracle } from './vtd/oracle/suites.ts'

export const oracles: readonly [Oracle, ...Oracle[]] = [vtdOracle, amdviOracle]
