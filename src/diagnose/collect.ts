/** Gives lines to readers, joins what was folded, and counts what is alike. Memory is bounded: so many groups, so many
 *  addresses each; the rest is counted. No manual. */
import type { Group, Happening, Line, Reader } from './happening.ts'
import { kindOfLine, signWords } from './kinds.ts'
import type { FileKind, Served } from './kinds.ts'
import { knownWords } from './known.ts'
import type { Notebook } from './known.ts'
import { Sieve } from './sieve.ts'
import { begins, clean, joined, stampOf } from './text.ts'

export const groupsKept = 500
const addressesKept = 64, linesKept = 20, shownUnread = 5
/** Lines that may stand between two halves of a message, or that one was folded into. */
const patience = 3

interface Counted {
  first: Happening; count: number; from: Line; to: Line; lines: number[]; addresses: bigint[]; moreAddresses: boolean
}
/** Of one file. */
export interface Tally {
  readonly path: string
  lines: number
  /** Messages by the reader that knew them. */
  readonly read: Map<string, number>
  readonly kinds: Set<FileKind>
  /** Lines that serve the faults of others: by a reader, and beside the log. */
  aside: number
  served: number
  unread: number
  readonly firstUnread: { readonly line: number; readonly text: string }[]
  /** A stamp earlier than the one before by more than a second: another boot, or two logs in one. */
  readonly backward: number[]
  /** Names that syslog gives the machine, by the first of each: more than one are logs of several. */
  readonly hosts: Set<string>
  /** Messages that the kernel left out, by its own count. */
  suppressed: number
}

/** What an IOMMU's driver or an interrupt's may say: where no reader knows such a line, that is told. */
const relevant = new RegExp(['DMAR[:-]', 'dmar: ', 'AMD-Vi', 'VT-D\\]', 'INTR-REMAP', 'arm-smmu', 'fault addr',
  'No irq handler', 'iommu.*(?:fault|error|fail|time.?out)'].join('|'), 'i')
/** Said at every boot, and telling nothing here. */
const harmless = new RegExp(['Adding to iommu group', 'Removing from iommu group', 'iommu: Default domain type',
  'Intel\\(R\\) Virtualization', 'ACPI: (?:DMAR|IVRS)', 'PCI-DMA: ', 'reserving memory', 'Found \\d+ DMAR',
  // SMMU
  'option mask', 'ias \\d+-bit', 'allocated \\d+ entries', 'msi_domain absent', 'probing hardware', 'SMMUv\\d with',
  'stage [12] translation', 'nested translation', 'address translation ops', 'stream (?:matching|indexing)',
  'context banks', 'Stage-[12]: ', 'upported page sizes', 'coherent table walk', 'preserved \\d+ boot', 'GPF: |gerr: ',
  'iommu: DMA domain TLB', 'software IO TLB', 'IOMMU performance counters', 'Loaded|loaded', 'DMAR-MSI'].join('|'))
const named = /^(?:[A-Z][a-z]{2} +\d{1,2} [\d:]{8}|\d{4}-\d\d-\d\d[T ][\d:.,+Z-]{8,21}) (\S{1,64}) kernel: /
const suppressed = /(\w{1,60}): (\d{1,9}) callbacks suppressed/
/** Searched in every line: nothing that repeats may begin it. */
const suppressedWords = / callbacks suppressed/

export class Collector {
  readonly groups = new Map<string, Counted>()
  /** Happenings of groups beyond those kept. */
  beyond = 0
  total = 0
  readonly #readers: readonly Reader[]
  readonly #known: Notebook
  readonly #words: readonly RegExp[]
  readonly #sieve: Sieve
  #pending: { line: Line; left: number; readonly reader: Reader } | null = null
  #tally: Tally | null = null
  #last_s = { uptime: 0, wall: 0 }

  constructor(readers: readonly Reader[], known: Notebook) {
    this.#readers = readers
    this.#known = known
    const any = (...of: readonly RegExp[]): RegExp => new RegExp(of.map(({ source }) => source).join('|'))
    this.#sieve = new Sieve([relevant, suppressedWords, knownWords, signWords, ...readers.map(({ words }) => words)])
    this.#words = [any(relevant, ...readers.map(({ words }) => words)), any(suppressedWords, knownWords), signWords]
  }

  open(path: string): Tally {
    this.#last_s = { uptime: 0, wall: 0 }
    this.#known.beside.open(path)
    return this.#tally = { path, lines: 0, read: new Map(), kinds: new Set(), aside: 0, served: 0, hosts: new Set(),
      unread: 0,
      firstUnread: [],
      backward: [], suppressed: 0 }
  }

  /** Most lines of a log are of others: they cost one search. */
  take(raw: string): void {
    const tally = this.#tally!
    tally.lines++
    if (this.#known.beside.take(raw)) { tally.served++; return }
    if (this.#pending === null && !this.#mayTell(raw)) return
    const text = clean(raw)
    const line: Line = { text, file: tally.path, number: tally.lines, stamp: stampOf(text) }
    if (this.#pending !== null && this.#continues(line)) return
    if (!this.#mayTell(text)) return
    this.#clock(line)
    this.#read(line, raw)
  }
  #mayTell(text: string): boolean { return this.#sieve.may(text) && this.#words.some(words => words.test(text)) }
  close(): void {
    this.#expire()
    this.#known.beside.close()
    for (const reader of this.#readers) {
      const found = reader.end?.() ?? []
      for (const one of found) this.#add(one)
    }
  }

  /** A line without stamps of its own is what was folded; between two whole lines, another may stand. */
  #continues(line: Line): boolean {
    const pending = this.#pending!
    const { starts = pending.reader.words } = pending.reader
    if (starts.test(line.text)) { this.#expire(); return false }
    const whole = joined(pending.line, line.text)
    const reading = pending.reader.read(whole, false)
    if (Array.isArray(reading) || reading === 'context') {
      this.#pending = null
      this.#keep(pending.reader, reading)
      return true
    }
    pending.left--
    const isOther = begins(line.text) || this.#readers.some(({ words }) => words.test(line.text))
    if (!isOther) pending.line = whole
    if (pending.left === 0) this.#expire()
    return !isOther
  }
  #expire(): void {
    const pending = this.#pending
    if (pending === null) return
    this.#pending = null
    const reading = pending.reader.read(pending.line, true)
    if (Array.isArray(reading) || reading === 'context') this.#keep(pending.reader, reading)
    else this.#unread(pending.line)
  }

  #read(line: Line, raw: string): void {
    const tally = this.#tally!
    const kind = signWords.test(line.text) ? kindOfLine(line.text) : null
    if (kind !== null) {
      tally.kinds.add(kind)
      if (kind.serves !== undefined && this.#begins(kind.serves, line, raw)) return
    }
    const left = suppressed.exec(line.text)
    if (left !== null) {
      if (/fault|iommu|dmar|smmu/i.test(left[1]!)) tally.suppressed += Number(left[2])
      return
    }
    const isKnown = this.#known.take(line)
    for (const reader of this.#readers) {
      if (!reader.words.test(line.text)) continue
      const reading = reader.read(line, false)
      if (reading === 'other') continue
      if (reading === 'more') { this.#expire(); this.#pending = { line, left: patience, reader } }
      else this.#keep(reader, reading)
      return
    }
    if (!isKnown && kind === null && relevant.test(line.text) && !harmless.test(line.text)) this.#unread(line)
  }
  /** The line that tells what a file serves is the first that does. */
  #begins(served: Served, line: Line, raw: string): boolean {
    const { beside } = this.#known
    beside.serve(served)
    const taken = beside.take(raw) || beside.take(line.text)
    if (taken) this.#tally!.served++
    return taken
  }
  #keep(reader: Reader, reading: readonly Happening[] | 'context'): void {
    const { read } = this.#tally!
    if (reader.aside === true) { this.#tally!.aside++; return }
    read.set(reader.name, (read.get(reader.name) ?? 0) + 1)
    if (reading !== 'context') for (const one of reading) this.#add(one)
  }
  #unread({ number, text }: Line): void {
    const tally = this.#tally!
    tally.unread++
    if (tally.firstUnread.length < shownUnread) tally.firstUnread.push({ line: number, text: text.slice(0, 160) })
  }

  #clock({ stamp, number, text }: Line): void {
    const host = named.exec(text)?.[1], { hosts } = this.#tally!
    if (host !== undefined && hosts.size < 8) hosts.add(host)
    if (stamp === null) return
    const { backward } = this.#tally!
    if (stamp.s < this.#last_s[stamp.clock] - 1 && backward.length < linesKept) backward.push(number)
    this.#last_s[stamp.clock] = stamp.s
  }

  #add(one: Happening): void {
    this.total++
    const key = `${one.kind}\0${one.device ?? ''}`
    const found = this.groups.get(key)
    if (found === undefined) {
      if (this.groups.size >= groupsKept) { this.beyond++; return }
      this.groups.set(key, { first: one, count: 1, from: one.line, to: one.line, lines: [one.line.number],
        addresses: one.address === null ? [] : [one.address], moreAddresses: false })
      return
    }
    found.count++
    found.to = one.line
    if (found.lines.length < linesKept && one.line.file === found.from.file) found.lines.push(one.line.number)
    if (one.address === null || found.addresses.includes(one.address)) return
    if (found.addresses.length < addressesKept) found.addresses.push(one.address)
    else found.moreAddresses = true
  }
}
export const groupsOf = (collector: Collector): readonly Group[] =>
  [...collector.groups.values()].sort((a, b) => Number(b.first.stops ?? false) - Number(a.first.stops ?? false)
    || b.count - a.count || Number(isTraced(a)) - Number(isTraced(b)))
/** Without the faults of the kernel's trace that its log has too, and says more of. */
export function toldOnce(groups: readonly Group[]): readonly Group[] {
  const logged = groups.filter(group => !isTraced(group))
  const isLogged = ({ first, addresses }: Group): boolean => logged.some(of => of.first.device === first.device
    && addresses.every(address => of.addresses.some(other => other >> 12n === address >> 12n)))
  return groups.filter(group => !isTraced(group) || !isLogged(group))
}
const isTraced = ({ first }: Group): boolean => first.kind.startsWith('trace fault')
