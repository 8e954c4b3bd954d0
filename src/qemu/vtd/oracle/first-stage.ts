/** What walks of first stage show besides their outcome: accessed and dirty bits in memory, and translations that stay
 *  in the IOTLB between two rounds until an invalidation removes them. */
import { coversPasid, descriptorLayouts, encode, translate } from '../../../../spec/vtd/index.ts'
import type {
  DmaRequest, Dwords, PasidTag, ScalableTables, Translation, TranslationInvalidation,
  TranslationUnit, Update,
} from '../../../../spec/vtd/index.ts'
import type { TraceEvent } from '../../events.ts'
import type { Judged, Tally } from '../../oracle/judged.ts'
import type { RamImage } from '../../oracle/memory-map.ts'
import { invalidateIotlb } from '../unit.ts'
import { contextLookupOf } from './context-lookup.ts'
import { requestText, verdictOf } from './dma.ts'
import type { DmaCompared } from './dma-seen.ts'
import type { ExceptionName } from './exceptions.ts'
import { translationBy } from './exceptions-tables.ts'
import { TracedCaches } from './traced-caches.ts'
import { pageAt, pagingEntries, pasidTableOf, requesters } from './walk-case.ts'
import type { WalkCase, WalkInvalidation } from './walk-case.ts'

/** A, D and EA of an entry (9.7). */
const accessed = 1 << 5, dirty = 1 << 6, extendedAccessed = 1 << 10

/** A request to compare, and the exceptions that its model goes by already. */
export interface Chosen { readonly compared: DmaCompared; readonly besides: readonly ExceptionName[] }

/** What a case of first stage has judged besides. */
export class FirstStage {
  readonly #tables: ScalableTables
  readonly #one: WalkCase
  readonly #tally: Tally
  readonly #bits: AccessedBits
  readonly #kept = new KeptTranslations()
  readonly #pasids = new KeptPasids()
  /** Each comparison as it was before `choose`. */
  readonly #given = new Map<DmaCompared, DmaCompared>()

  /** Memory and tables as software has written them. */
  constructor(memory: RamImage, tables: ScalableTables, one: WalkCase, tally: Tally) {
    this.#tables = tables
    this.#one = one
    this.#tally = tally
    this.#bits = new AccessedBits(memory)
  }
  /** Which state of the tables QEMU went by. */
  choose(compared: DmaCompared): Chosen {
    const chosen = this.#pasids.choose(compared)
    this.#given.set(chosen.compared, compared)
    return chosen
  }
  /** The requests of a round and their verdicts, in order; what was traced in it. */
  judgeRound(requests: readonly DmaCompared[], verdicts: readonly Judged[], events: readonly TraceEvent[],
    round: number): readonly Judged[] {
    const judged = requests.flatMap((asked, i) => {
      const { verdict } = verdicts[i]!, names = typeof verdict === 'string' ? [] : verdict
      const by = translationBy(asked, names)
      this.#bits.add(asked.request, by, updatesOfQemu([asked, this.#given.get(asked) ?? asked], names))
      return this.#kept.judge(asked.request, events, by.kind === 'translated' ? by.mapping.pages : 1, this.#tally)
    })
    const after = invalidationAfter(this.#one, round)
    this.#kept.invalidate(after)
    this.#pasids.invalidate(after, this.#tables)
    return judged
  }
  /** The words of `pagingEntries` when all is done. */
  judgeEnd(found: readonly bigint[]): readonly Judged[] { return this.#bits.judge(found, this.#tally) }
}

/** What QEMU may set on the way to a fault. `unsnooped`: because it does not look at PWSNP. `refused`: for what leads
 *  to FEEx_xxxx. */
interface UpdatesOfQemu { readonly unsnooped: readonly Update[]; readonly refused: readonly Update[] }
/** `asked`: one request, over each state of the tables that QEMU may have gone by. `names`: the exceptions that explain
 *  it. */
function updatesOfQemu(asked: readonly DmaCompared[], names: readonly string[]): UpdatesOfQemu {
  const found = (interruptRange: TranslationUnit['interruptRange'] | undefined): readonly Translation[] =>
    asked.flatMap(one => {
      const compared = interruptRange === undefined ? one : { ...one, unit: { ...one.unit, interruptRange } }
      // Where no reason is recorded, QEMU may have got further than the model.
      const ways = [[...names, 'updates-unsnooped'], ...one.seen.kind === 'suppressed' ? [letsPass] : []]
      return ways.map(way => translationBy(compared, way))
    })
  return {
    unsnooped: found(undefined).flatMap(({ updates }) => updates),
    refused: found(null).flatMap(({ kind, updates }) => kind === 'translated' ? updates : []),
  }
}
const letsPass = ['context-features-accepted', 'rid-pasid-used', 'directory-unbounded', 'pasid-reserved-ignored',
  'updates-unsnooped']

/** What the entries of the tables must have in the end, and what they may have. By address. */
class AccessedBits {
  readonly #must = new Map<number, number>()
  readonly #may = new Map<number, number>()
  /** What a write has to set besides the other of A and D, which the leaf has already, or may have. */
  readonly #late = new Map<number, number>()

  /** What QEMU may set besides before a fault, because it does not look at PWSNP. */
  readonly #unsnooped = new Map<number, number>()

  /** What QEMU may set for a request that it then refuses because it leads to FEEx_xxxx. */
  readonly #refused = new Map<number, number>()
  readonly #memory: RamImage
  /** The tables as software has written them. */
  constructor(memory: RamImage) { this.#memory = memory }

  /** What one request sets, in the order of the requests; before a fault any of them or none. */
  add(request: DmaRequest, model: Translation, { unsnooped, refused }: UpdatesOfQemu): void {
    if (model.kind === 'fault') {
      for (const update of unsnooped) set(this.#unsnooped, entryOf(update), accessed)
      for (const update of refused) set(this.#refused, entryOf(update), bitsOf(update))
      for (const update of model.updates) set(this.#may, entryOf(update), bitsOf(update))
      return
    }
    const leaf = 1 + Math.log2(model.mapping.pages) / 9
    for (const update of model.updates) {
      const at = entryOf(update), isWritten = update.level === leaf && request.access === 'write'
      const late = isWritten ? this.#lateBits(update, at) : 0
      set(this.#late, at, late)
      set(this.#must, at, bitsOf(update) & ~late)
    }
  }
  #lateBits({ accessed: setsAccessed }: Update, at: number): number {
    const before = Number(this.#word(at) & 0xfffn)
    if ((before & dirty) !== 0) return accessed
    const mayHave = [this.#must, this.#may, this.#unsnooped].reduce((all, bits) => all | (bits.get(at) ?? 0), before)
    return setsAccessed && (mayHave & accessed) === 0 ? 0 : dirty
  }
  #word(address: number): bigint {
    const words = this.#memory.page(Math.floor(address / 4096))!, at = address % 4096 / 4
    return BigInt(words[at]!) | BigInt(words[at + 1]!) << 32n
  }
  /** Compares with the words of the entries, as `pagingEntries` has their addresses. */
  judge(found: readonly bigint[], tally: Tally): readonly Judged[] {
    return pagingEntries.flatMap((address, i): Judged[] => {
      const before = this.#word(address)
      const of = (bits: ReadonlyMap<number, number>): bigint => BigInt(bits.get(address) ?? 0)
      const must = before | of(this.#must), whole = must | of(this.#late), may = of(this.#may)
      const seen = found[i]!
      if (seen !== before) tally.state('accessed or dirty bit set')
      const allows = (least: bigint, more: bigint): boolean => (seen & least) === least
        && (seen & ~(least | more)) === 0n
      const ways = [false, true].flatMap(late => [false, true].flatMap(unsnooped => [false, true].map(refused => ({
        least: late ? must : whole,
        more: may | (unsnooped ? of(this.#unsnooped) : 0n) | (refused ? of(this.#refused) : 0n),
        names: [...late ? ['bits-missed'] as const : [], ...unsnooped ? ['updates-unsnooped'] as const : [],
          ...refused ? ['dirty-though-refused'] as const : []],
      })))).sort((a, b) => a.names.length - b.names.length)
      const way = ways.find(({ least, more }) => allows(least, more))
      if (way?.names.length === 0) return []
      const verdict = way === undefined ? 'different' as const : way.names
      tally.verdict(verdict)
      return [{ of: 'unit', verdict, compare: () => ({
        request: `first-stage entry at ${hex(address)}`, clause: 'VTD:3.6/accessed-dirty',
        model: `${hex(before)} becomes ${hex(whole)}${may === 0n ? '' : `, perhaps with ${hex(may)}`}`,
        qemu: hex(seen),
      }) }]
    })
  }
}
const bitsOf = (update: Update): number => (update.accessed ? accessed : 0) | (update.dirty ? dirty : 0)
  | (update.extendedAccessed ? extendedAccessed : 0)
const entryOf = ({ table, index }: Update): number => table + 8 * index
const set = (map: Map<number, number>, at: number, bits: number): void => {
  map.set(at, (map.get(at) ?? 0) | bits)
}
const hex = (value: number | bigint): string => `0x${value.toString(16)}`

/** What QEMU's IOTLB holds from round to round. */
class KeptTranslations {
  readonly #caches = new TracedCaches()

  /** One request; `events` of its round, `pages` of its translation. None where QEMU found what it had to. */
  judge(request: DmaRequest, events: readonly TraceEvent[], pages: number, tally: Tally): readonly Judged[] {
    const of = (event: TraceEvent): boolean => 'sid' in event && event.sid === request.sid
    const hit = events.some(event => event.name === 'vtd_iotlb_page_hit' && of(event))
    const fill = events.find(event => event.name === 'vtd_iotlb_page_update' && of(event))
    const filled = fill?.name === 'vtd_iotlb_page_update' ? { did: fill.domain } : null
    const look = this.#caches.lookForPage(request.sid, Math.floor(request.address / 4096), hit ? 'hit' : filled, pages,
      true)
    tally.state(hit ? 'hit' : 'cold')
    if (look === 'same') return []
    const verdict = typeof look === 'string' ? [look] as const : 'different' as const
    tally.verdict(verdict)
    return [{ of: 'unit', verdict, compare: () => ({
      request: requestText(request), clause: 'VTD:6/iotlb', model: 'as its fills and the invalidations since then say',
      qemu: typeof look === 'string' ? look : look.wrong,
    }) }]
  }
  invalidate(one: WalkInvalidation | null): void {
    const model = one === null ? everything : modelOf(one)
    if (model !== null) this.#caches.invalidate(model)
  }
}
const everything: TranslationInvalidation = { type: 'iotlb', granularity: 'global', did: 0, page: 0, addressMask: 0,
  hint: false }

/** The invalidation after a round; null: the whole IOTLB. */
export function invalidationAfter({ invalidations = [] }: WalkCase, round: number): WalkInvalidation | null {
  return invalidations.length === 0 ? null : invalidations[round % invalidations.length]!
}
/** Null: it takes no translation away. One of the PASID cache does not. */
function modelOf({ do: what, granularity: at, did, pasid, slots, addressMask, hint }: WalkInvalidation):
TranslationInvalidation | null {
  const page = pageAt(slots, 4) / 4096
  if (what === 'iotlb')
    return { type: 'iotlb', granularity: (['global', 'domain', 'page'] as const)[at]!, did, page, addressMask, hint }
  if (what === 'pasid-cache') return null
  return { type: 'pasid-iotlb', granularity: at === 0 ? 'pasid' : 'page', did, pasid, page, addressMask, hint }
}
/** As software puts it into the queue (6.5.2). */
export function invalidationWords(one: WalkInvalidation | null): Dwords {
  if (one === null) return invalidateIotlb
  const { do: what, granularity: at, did: DID, pasid: PASID, slots, addressMask: AM, hint } = one
  const range = { ADDR: pageAt(slots, 4) / 4096, AM, IH: hint ? 1 : 0 }
  switch (what) {
    case 'iotlb': return encode(descriptorLayouts[2], { TYPE: 2, G: at + 1, DID, ...at === 2 ? range : {} })
    case 'pasid-cache': return encode(descriptorLayouts[7], { TYPE: 7, G: [0, 1, 3][at]!, DID, PASID })
    case 'pasid-iotlb': return encode(descriptorLayouts[6],
      { TYPE: 6, G: at === 0 ? 2 : 3, DID, PASID, ...at === 0 ? {} : range })
  }
}

/** What a round of first stage has traced besides. */
export const firstStageEvents = ['vtd_iotlb_page_hit', 'vtd_iotlb_page_update'] as const

/** PASID entries that software has cleared: the PASID cache may hold each until an invalidation takes it out. */
class KeptPasids {
  readonly #cleared = new Map<number, { readonly tag: PasidTag; mayBeCached: boolean }>()

  /** Clears, then invalidates. */
  invalidate(one: WalkInvalidation | null, tables: ScalableTables): void {
    if (one === null) return
    if (one.absent !== undefined) {
      const entry = tables.pasidEntry(pasidTableOf(one.absent), 0)
      if (entry !== 'unreadable') this.#cleared.set(requesters[one.absent]!,
        { tag: { did: entry.did, pasid: 0 }, mayBeCached: true })
    }
    if (one.do !== 'pasid-cache') return
    const { did, pasid } = one, granularity = (['domain', 'pasid', 'global'] as const)[one.granularity]!
    for (const cleared of this.#cleared.values())
      if (coversPasid({ type: 'pasid-cache', granularity, did, pasid }, cleared.tag)) cleared.mayBeCached = false
  }

  /** Which of the two entries QEMU went by: the one that caches may hold, or the cleared one. */
  choose(compared: DmaCompared): Chosen {
    const { request, seen, tables, reading } = compared, cleared = this.#cleared.get(request.sid)
    const plain: Chosen = { compared, besides: [] }
    if (cleared === undefined) return plain
    const now = without(tables, request.sid), model = translate(now, compared.unit, request)
    if (model.kind !== 'translated' && model.kind !== 'fault') return plain
    const fresh: DmaCompared = { ...compared, tables: now, reading: more => without(reading(more), request.sid), model,
      way: contextLookupOf(now, compared.unit, request) }
    if (verdictOf(fresh) !== 'different') return { compared: fresh, besides: [] }
    return cleared.mayBeCached || seen.hit ? plain : { compared, besides: ['absent-pasid-used'] }
  }
}
/** Tables in which the PASID entry of a device has lost its P. */
function without(tables: ScalableTables, sid: number): ScalableTables {
  const own = pasidTableOf(requesters.findIndex(one => one === sid))
  return { ...tables, pasidEntry: (table, index) => {
    const entry = tables.pasidEntry(table, index)
    return table === own && index === 0 && entry !== 'unreadable' ? { ...entry, present: false } : entry
  } }
}
