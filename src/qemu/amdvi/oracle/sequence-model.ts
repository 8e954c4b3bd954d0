/** The model beside a sequence: the tables in memory, the device table entries that may be cached, and what QEMU's
 *  IOTLB
 *  holds by its own fills and the commands since then. */
import { rangeOf, translate } from '../../../../spec/amdvi/index.ts'
import type { AmdviClause, Command, DeviceEntry } from '../../../../spec/amdvi/index.ts'
import type { Judged, Tally } from '../../oracle/judged.ts'
import type { RamImage } from '../../oracle/memory-map.ts'
import { agrees, wayOf } from './compared.ts'
import type { DmaCompared } from './compared.ts'
import { modelText, requestText } from './dma.ts'
import { walkExceptionNames, walkExceptions } from './exceptions.ts'
import type { ExceptionName } from './exceptions.ts'
import { allows, qemuWalk } from './qemu-walk.ts'
import type { Permissions, Request, WalkException, Walked, Way } from './qemu-walk.ts'
import { addressAt, firstStores, namedBy, sequenceRequesters, storesOf } from './sequence-case.ts'
import type { Step, StepOf } from './sequence-case.ts'
import { TracedPages } from './traced-pages.ts'

/** What was seen of a step. `landed`: pages in which the step's dword was written, or the word that was read. */
export type Observed =
  | {
    readonly of: 'dma'
    readonly page: number | null
    readonly hit: boolean
    /** The domain that QEMU tags what it now holds with; null where it holds no more than before. */
    readonly filled: number | null
    readonly written: readonly number[]
    readonly read: number
  }
  | { readonly of: 'command'; readonly done: boolean; readonly running: boolean }
  | { readonly of: 'nothing' }

export class SequenceModel {
  readonly #memory: RamImage
  readonly #walked: Walked
  readonly #wordAt: (address: number) => number
  readonly #isRead: (word: number) => boolean
  readonly #tally: Tally
  readonly #traced = new TracedPages()
  /** By device, those of before the last command that removes them. */
  readonly #cached = new Map<number, DeviceEntry[]>()

  constructor(memory: RamImage, walked: Walked, { wordAt, isRead }: {
    readonly wordAt: (address: number) => number; readonly isRead: (word: number) => boolean
  }, tally: Tally) {
    this.#memory = memory
    this.#walked = walked
    this.#wordAt = wordAt
    this.#isRead = isRead
    this.#tally = tally
    for (const { address, dwords } of firstStores()) memory.put(address, dwords)
  }

  judge(step: Step, i: number, seen: Observed): readonly Judged[] {
    switch (step.do) {
      case 'device':
      case 'entry':
        if (step.do === 'device') this.#remember(sequenceRequesters[step.device]!)
        for (const { address, dwords } of storesOf(step)) this.#memory.put(address, dwords)
        return []
      case 'dma': return seen.of === 'dma' ? [this.#judgeDma(step, i, seen)] : []
      case 'bad-command': return seen.of === 'command' ? this.#judgeBad(i, seen) : []
      default:
        if (seen.of !== 'command') return []
        this.#command(commandIn(step))
        return seen.done ? []
          : [different(`wait of step ${i + 1}`, 'stored', 'not stored', 'AMD:2.4.1/completion-wait')]
    }
  }
  #entry(device: number): DeviceEntry {
    const entry = this.#walked.tables.deviceEntry(device)
    if (entry === null || entry === 'unreadable') throw new RangeError('every device has an entry')
    return entry
  }
  #remember(device: number): void {
    this.#cached.set(device, [...this.#cached.get(device) ?? [], this.#entry(device)])
  }
  #command(command: Command): void {
    const removed = this.#traced.command(command)
    if (command.type === 'devtab') this.#cached.delete(command.device)
    if (command.type === 'all') this.#cached.clear()
    this.#tally.state(removed > 0 ? 'invalidated' : 'invalidation of nothing held')
  }

  #judgeBad(i: number, { done, running }: Extract<Observed, { readonly of: 'command' }>): readonly Judged[] {
    this.#tally.state('command refused')
    if (!done && !running) return []
    const verdict = done && running ? ['illegal-command-passed'] as const : 'different' as const
    this.#tally.verdict(verdict)
    return [{ of: 'unit', verdict, compare: () => ({ request: `illegal command in step ${i + 1}`,
      model: 'the unit stops',
      qemu: `${running ? 'goes on' : 'stops'}, the wait behind it ${done ? 'ends' : 'does not end'}`,
      clause: 'AMD:2.4/illegal-command' }) }]
  }

  #judgeDma(step: StepOf<'dma'>, i: number, seen: Extract<Observed, { readonly of: 'dma' }>): Judged {
    const request: Request = { device: sequenceRequesters[step.device]!, address: addressAt(step.slots, i),
      access: step.write ? 'write' : 'read' }
    const compared: DmaCompared = { ...this.#walked, request, page: seen.page,
      model: translate(this.#walked.tables, this.#walked.unit, request),
      moved: step.write ? seen.written.length > 0 : this.#isRead(seen.read),
      cameFrom: address => step.write ? seen.written.includes(address) : seen.read === this.#wordAt(address) }
    const verdict = seen.hit ? this.#hit(compared) : this.#miss(compared)
    if (seen.filled !== null) this.#fill(request, seen.filled)
    this.#tally.verdict(verdict)
    this.#tally.outcome(compared.moved ? 'moved in a sequence' : 'blocked in a sequence')
    const text = `${seen.hit ? 'from its IOTLB' : 'by its tables'}, `
      + `${compared.moved ? 'moved data' : 'moved nothing'}, page 0x${(seen.page ?? 0).toString(16)}`
    return { of: 'request', verdict, compare: () => ({ request: `step ${i + 1}: ${requestText(request)}`,
      model: `${modelText(compared.model)}; held: ${this.#heldText(request)}`, qemu: text,
      clause: 'AMD:2.4/page-cache' }) }
  }
  #heldText({ device, address }: Request): string {
    const found = this.#traced.find(device, Math.floor(address / 4096))
    return found === null ? 'nothing' : `domain ${found.held.domain}, page 0x${found.held.output.toString(16)}`
  }

  /** Only what a fill has put there and no command has removed, for a domain that the device may be in. */
  #hit(compared: DmaCompared): Judged['verdict'] {
    const { request: { device, address } } = compared
    const found = this.#traced.find(device, Math.floor(address / 4096))
    if (found === null) return 'different'
    const { output, size, allowed, withAbsent, last, domain } = found.held
    const way: Way = { kind: 'moved', landing: output + address % size, output, size, last }
    const right = agrees(compared, allows(allowed, compared.request) ? way : { kind: 'blocked' })
    if (!right) {
      if (!allows(last, compared.request) || !agrees(compared, way)) return 'different'
      return [allows(withAbsent, compared.request) ? 'absent-leaf-used' : 'last-permissions-held']
    }
    this.#tally.state(agrees(compared, wayOf(compared.model, compared.request)) ? 'hit' : 'stale translation served')
    const may = [this.#entry(device), ...this.#cached.get(device) ?? []]
    return may.some(entry => entry.valid && entry.translates && entry.domain === domain) ? 'same'
      : ['translations-by-device']
  }
  #miss(compared: DmaCompared): Judged['verdict'] {
    const { request: { device, address } } = compared
    const found = this.#traced.find(device, Math.floor(address / 4096))
    if (found !== null && !found.doomed) return 'different'
    const more: readonly ExceptionName[] = found === null ? [] : ['pages-of-the-whole-domain']
    const names = agrees(compared, wayOf(compared.model, compared.request)) ? [] : walkExceptions(compared)
    this.#tally.state(found === null ? 'walked' : 'removed though not named')
    if (names === null) return 'different'
    return names.length + more.length === 0 ? 'same' : [...more, ...names]
  }
  /** QEMU holds what the last entry says, whether or not that allows the request. */
  #fill(request: Request, domain: number): void {
    const way = qemuWalk(this.#walked, request, walkExceptionNames, true), { device, address } = request
    if (way.kind !== 'moved') return
    const may = (out: ReadonlySet<WalkException>): Permissions => {
      const [read, write] = (['read', 'write'] as const)
        .map(access => qemuWalk(this.#walked, { ...request, access }, out).kind === 'moved')
      return { read: read!, write: write! }
    }
    const { output, size, last } = way
    this.#traced.fill({ device, domain, page: Math.floor(address / 4096),
      first: Math.floor(address / size) * size / 4096,
      pages: size / 4096, output, size, last, allowed: may(new Set()),
      withAbsent: may(walkExceptionNames) })
  }
}

function commandIn(step: Step): Command {
  switch (step.do) {
    case 'invalidate-device': return { type: 'devtab', device: sequenceRequesters[step.device]! }
    case 'invalidate-pages': {
      const { page, s } = namedBy(step)
      return { type: 'pages', domain: step.domain, ...rangeOf(page, s)!, directories: step.directories }
    }
    default: return { type: 'all' }
  }
}
const different = (request: string, model: string, qemu: string, clause: AmdviClause): Judged =>
  ({ of: 'unit', verdict: 'different', compare: () => ({ request, model, qemu, clause }) })
