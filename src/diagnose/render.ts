/** The report of `diagnose` for people: what was read, then an answer for each sort of fault. */
import { printable } from '../errors.ts'
import { hang, wrapWords } from '../text/layout.ts'
import type { Theme } from '../text/theme.ts'
import type { DiagnosisReport, Fault, FileReport } from './report.ts'

/** Answers in full; the next ones are a line each, and the rest is counted. */
const inFull = 3, inShort = 20

const several = (n: number, what: string): string => `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`

/** Ready to print, in pieces. `full`: all answers. */
export function* renderDiagnosis({ files, beside, faults, total, beyond }: DiagnosisReport, theme: Theme,
  full: boolean): Generator<string> {
  yield filesLines(files, theme).join('\n') + '\n'
  if (beside.length > 0) yield ['', theme.strong('beside the log'), ...beside.flatMap(text =>
    hang('  ', 4, wrapWords(printable(text), theme.width - 4)))].join('\n') + '\n'
  if (files.every(({ read }) => read.length === 0)) {
    yield '\nNo log was read, so nothing is said of faults.\n'
    return
  }
  if (faults.length === 0) {
    yield '\n' + wrapWords('No fault in it. That is no proof that there was none: kernels print few of them, and only '
      + 'where the driver of the unit is on.', theme.width).join('\n') + '\n'
    return
  }
  const whole = full ? faults : faults.slice(0, inFull)
  const many = files.length > 1
  for (const [i, fault] of whole.entries()) yield '\n' + faultLines(fault, i + 1, many, theme).join('\n') + '\n'
  const short = faults.slice(whole.length, whole.length + inShort)
  const left = faults.slice(whole.length + short.length)
  const counted = left.reduce((sum, { count }) => sum + count, beyond)
  if (short.length + counted === 0) return
  yield '\n' + [
    theme.strong(`${total - whole.reduce((sum, { count }) => sum + count, 0)} more, of other sorts`),
    ...short.flatMap(({ title, count, first }) => hang('  ', 4,
      wrapWords(`${count} × ${printable(title)} (${first})`, theme.width - 4))),
    ...counted === 0 ? [] : [`  and ${counted} more`],
    ...full ? [] : ['  --full answers each of them'],
  ].join('\n') + '\n'
}

/** Files of one kind that hold no log stand together: a folder has one for each device. */
function filesLines(files: readonly FileReport[], theme: Theme): string[] {
  const kindsOf = ({ read, unread, doubts, kinds }: FileReport): string => read.length + unread.count
    + doubts.length > 0
    ? '' : kinds.map(({ what }) => what).join('\n')
  const shown = new Map<string, number>()
  const lines = files.flatMap(file => {
    const kinds = kindsOf(file)
    const before = shown.get(kinds) ?? 0
    if (kinds !== '') shown.set(kinds, before + 1)
    return kinds !== '' && before > 0 ? [] : fileLines(file, theme)
  })
  const more = [...shown].filter(([, count]) => count > 1).flatMap(([kinds, count]) =>
    hang('  ', 4, wrapWords(`and ${several(count - 1, 'file')} more that are ${kinds.replaceAll('\n', ', ')}`,
      theme.width - 4)))
  return [...lines, ...more]
}

function fileLines({ path, lines, encoding, packed, read, kinds, unread, doubts }: FileReport, theme: Theme): string[] {
  const facts = [several(lines, 'line'), ...encoding === 'UTF-8' ? [] : [encoding],
    ...packed ? ['gzip'] : []]
  const row = (text: string): string[] => hang('  ', 4, wrapWords(text, theme.width - 4))
  return [
    `${theme.strong(printable(path))}  ${theme.dim(facts.join(', '))}`,
    ...read.length === 0 && kinds.length === 0 ? row('holds no message of an IOMMU or about interrupts that is known')
      : [],
    ...read.length === 0 ? []
      : row(`read: ${read.map(({ what, count }) => `${what} (${several(count, 'line')})`).join(', ')}`),
    ...kinds.flatMap(({ what, next }) => row(`it is ${what}; ${next}`)),
    ...doubts.flatMap(doubt => row(theme.warn(doubt))),
    ...unread.count === 0 ? [] : [
      ...row(theme.warn(`not understood: ${several(unread.count, 'line')} about an IOMMU or interrupts`)),
      ...unread.first.map(({ line, text }) => `    line ${line}: ${text}`.slice(0, theme.width)),
    ],
  ]
}

/** Answers alone, for `explain`. */
export const renderFaults = (faults: readonly Fault[], theme: Theme): string[] =>
  faults.flatMap((fault, i) => [...i === 0 ? [] : [''], ...faultLines(fault, i + 1, false, theme)])

function faultLines(fault: Fault, number: number, many: boolean, theme: Theme): string[] {
  const { title, hardware, concludes, next, shows, happened } = fault
  const row = (name: string, texts: readonly string[]): string[] => texts.flatMap((text, i) =>
    hang(`  ${theme.dim((i === 0 ? name : '').padEnd(10))}`, 12, wrapWords(printable(text), theme.width - 12)))
  const look = (of: readonly { readonly run: string | null; readonly says: string }[]): string[] =>
    of.flatMap(({ run, says }) => run === null ? [says] : [`${run}  # ${says}`])
  return [
    ...hang(`${number}  `, 3, wrapWords(theme.strong(printable(title)), theme.width - 3)),
    ...row('happened', [...happened.split('\n'), whenText(fault, many)]),
    ...row('hardware', hardware.map(({ says, clause }) => clause === null ? says : `${says} [${clause}]`)),
    ...(['sure', 'likely', 'open'] as const).flatMap(certainty => row(certainty,
      concludes.filter(one => one.certainty === certainty).map(({ says, rule }) => `${says} (${rule})`))),
    ...row('look at', look(next)), ...row('the same', look(shows)),
  ]
}

function whenText({ count, first, last, file, lines, addresses, moreAddresses }: Fault, many: boolean): string {
  const where = many ? ` of ${file}` : ''
  if (count === 1) return `once: ${first}${where}`
  const more = lines.length < count ? ', …' : ''
  const pages = addresses.length < 2 ? ''
    : `; addresses ${addresses.slice(0, 6).join(', ')}${moreAddresses || addresses.length > 6 ? ', …' : ''}`
  return `${count} times, first ${first}, last ${last} (lines ${lines.slice(0, 8).join(', ')}${more})${where}${pages}`
}
