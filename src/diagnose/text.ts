/** Lines as people hand them on: quoted in mails, folded, encoded, with the stamps of dmesg, journalctl or Xen before
 *  them. No manual: the forms are those of util-linux, systemd and mail readers (RFC 2045, 6.7; RFC 3676). */
import type { Line, Stamp } from './happening.ts'

const entities: Readonly<Record<string, string>> = { '&gt;': '>', '&lt;': '<', '&amp;': '&', '&quot;': '"' }

/** Without quoting marks, markup, colours of a terminal and quoted-printable. */
export function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  let plain = text.includes('\x1b') ? text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '') : text
  if (plain.includes('&')) plain = plain.replace(/&(?:gt|lt|amp|quot);/g, found => entities[found]!)
  if (plain.includes('=')) plain = plain.replace(/=3D/g, '=').replace(/=20$|=$/, '')
  return plain.replace(/^[>|\s`\ufeff]+/, '').trimEnd().replace(/`{1,3}$/, '')
}

const uptime = /(?:^|[^\w.])\[ {0,9}(\d{1,9}\.\d{3,9})\]/
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const dated = /(?:^|[^\w])([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)/
const iso = /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)/
const clockOnly = /^(\d\d):(\d\d):(\d\d)\b/

/** The time of a line. Uptime is preferred: it needs no calendar. */
export function stampOf(text: string): Stamp | null {
  const head = text.slice(0, 120)
  const up = uptime.exec(head)
  if (up !== null) return { text: `${up[1]} s`, s: Number(up[1]), clock: 'uptime' }
  const at = (day: number, [h, m, s]: readonly string[], shown: string): Stamp =>
    ({ text: shown, s: ((day * 24 + Number(h)) * 60 + Number(m)) * 60 + Number(s), clock: 'wall' })
  const date = iso.exec(head)
  if (date !== null)
    return at(dayOf(Number(date[1]), Number(date[2]) - 1, Number(date[3])), date.slice(4), date[0])
  const named = dated.exec(head)
  const month = named === null ? -1 : months.indexOf(named[1]!)
  if (named !== null && month >= 0)
    return at(dayOf(2000, month, Number(named[2])), named.slice(3), named[0].replace(/^\W/, ''))
  const time = clockOnly.exec(head)
  return time === null ? null : at(0, time.slice(1), time[0])
}
/** Days since some day; leap years do not matter within a log of hours. */
const dayOf = (year: number, month: number, day: number): number => year * 372 + month * 31 + day

/** What a line has behind its stamps, for joining it to the line before. */
export const bare = (text: string): string => text
  .replace(/^<\d{1,2}>/, '').replace(/^kern +:\w+ *: */, '')
  .replace(/^[A-Z][a-z]{2} +\d{1,2} [\d:]{8} \S+ /, '').replace(/^\d{4}-\d\d-\d\d[T ]\S+ (?:\S+ )?(?=kernel:)/, '')
  .replace(/^\d\d:\d\d:\d\d /, '').replace(/^kernel: */, '').replace(/^\(XEN\) */, '')
  .replace(/^\[[\d. A-Za-z:-]{5,40}\] */, '').replace(/^kernel: */, '')

/** Whether a line has stamps or marks of its own, so that it continues none. */
export const begins = (text: string): boolean => bare(text) !== text

/** Two lines as one. */
export const joined = (line: Line, next: string): Line => ({ ...line, text: `${line.text} ${bare(next)}` })

/** Seconds from one line to another; null where they share no clock. */
export function between_s(from: Line, to: Line): number | null {
  if (from.stamp === null || to.stamp === null || from.stamp.clock !== to.stamp.clock) return null
  return to.stamp.s - from.stamp.s
}
export const whenOf = ({ number, stamp }: Line): string =>
  stamp === null ? `line ${number}` : `line ${number}, ${stamp.text}`

const holes = {
  hex: '(?:0x)?([0-9a-f]{1,16})', dec: String.raw`(\d{1,9})`, word: String.raw`(\S+)`,
  seconds: String.raw`\b(\d{1,9}\.\d{6})`,
  device: String.raw`((?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])`,
} as const
/** The form of a message: a regular expression in which `<hex>`, `<dec>`, `<word>`, `<seconds>` and `<device>` are what
 *  it captures; hexadecimal numbers without their 0x. Large and small letters are the same. */
export const form = (source: string): RegExp =>
  new RegExp(source.replace(/<(hex|dec|word|seconds|device)>/g, (_, name: keyof typeof holes) => holes[name]), 'i')

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`
/** `03:00.0` of `0000:03:00.0` and `0x03:0x00.0x0`; other segments stay. */
export const deviceOf = (text: string): string =>
  text.toLowerCase().replaceAll('0x', '').replace(/^0000:/, '')
/** `03:00.0` of a source-id. */
export const deviceOfId = (id: number): string =>
  `${(id >> 8 & 0xff).toString(16).padStart(2, '0')}:${(id >> 3 & 31).toString(16).padStart(2, '0')}.${id & 7}`
/** `03:00.0` as a source-id; null of another segment, whose units no dump tells apart. */
export function idOf(device: string | null): number | null {
  const found = /^([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/.exec(device ?? '')
  return found === null ? null : parseInt(found[1]!, 16) << 8 | parseInt(found[2]!, 16) << 3 | Number(found[3])
}
export const bigHex = (digits: string): bigint => BigInt(`0x${digits.replace(/^0x/i, '')}`)
/** Bits `high` to `low` of a word. */
export const bitsOf = (word: bigint, high: number, low = high): number =>
  Number(word >> BigInt(low) & (1n << BigInt(high - low + 1)) - 1n)
