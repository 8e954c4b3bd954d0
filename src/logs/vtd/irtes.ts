/** Interrupt remapping entries as they were read, and whether each change was invalidated before its next use (VT-d rev
 *  5.10, table 28). */
import { anything, coversIec, entryReader, postedIrte, remappedIrte } from '../../../spec/vtd/index.ts'
import type { IecInvalidation, Irte } from '../../../spec/vtd/index.ts'
import { sameWords } from '../dwords.ts'
import type { At, Remapped } from '../event.ts'
import { noPlaces, note, placesKept } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { EntryLedger, Judged } from '../replay/entries.ts'
import type { IrteChange, IrteReport, IrteRule, IrteWindow } from '../replay/reports.ts'
import { keep } from '../replay/trail.ts'
import type { IrteSpan, TableTrail } from '../replay/trail.ts'

/** No capability is known of the unit whose log this is. */
const entries = entryReader(anything)

interface Decoded { readonly irte: Irte; readonly judged: Judged; readonly span: IrteSpan }
interface Known {
  content: Uint32Array
  decoded: Decoded
  line: number
  iecLine: number | null
  waitLine: number | null
  /** Changes whose invalidation is not complete. */
  open: { readonly change: IrteChange; readonly at: At }[]
  /** What it held before the content that it has now. */
  before: Pick<Known, 'content' | 'decoded'> | null
}

const valid = (irte: Irte): boolean => irte.present && !irte.reserved && !irte.im && irte.svt !== 3
function describe(irte: Irte): string {
  if (!irte.present) return 'not present'
  return irte.im ? `posted vector ${irte.vector}` : `vector ${irte.vector} dst 0x${irte.dst.toString(16)}`
}

export class IrteReplay {
  readonly #ledger: EntryLedger
  readonly #trail: TableTrail | null
  readonly #known = new Map<number, Known>()
  readonly #unwaited = new Set<Known>()
  readonly #early = noPlaces()
  readonly #sample: IrteChange[] = []
  readonly #odd = noPlaces()
  readonly #disbelieved = noPlaces()
  readonly #anySource = { ...noPlaces(), indices: [] as number[] }
  readonly #remapDiffers = noPlaces()
  readonly #doubts: Doubts
  #longest: IrteWindow | null = null
  #lastWait = 0
  #reads = 0
  #changes = 0
  #invalidated = 0
  #remapped = 0
  #halves: IrteReport['halves'] = 'undecided'
  #disputed = 0
  #lastRead: { readonly index: number; readonly irte: Irte } | null = null

  constructor(ledger: EntryLedger, trail: TableTrail | null, doubts: Doubts) {
    this.#ledger = ledger
    this.#trail = trail
    this.#doubts = doubts
  }

  read(index: number, content: Uint32Array, at: At): void {
    const { line } = at
    this.#reads++
    let known = this.#known.get(index)
    if (known === undefined) {
      known = { content, decoded: this.#decode(index, content, line), line, iecLine: null, waitLine: null,
        open: [], before: null }
      this.#known.set(index, known)
    } else {
      if (!sameWords(known.content, content)) {
        const decoded = this.#decode(index, content, line)
        this.#changed(index, known, decoded.irte, at)
        known.before = { content: known.content, decoded: known.decoded }
        known.content = content
        known.decoded = decoded
      } else {
        known.before = null
        this.#ledger.again(known.decoded.judged, line)
      }
      known.line = line
      known.iecLine = known.waitLine = null
      if (known.open.length === 0) this.#unwaited.delete(known)
    }
    this.#lastRead = { index, irte: known.decoded.irte }
    if (this.#trail !== null) keep(this.#trail, known.decoded.span.reads, line)
  }

  /** Compared with the entry, so that a wrong decoding cannot stay unseen. */
  remapped({ index, vector, trigger, delivery, destination, mode, at: { line } }: Remapped): void {
    const read = this.#lastRead
    this.#lastRead = null
    // Another interrupt, whose thread writes in between, says nothing.
    if (read === null || read.index !== index || read.irte.im) return
    const { irte } = read
    this.#remapped++
    const isSame = irte.vector === vector && Number(irte.tm) === trigger && irte.dlm === delivery
      && Number(irte.dm) === mode
    // An APIC id of 8 bits stands in bits 15:8: which width counts, IRTA says, and a log begun late does not.
    if (isSame && (irte.dst === destination || (irte.dst >>> 8 & 0xff) === destination)) return
    note(this.#remapDiffers, line)
    this.#disbelieve(index)
  }

  /** The entry made another interrupt than its line says, which may be damaged: a change to it is none. */
  #disbelieve(index: number): void {
    const known = this.#known.get(index)
    if (known === undefined || known.before === null) return
    Object.assign(known, known.before, { before: null })
    known.open = known.open.filter(({ change: { newLine } }) => newLine !== known.line)
    note(this.#disbelieved, known.line)
  }

  invalidate(descriptor: IecInvalidation, line: number): void {
    for (const [index, known] of this.#known) {
      if (!coversIec(descriptor, index)) continue
      known.iecLine = line
      known.waitLine = null
      this.#unwaited.add(known)
    }
  }
  waited(at: At): void {
    this.#lastWait = at.line
    if (this.#unwaited.size === 0) return
    for (const known of this.#unwaited) {
      known.waitLine = at.line
      if (known.open.length === 0) continue
      for (const open of known.open) this.#closed(open, at)
      known.open = []
    }
    this.#unwaited.clear()
  }
  #closed({ change: { index, newLine }, at }: Known['open'][number], wait: At): void {
    this.#invalidated++
    note(this.#early, newLine)
    const window = { index, newLine, waitLine: wait.line, open_us: wait.time_us - at.time_us }
    const lines = ({ waitLine, newLine: from }: IrteWindow): number => waitLine - from
    const before = this.#longest
    if (before === null || window.open_us > before.open_us
      || window.open_us === before.open_us && lines(window) > lines(before)) this.#longest = window
  }

  /** What was not invalidated up to the end of the log. */
  #unclosed(): Pick<IrteReport, 'missed' | 'doubtful' | 'ending'> {
    const missed: IrteChange[] = [], ending = noPlaces()
    const doubtful: Places = { count: this.#disbelieved.count, lines: [...this.#disbelieved.lines] }
    for (const { open } of this.#known.values()) for (const { change } of open) {
      if (this.#doubts.last > change.oldLine) note(doubtful, change.newLine)
      else if (this.#lastWait < change.newLine) note(ending, change.newLine)
      else missed.push(change)
    }
    return { missed: missed.sort((a, b) => a.newLine - b.newLine).slice(0, 20), doubtful, ending }
  }

  report(): IrteReport {
    return {
      ...this.#unclosed(), early: this.#early, longest: this.#longest,
      reads: this.#reads, entries: this.#known.size, changes: this.#changes, invalidated: this.#invalidated,
      sample: this.#sample, odd: this.#odd, anySource: this.#anySource,
      halves: this.#halves, halvesDisputed: this.#disputed,
      remapped: this.#remapped, remapDiffers: this.#remapDiffers,
    }
  }

  #changed(index: number, known: Known, irte: Irte, at: At): void {
    const { line } = at
    this.#changes++
    const { iecLine, waitLine } = known
    const old = known.decoded.irte
    const needed = old.present
    const rule: IrteRule = needed ? 'was present: invalidation needed' : 'was not present: needed only with CM=1'
    const change = { index, oldLine: known.line, newLine: line, from: describe(old), to: describe(irte), rule, iecLine,
      waitLine }
    if (!needed || waitLine !== null) this.#invalidated++
    else {
      known.open.push({ change, at })
      if (iecLine !== null) this.#unwaited.add(known)
    }
    if (this.#sample.length < 20) this.#sample.push(change)
  }

  /** SVT=0: no source check (VT-d rev 5.10, 9.9). Counted once a content. */
  #admitsAll(index: number, line: number): void {
    note(this.#anySource, line)
    const { indices } = this.#anySource
    if (indices.length < placesKept && !indices.includes(index)) indices.push(index)
  }

  /** QEMU 7.2 prints the halves in the other order than its words say. Taken is the order that first makes a valid
   *  entry alone. */
  #decode(index: number, printed: Uint32Array, line: number): Decoded {
    const turned = Uint32Array.of(printed[2]!, printed[3]!, printed[0]!, printed[1]!)
    const asPrinted = entries.irte(printed, 0), swapped = entries.irte(turned, 0)
    const order = valid(swapped) ? 'swapped' : 'as printed'
    const says = valid(asPrinted) === valid(swapped) ? null : order
    if (says !== null && this.#halves === 'undecided') this.#halves = says
    else if (says !== null && says !== this.#halves) this.#disputed++
    const [irte, entry] = this.#halves === 'swapped' ? [swapped, turned] : [asPrinted, printed]
    if (!irte.present || irte.reserved) note(this.#odd, line)
    if (irte.present && irte.svt === 0 && this.#halves !== 'undecided') this.#admitsAll(index, line)
    const of = irte.im ? postedIrte : remappedIrte
    const span = { index, words: entry, reads: [] }
    if (this.#trail !== null) keep(this.#trail, this.#trail.irtes, span)
    return { irte, judged: irte.present ? this.#ledger.judge(of, entry, line) : this.#ledger.unused(of), span }
  }
}
