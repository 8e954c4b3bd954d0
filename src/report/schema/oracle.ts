/** The documents of `oracle`, and of `oracle --replay`. */
import * as v from 'valibot'
import { parts, suiteNames } from '../../qemu/oracle/suite.ts'
import type { Part } from '../../qemu/oracle/suite.ts'
import { by, count, document, integer, list, text, texts } from './parts.ts'

const suite = v.picklist(suiteNames)
const comparison = { request: text, model: text, qemu: text, clause: v.nullable(text) }
const ms = v.number()

export const oracle = document('oracle', {
  iommu: text, qemu: v.pipe(text, v.description('version of QEMU')), seed: integer, cases: count,
  setups: list(v.strictObject({ suite, setup: text, cases: count })),
  skipped: v.pipe(list(v.strictObject({ suite, setup: text, from: integer })),
    v.description('what this QEMU is too old for; `from`: the major version that it needs')),
  reasons: v.pipe(by(count), v.description('cases that reached a fault reason, by its hexadecimal code')),
  outcomes: by(count), states: by(count),
  exceptions: list(v.strictObject({ name: text, cases: count, qemu: text, manual: text, clause: text })),
  differences: list(v.strictObject({
    suite, setup: text, seed: integer, shrinks: count, differences: list(v.strictObject(comparison)), case: v.unknown(),
  })),
  interrupted: v.boolean(), elapsed: ms,
  time: v.strictObject(Object.fromEntries(parts.map(part => [part, ms])) as Readonly<Record<Part, typeof ms>>),
})

export const oracleReplay = document('oracle-replay', {
  suite, setup: text,
  requests: list(v.strictObject({
    ...comparison, verdict: v.pipe(v.union([v.picklist(['same', 'different']), texts]),
      v.description('names: of the known exceptions that explain it')),
  })),
})
