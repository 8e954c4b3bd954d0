/** What an audit may have to say: the registry of alarms. The report, `explain`, `list alarms` and docs/audit.md derive
 *  from it. */
import { amdviAlarms } from './amdvi/alarms.ts'
import { bdf } from './devices.ts'
import { commonKinds } from './kinds.ts'
import type { AlarmKind, AlarmWords, Severity, VendorAlarms } from './kinds.ts'
import { vtdAlarms } from './vtd/alarms.ts'

/** Those of all units, then those of one vendor's. */
export const alarmKinds = { ...commonKinds, ...vtdAlarms.kinds, ...amdviAlarms.kinds }
export type AlarmCode = keyof typeof alarmKinds
export const severities: readonly Severity[] = ['error', 'warning', 'note']

/** A kind in the words of each vendor that has words of its own for it. */
export const wordsFor = (code: string): readonly (AlarmWords & { readonly title: string })[] =>
  [vtdAlarms, amdviAlarms].flatMap(({ title, words }: VendorAlarms) => {
    const own = words[code as keyof typeof words]
    return own === undefined ? [] : [{ title, ...own }]
  })

/** One alarm that was raised. */
export interface Raised {
  readonly code: AlarmCode
  readonly severity: Severity
  /** Whom it is about: `00:02.0`; none where it is about the unit. */
  readonly devices: readonly string[]
  /** What was found, with numbers and places. */
  readonly because: string
}
/** And what it means, and what to do, in the words of the unit. */
export interface Alarm extends Raised { readonly says: string; readonly todo: string }

/** Alarms that leave something unknown: a gate cannot pass over them. */
export const unknowns: readonly AlarmCode[] = ['table-outside', 'cut-short', 'interrupt-table-partial',
  'directory-partial', 'entry-zero', 'device-table-segments', 'exclusion-range-blocked']

export const alarm = (code: AlarmCode, devices: readonly number[], because: string): Raised =>
  ({ code, severity: alarmKinds[code].severity, devices: devices.map(bdf), because })

/** Of a text that lists entries: it has no memory that one could dump too. */
const ofTexts: Partial<Record<AlarmCode, AlarmWords>> = {
  'table-outside': { says: 'A table is not in the text: what is below it is not known.',
    todo: 'add the text that lists it, where the kernel has one, or give a dump of memory.' },
}

/** @param isText whether the dump is a text that lists entries. */
export function inWords(raised: Raised, words: VendorAlarms['words'], isText: boolean): Alarm {
  const { says, todo }: AlarmKind = alarmKinds[raised.code]
  const own = isText ? ofTexts[raised.code] : undefined
  return { ...raised, says, todo, ...picked(own ?? words[raised.code as keyof typeof words]) }
}
const picked = ({ says, todo }: AlarmWords = {}): AlarmWords =>
  ({ ...says === undefined ? {} : { says }, ...todo === undefined ? {} : { todo } })
