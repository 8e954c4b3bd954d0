/** The registry of verbs: dispatch, help and tests derive from it. */
import type { Command } from '../args.ts'
import { ablate } from './ablate.ts'
import { audit } from './audit.ts'
import { check } from './check.ts'
import { cost } from './cost.ts'
import { explain } from './explain.ts'
import { list } from './list.ts'
import { oracle } from './oracle.ts'
import { replay } from './replay.ts'
import { start } from './start.ts'
import { validate } from './validate.ts'

/** In the order help shows them. */
export const verbs: readonly Command[] = [check, ablate, replay, cost, validate, oracle, audit, list, explain, start]
