/** Before each suite. */
import { setFlagsFromString } from 'node:v8'
import fc from 'fast-check'

/** Random cases are the same in each run. */
fc.configureGlobal({ seed: 2011 })

// The suites are many short searches of machines that differ: by its own measure V8 optimises functions for one machine
// that it has to give up for the next, which took a tenth of the suites' CPU seconds. A version that does not know the
// flag goes on without.
setFlagsFromString('--interrupt-budget=500000')
