/** What the caches of a unit in legacy mode may hold, and so how a request may end (VT-d rev 5.10, chapter 6). Hardware
 *  may fill any cache at any time and drop any entry, so each cache is a set: every value that a fill could have made
 *  since the last invalidation that covers it, or none of them. */
import type { ContextCacheInvalidation, IotlbInvalidation } from '../invalidation/covers.ts'
import { coversContext, coversIotlb, coversPagingStructure } from '../invalidation/covers.ts'
import { leafSize, roundDown } from '../walk/tables.ts'
import type { ContextEntry, Tables } from '../walk/tables.ts'
import { lookupContext, newTrail, topOf, translateIn, useMapping, walkSecondStage } from '../walk/walk.ts'
import type {
  Access, ContextFound, DmaRequest, Mapping, Translation, TranslationFault, TranslationUnit, WalkStart,
} from '../walk/walk.ts'

/** A requester and a page of its addresses, as page number. */
export interface CachePlace { readonly sid: number; readonly page: number }

/** Where an outcome comes from: tables as they are now, or the first of the caches on its way. */
export type From = 'memory' | 'context' | 'structure' | 'iotlb'
export interface Possible { readonly result: Translation; readonly from: From }

type Found = ContextFound | TranslationFault
interface HeldContext { readonly did: number; readonly found: Found }
/** A paging-structure entry: the table that translates the pages from `page`. */
interface HeldStructure {
  readonly did: number
  readonly page: number
  readonly pages: number
  readonly start: WalkStart
}
/** With CM=1 also the fault that a kind of access meets. */
type HeldPage = { readonly did: number; readonly result: Mapping }
  | { readonly did: number; readonly result: TranslationFault; readonly writes: boolean }

const pageBytes = 4096
const isFault = (value: Mapping | Found | Translation): value is TranslationFault =>
  'kind' in value && value.kind === 'fault'

/** The sets of one unit, for the sites that requests will ask for. `fill` before anything changes: tables, or caches by
 *  an invalidation. */
export class PossibleCaches {
  readonly #unit: TranslationUnit
  readonly #cachingMode: boolean
  readonly #sites: ReadonlyMap<number, readonly number[]>
  readonly #contexts = new Held<HeldContext>(({ found }) => isFault(found) ? keyOf(found) : contextKey(found.context))
  readonly #structures = new Held<HeldStructure>(({ page, start }) =>
    `${page} ${start.level} ${start.table} ${start.read} ${start.write}`)
  readonly #pages = new Held<HeldPage>(held =>
    `${held.did} ${'writes' in held ? `${keyOf(held.result)} ${held.writes}` : mappingKey(held.result)}`)

  /** @param cachingMode CAP.CM: what faults may be cached too. */
  constructor(unit: TranslationUnit, cachingMode: boolean, sites: readonly CachePlace[]) {
    this.#unit = unit
    this.#cachingMode = cachingMode
    const bySid = new Map<number, number[]>()
    for (const { sid, page } of sites) {
      const pages = bySid.get(sid) ?? []
      bySid.set(sid, pages)
      if (!pages.includes(page)) pages.push(page)
    }
    this.#sites = bySid
  }

  /** Adds all that hardware could fetch now, from these tables and by what it may hold already. */
  fill(tables: Tables): void {
    for (const [sid] of this.#sites) {
      const now = lookupContext(tables, this.#unit, sid, 'untranslated')
      // A context entry that faults is tagged with domain 0.
      if (!isFault(now)) this.#contexts.add(sid, { did: now.context.did, found: now })
      else if (this.#cachingMode) this.#contexts.add(sid, { did: 0, found: now })
    }
    // A table that one walk finds is where another may start.
    for (let before = -1; before !== this.#structures.size;) {
      before = this.#structures.size
      for (const [sid, pages] of this.#sites)
        for (const { found } of this.#contexts.of(sid))
          if (!isFault(found)) for (const page of pages) this.#fillPage(tables, sid, found.context, page)
    }
  }

  #fillPage(tables: Tables, sid: number, context: ContextEntry, page: number): void {
    const key = siteKey(sid, page), address = page * pageBytes
    if (context.tt === 2) {
      const result = translateIn(tables, this.#unit, context, { ...plainRequest, sid, address })
      if (result.kind === 'translated') this.#pages.add(key, { did: context.did, result: result.mapping })
      return
    }
    for (const start of this.#starts(context, page)) {
      const trail = newTrail()
      const read = walkSecondStage(tables, this.#unit, context, address, 'read', start, trail)
      const write = isFault(read) || this.#cachingMode
        ? walkSecondStage(tables, this.#unit, context, address, 'write', start) : read
      for (const { level, table, read: r, write: w } of trail.visited)
        if (level < context.levels) this.#holdStructure(context.did, page, { table, level, read: r, write: w })
      for (const [result, writes] of [[read, false], [write, true]] as const) {
        if (!isFault(result)) this.#pages.add(key, { did: context.did, result: result.mapping })
        else if (this.#cachingMode) this.#pages.add(key, { did: context.did, result, writes })
      }
    }
  }
  #holdStructure(did: number, page: number, start: WalkStart): void {
    const pages = leafSize(this.#unit.geometry, start.level + 1) / pageBytes
    this.#structures.add(did, { did, page: roundDown(page, pages), pages, start })
  }
  #starts(context: ContextEntry, page: number): readonly WalkStart[] {
    const held = this.#structures.of(context.did)
      .filter(one => one.page <= page && page < one.page + one.pages && one.start.level < context.levels)
    return [topOf(context), ...held.map(({ start }) => start)]
  }

  /** Removes what hardware must hold no longer. @returns how many values */
  invalidate(d: ContextCacheInvalidation | IotlbInvalidation): number {
    if (d.type === 'context-cache')
      return this.#contexts.remove(({ did }, sid) => coversContext(d, { did, sid: Number(sid) }))
    // A large page may be held in fragments: one of them goes only with its own page.
    const pages = this.#pages.remove(({ did }, key) => coversIotlb(d, { did, page: pageOfKey(key), pages: 1 }))
    return pages + this.#structures.remove(tag => coversPagingStructure(d, tag))
  }

  /** The sites of which a translation may be held. */
  held(): readonly CachePlace[] {
    return [...this.#sites].flatMap(([sid, pages]) => pages.map(page => ({ sid, page })))
      .filter(site => this.holds(site))
  }
  /** Whether a translation of the page may be held. */
  holds({ sid, page }: CachePlace): boolean { return this.#pages.of(siteKey(sid, page)).length > 0 }

  /** Every way in which a request may end now, none twice from one place. Its page must be among the sites. */
  outcomes(tables: Tables, request: DmaRequest): readonly Possible[] {
    const { sid, address, access } = request
    const page = Math.floor(address / pageBytes)
    const found: Possible[] = [], seen = new Set<string>()
    const add = (result: Translation, from: From): void => {
      const key = `${from}:${keyOf(result)}`
      if (!seen.has(key)) found.push({ result, from })
      seen.add(key)
    }
    const now = lookupContext(tables, this.#unit, sid, 'untranslated')
    const contexts = [{ found: now, from: 'memory' as From },
      ...this.#contexts.of(sid).map(held => ({ found: held.found, from: 'context' as From }))]
    for (const { found: one, from } of contexts) {
      if (isFault(one)) add(one, from)
      else if (one.context.tt === 2) add(translateIn(tables, this.#unit, one.context, request), from)
      else for (const [i, start] of this.#starts(one.context, page).entries())
        add(walkSecondStage(tables, this.#unit, one.context, address, access, start), i === 0 ? from : 'structure')
    }
    const fpds = new Set(contexts.map(({ found: one }) => isFault(one) ? one.suppressed : one.context.fpd))
    for (const held of this.#pages.of(siteKey(sid, page))) {
      const { result } = held
      if (isFault(result)) { if ('writes' in held && held.writes === isWrite(access)) add(result, 'iotlb') }
      else for (const fpd of fpds) add(useMapping(this.#unit, result, fpd, address, access), 'iotlb')
    }
    return found
  }
}

const plainRequest = { type: 'untranslated', access: 'read', dword: true, pasid: null, privileged: false,
  execute: false } as const
const siteKey = (sid: number, page: number): string => `${sid}:${page}`
const pageOfKey = (key: string | number): number => Number(String(key).split(':')[1])

const isWrite = (access: Access): boolean => access === 'write' || access === 'atomic'
const contextKey = ({ did, table, levels, tt, fpd }: ContextEntry): string => `${did} ${table} ${levels} ${tt} ${fpd}`
const mappingKey = ({ output, pages, read, write, snoop }: Mapping): string =>
  `${output} ${pages} ${read} ${write} ${snoop}`
/** What tells two outcomes apart. */
function keyOf(result: Translation): string {
  if (result.kind === 'fault') return `${[result.reason, ...result.alternatives]}:${result.suppressed}`
  return `${result.page}:${result.mapping.pages}`
}

/** Values by key, each once: those with one text are one. */
class Held<V> {
  readonly #values = new Map<string | number, Map<string, V>>()
  readonly #text: (value: V) => string
  constructor(text: (value: V) => string) { this.#text = text }
  get size(): number {
    let size = 0
    for (const values of this.#values.values()) size += values.size
    return size
  }
  add(key: string | number, value: V): void {
    let values = this.#values.get(key)
    if (values === undefined) this.#values.set(key, values = new Map())
    const text = this.#text(value)
    if (!values.has(text)) values.set(text, value)
  }
  of(key: string | number): readonly V[] { return [...this.#values.get(key)?.values() ?? []] }
  remove(covered: (value: V, key: string | number) => boolean): number {
    let removed = 0
    for (const [key, values] of this.#values)
      for (const [text, value] of values) if (covered(value, key)) { values.delete(text); removed++ }
    return removed
  }
}
