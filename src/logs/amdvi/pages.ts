/** Replays what an AMD unit caches of pages and devices: fills put translations in, commands take out what they cover
 *  (AMD 48882 rev 3.05: 2.4.2, 2.4.3). QEMU prints no range of INVALIDATE_IOMMU_PAGES and takes out the whole domain,
 *  so that a hit which is explained here is explained whatever the range was. */
import { coversDevice, coversPages } from '../../../spec/amdvi/index.ts'
import type { Command } from '../../../spec/amdvi/index.ts'
import type { At } from '../event.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { Conduct, ContextReport, IotlbReport } from '../replay/reports.ts'
import { keep } from '../replay/trail.ts'
import type { IotlbCommand, Stay, Trail } from '../replay/trail.ts'
import type { PageFill, PageHit, Result } from './event.ts'

const placeOf = ({ sid, page }: Stay): string => `${sid}/${page}`
/** A leaf is not in these logs. */
const noLeaf = new Uint32Array(0)

/** Of a device, the domain of its last fill, and whether a DEVTAB command has named it since, and a wait after that. */
interface Known { domain: number; line: number; invalidated: boolean; waited: boolean }

export class PageReplay {
  /** By page, of each device. */
  readonly #held = new Map<number, Map<number, Stay>>()
  readonly #devices = new Map<number, Known>()
  readonly #domains = new Map<number, { fills: number; hits: number }>()
  readonly #trail: Trail | null
  readonly #capacity: number
  readonly #doubts: Doubts
  /** What commands took out since the last wait, by device and page. */
  readonly #unwaited = new Map<string, Stay>()
  #size = 0
  #largest = 0
  #fills = 0
  #hits = 0
  #explained = 0
  #translated = 0
  #sameDomain = 0
  #domainChanges = 0
  /** The page just filled or hit, whose result comes next. */
  #used: { readonly device: number; readonly page: number; readonly frame: number } | null = null
  /** The last line at which nothing was cached; null where the log has told of none. */
  #known: number | null = null
  readonly #places = { beforeStart: noPlaces(), otherContent: noPlaces(), unexplained: noPlaces(), doubtful: noPlaces(),
    refilledSame: noPlaces(), refilledChanged: noPlaces(), addressDiffers: noPlaces(),
    moved: noPlaces(), movedDoubtful: noPlaces() }
  readonly #removed = { global: 0, domain: 0, pasid: 0, page: 0 }
  readonly #emptied: { conduct: Conduct; line: number; entries: number }[] = []

  /** @param capacity the unit empties its cache instead of holding more. */
  constructor(trail: Trail | null, capacity: number, doubts: Doubts) {
    this.#trail = trail
    this.#capacity = capacity
    this.#doubts = doubts
  }

  /** @returns the line of the command that the kernel relied on before a wait said that it was done: the page that it
   *  took out has got another frame. Null where there is none, or the log may lack the wait. */
  fill({ device, page, frame, domain, at }: PageFill): number | null {
    this.#fills++
    if (this.#size >= this.#capacity) this.empty('capacity', at.line)
    this.#device(device, domain, at.line)
    const old = this.#held.get(device)?.get(page)
    if (old !== undefined) {
      const same = old.frame === frame && old.did === domain
      if (same) note(this.#places.refilledSame, at.line)
      else this.#blame(this.#places.refilledChanged, old.from.line, at.line)
      this.#remove(old, at.line)
    }
    const stay: Stay = { from: at, sid: device, leaf: noLeaf, did: domain, pasid: 0, firstStage: false, page, pages: 1,
      frame, hits: [], until: null }
    let pages = this.#held.get(device)
    if (pages === undefined) this.#held.set(device, pages = new Map())
    pages.set(page, stay)
    this.#largest = Math.max(this.#largest, ++this.#size)
    this.#domain(domain).fills++
    this.#used = { device, page, frame }
    if (this.#trail !== null) keep(this.#trail, this.#trail.stays, stay)
    const gone = this.#unwaited.get(placeOf(stay))
    if (gone === undefined || gone.frame === frame && gone.did === domain) return null
    return this.#doubts.between(gone.until!, at.line) ? null : gone.until
  }

  hit({ device, page, frame, at }: PageHit): void {
    this.#hits++
    this.#used = { device, page, frame }
    const stay = this.#held.get(device)?.get(page)
    if (stay === undefined)
      return this.#known === null ? note(this.#places.beforeStart, at.line)
        : this.#blame(this.#places.unexplained, this.#known, at.line)
    this.#domain(stay.did).hits++
    if (this.#trail !== null) keep(this.#trail, stay.hits, at)
    if (stay.frame !== frame) this.#blame(this.#places.otherContent, stay.from.line, at.line)
    else this.#explained++
  }

  result({ device, page, frame, at }: Result): void {
    const used = this.#used
    this.#used = null
    if (used === null || used.device !== device || used.page !== page) return
    this.#translated++
    if (used.frame !== frame) note(this.#places.addressDiffers, at.line)
  }

  invalidate(command: Command, at: At): void {
    for (const [device, known] of this.#devices) if (coversDevice(command, device)) {
      known.invalidated = true
      known.waited = false
    }
    if (command.type !== 'pages' && command.type !== 'all') return
    const granularity = command.type === 'all' ? 'global' : 'domain'
    if (granularity === 'global') this.#known = at.line
    if (this.#trail !== null) {
      const did = command.type === 'pages' ? command.domain : 0
      const said: IotlbCommand = { ...at,
        descriptor: { type: 'iotlb', granularity, did, page: 0, addressMask: 0, hint: false } }
      keep(this.#trail, this.#trail.commands, said)
    }
    for (const pages of this.#held.values()) for (const stay of pages.values()) {
      if (!coversPages(command, { domain: stay.did, page: stay.page, pages: 1 })) continue
      this.#removed[granularity]++
      this.#remove(stay, at.line)
      this.#unwaited.set(placeOf(stay), stay)
    }
  }

  waited(): void {
    this.#unwaited.clear()
    for (const known of this.#devices.values()) known.waited ||= known.invalidated
  }

  empty(conduct: Conduct, line: number): void {
    this.#known = line
    this.#emptied.push({ conduct, line, entries: this.#size })
    for (const pages of this.#held.values()) for (const stay of pages.values()) this.#remove(stay, line)
  }

  pages(): IotlbReport {
    const { beforeStart, otherContent, unexplained, doubtful, refilledSame, refilledChanged,
      addressDiffers } = this.#places
    const byDomain = [...this.#domains].sort(([a], [b]) => a - b).map(([did, counts]) => ({ did, ...counts }))
    return {
      fills: this.#fills, hits: this.#hits, misses: this.#fills, explained: this.#explained, beforeStart, otherContent,
      unexplained, doubtful, afterUnseen: noPlaces(), refilledSame, refilledChanged, byDomain,
      removed: this.#removed, detached: 0,
      emptied: this.#emptied.filter(({ entries }) => entries > 0).slice(0, 20), largest: this.#largest,
      left: this.#size, translated: this.#translated, addressDiffers,
    }
  }

  /** What fills show of device table entries: a fetch where a device is met in a domain for the first time. */
  devices(): ContextReport {
    return {
      fills: this.#devices.size + this.#domainChanges, hits: this.#sameDomain, explained: this.#sameDomain,
      unexplained: noPlaces(), beforeStart: noPlaces(), refilledChanged: this.#places.moved,
      doubtful: this.#places.movedDoubtful, pasids: { changed: noPlaces(), invalidations: 0 }, notPresent: 0,
      passThrough: 0,
    }
  }

  /** A device that changes its domain needs DEVTAB and a wait, and nothing of its old domain may be left (2.4.2). */
  #device(device: number, domain: number, line: number): void {
    const known = this.#devices.get(device)
    if (known?.domain === domain) { this.#sameDomain++; known.line = line; return }
    this.#devices.set(device, { domain, line, invalidated: false, waited: false })
    if (known === undefined) return
    this.#domainChanges++
    const left = [...this.#held.get(device)?.values() ?? []].some(stay => stay.did === known.domain)
    if (known.waited && !left) return
    note(this.#doubts.between(known.line, line) ? this.#places.movedDoubtful : this.#places.moved, line)
  }
  /** What lines that the log lacks may explain is no breach. @param since what it rests on was known then. */
  #blame(places: Places, since: number, line: number): void {
    if (this.#doubts.last > since) note(this.#places.doubtful, line)
    else this.#doubts.blame(places, this.#places.doubtful, line)
  }
  #domain(did: number): { fills: number; hits: number } {
    let domain = this.#domains.get(did)
    if (domain === undefined) this.#domains.set(did, domain = { fills: 0, hits: 0 })
    return domain
  }
  #remove(stay: Stay, line: number): void {
    this.#held.get(stay.sid)!.delete(stay.page)
    this.#size--
    stay.until = line
  }
}
