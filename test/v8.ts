/** Before each suite. The suites are many short searches of machines that differ: by its own measure V8 optimises
 *  functions for one machine that it has to give up for the next, which took a tenth of the suites' CPU seconds. A
 *  version that does not know the flag goes on without. */
import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--interrupt-budget=500000')
