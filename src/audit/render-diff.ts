/** The verdict of a policy, and a comparison of two dumps, for people. */
import { hang, wrapWords } from '../text/layout.ts'
import type { Theme } from '../text/theme.ts'
import type { Alarm } from './alarms.ts'
import type { AuditDiff, RangeChange } from './diff.ts'
import { hex, several, size } from './format.ts'
import type { Entry } from './interrupts.ts'
import type { Gate } from './policy.ts'
import { showRights } from './ranges.ts'
import type { Range } from './ranges.ts'
import type { WayRow } from './report.ts'

const shown = 10
const text = (all: readonly string[]): string => all.map(line => line.trimEnd() + '\n').join('')
const some = <T>(all: readonly T[], full: boolean): readonly T[] => full ? all : all.slice(0, shown)
const more = (count: number, of: number, theme: Theme): string[] =>
  of > count ? [theme.dim(`  … ${several(of - count, 'more', 'more')} (--full)`)] : []

export function renderGate({ passes, breaches, breachCount, alarms, absent }: Gate, theme: Theme,
  full: boolean): string {
  const listed = some(breaches, full)
  const codes = [...new Set(alarms.map(({ code }) => code))]
  return text([
    '', passes ? theme.good('✓ the policy holds') : theme.bad('✗ the policy is broken'),
    ...listed.map(({ device, from, bytes, rights }) =>
      `  ${device} reaches ${hex(from)} to ${hex(from + bytes)}, ${size(bytes)}, ${showRights(rights)} not allowed`),
    ...more(listed.length, breachCount, theme),
    ...codes.map(code =>
      `  alarm ${code}, not accepted: ${several(alarms.filter(alarm => alarm.code === code).length, 'time')}`),
    ...absent.length === 0 ? [] : hang('  ', 4, wrapWords(`not in the dump: ${absent.join(' ')}`, theme.width - 4)),
  ])
}

export function renderDiff({ before, after, same, mode, devices, ranges, interrupts, alarms, unknown }: AuditDiff,
  theme: Theme, full: boolean): string {
  const gone = (line: string): string => theme.bad(`  - ${line}`),
    come = (line: string): string => theme.good(`  + ${line}`)
  const named = ({ device, pasid }: { readonly device: string; readonly pasid: number | null }): string =>
    pasid === null ? device : `${device} PASID ${pasid}`
  const both = <T>(a: T | null, b: T | null, show: (one: T) => string): string[] =>
    [...a === null ? [] : [gone(show(a))], ...b === null ? [] : [come(show(b))]]
  return text([
    theme.strong(`${before} → ${after}`), ...same ? [unknownIn(unknown) === 0 ? '  nothing differs'
      : '  nothing differs in what both show'] : [],
    ...mode === null ? [] : ['', theme.strong('mode'), gone(mode.before), come(mode.after)],
    ...devices.length === 0 ? []
      : ['', theme.strong('devices'),
        ...devices.flatMap(one => both(one.before, one.after, way => `${named(one)}  ${showWay(way)}`))],
    ...ranges.flatMap(change =>
      ['', theme.strong(`memory of ${named(change)}`), ...rangeLines(change, full, gone, come, theme)]),
    ...interrupts.length === 0 ? []
      : ['', theme.strong('interrupts'), ...interrupts.flatMap(({ before: a, after: b }) => both(a, b, showEntry))],
    ...alarms.gone.length + alarms.come.length === 0 ? [] : ['', theme.strong('alarms'),
      ...alarms.gone.map(({ code, devices: of }) => gone(`${code}  ${of.join(' ')}`)),
      ...alarms.come.map(({ code, devices: of }) => come(`${code}  ${of.join(' ')}`))],
    ...unknownIn(unknown) === 0 ? [] : ['', theme.strong('not known, and not compared'),
      ...unknownLines(unknown, { before, after }, theme, full)],
  ])
}
const unknownIn = ({ before, after }: AuditDiff['unknown']): number => before.length + after.length
function unknownLines(unknown: AuditDiff['unknown'], dumps: { readonly before: string; readonly after: string },
  theme: Theme, full: boolean): string[] {
  const named = ({ code, devices, because }: Alarm): string => [code, ...devices, `(${because})`].join(' ')
  const old = unknown.before.map(named), now = unknown.after.map(named)
  const all = [...old.map(one => `${one}, in ${now.includes(one) ? 'both' : dumps.before}`),
    ...now.filter(one => !old.includes(one)).map(one => `${one}, in ${dumps.after}`)]
  const listed = some(all, full)
  return [...listed.flatMap(line => hang('  ', 4, wrapWords(line, theme.width - 4))),
    ...more(listed.length, all.length, theme)]
}
const showWay = ({ domain, mode, levels, fault }: WayRow): string =>
  [
    ...domain === null ? [] : [`domain ${domain}`], levels === null ? mode : `${mode}, ${levels} levels`,
    ...fault === null ? [] : [fault.name],
  ].join(', ')
const showEntry = ({ index, of, kind, vector, destination, source }: Entry): string =>
  `${of === null ? '' : `${of} `}entry ${index}  ${kind}, `
    + `vector ${vector}${destination === null ? '' : ` to ${hex(destination)}`}, from `
    + `${source ?? 'any device'}`
const showRange = ({ input, output, bytes, rights }: Range): string =>
  `${hex(input)} → ${hex(output)}  ${size(bytes)}  ${showRights(rights)}`

function rangeLines({ before, after, count }: RangeChange, full: boolean, gone: (line: string) => string,
  come: (line: string) => string, theme: Theme): string[] {
  const old = some(before, full), now = some(after, full)
  return [...old.map(range => gone(showRange(range))), ...now.map(range => come(showRange(range))),
    ...more(old.length + now.length, count, theme)]
}
