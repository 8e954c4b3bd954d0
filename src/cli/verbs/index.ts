/** The registry of verbs: dispatch, help and tests derive from it. */
import type { ExitName } from '../../exit.ts'
import type { Verb } from '../args.ts'
import type { Io } from '../io.ts'
import { ablate, runAblate } from './ablate.ts'
import { audit, runAudit } from './audit.ts'
import { check, runCheck } from './check.ts'
import { cost, runCost } from './cost.ts'
import { explain, runExplain } from './explain.ts'
import { list, runList } from './list.ts'
import { oracle, runOracleVerb } from './oracle.ts'
import { replay, runReplay } from './replay.ts'
import { runStart, start } from './start.ts'
import { runValidate, validate } from './validate.ts'

export interface Runnable { readonly verb: Verb; readonly run: (args: readonly string[], io: Io) => Promise<ExitName> }

/** In the order help shows them. */
export const verbs: readonly Runnable[] = [
  { verb: check, run: runCheck }, { verb: ablate, run: runAblate }, { verb: replay, run: runReplay }, { verb: cost, run: runCost }, { verb: validate, run: runValidate },
  { verb: oracle, run: runOracleVerb },
  { verb: audit, run: runAudit },
  { verb: list, run: runList }, { verb: explain, run: runExplain }, { verb: start, run: runStart },
]
