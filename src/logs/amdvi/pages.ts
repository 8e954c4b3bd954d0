/** Replays what an AMD unit caches of pages and devices: fills put translations in, commands take out what they cover
 *  (AMD 48882 rev 3.05: 2.4.2, 2.4.3). QEMU prints no range of INVALIDATE_IOMMU_PAGES and takes out the whole domain,
 *  so that a hit which is explained here is explained whatever the range was. */
import { coversDevice, coversPages } from '../../../spec/amdvi/index.ts'
import type { Command } from '../../../spec/amdvi/index.ts'
import type { At } from '../event.ts'
import { noPlaces, note } from '../numbers.ts'
import type { ContextReport } from '../replay/contexts.ts'
import type { Conduct, IotlbReport } from '../replay/iotlb.ts'
import { keep } from '../replay/trail.ts'
import type { IotlbCommand, Stay, Trail } from '../replay/trail.ts'
import type { PageFill, PageHit, Result } from './event.ts'

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
  /** Whether the log has told of a moment at which nothing was cached. */
  #known = false
  readonly #places = { beforeStart: noPlaces(), otherContent: noPlaces(), unexplained: noPlaces(),
    refilledSame: noPlaces(), refilledChanged: noPlaces(), addressDiffers: noPlaces(), moved: noPlaces() }
  readonly #removed = { global: 0, domain: 0, page: 0 }
  readonly #emptied: { conduct: Conduct; line: number; entries: number }[] = []

  /** @param capacity the unit empties its cache instead of holding more. */
  constructor(trail: Trail | null, capacity: number) { this.#trail = trail; this.#capacity = capacity }

  fill({ device, page, frame, domain, at }: PageFill): void {
    this.#fills++
    if (this.#size >= this.#capacity) this.empty('capacity', at.line)
    this.#device(device, domain, at.line)
    const old = this.#held.get(device)?.get(page)
    if (old !== undefined) {
      const same = old.frame === frame && old.did === domain
      note(same ? this.#places.refilledSame : this.#places.refilledChanged, at.line)
      this.#remove(old, at.line)
    }
    const stay: Stay = { from: at, sid: device, leaf: noLeaf, did: domain, page, pages: 1, frame, hits: [],
      until: null }
    let pages = this.#held.get(device)
    if (pages === undefined) this.#held.set(device, pages = new Map())
    pages.set(page, stay)
    this.#largest = Math.max(this.#largest, ++this.#size)
    this.#domain(domain).fills++
    this.#used = { device, page, frame }
    if (this.#trail !== null) keep(this.#trail, this.#trail.stays, stay)
  }

  hit({ device, page, frame, at }: PageHit): void {
    this.#hits++
    this.#used = { device, page, frame }
    const stay = this.#held.get(device)?.get(page)
    if (stay === undefined)
      return note(this.#known ? this.#places.unexplained : this.#places.beforeStart, at.line)
    this.#domain(stay.did).hits++
    if (this.#trail !== null) keep(this.#trail, stay.hits, at)
    if (stay.frame !== frame) note(this.#places.otherContent, at.line)
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
    if (granularity === 'global') this.#known = true
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
    }
  }

  waited(): void { for (const known of this.#devices.values()) known.waited ||= known.invalidated }

  empty(conduct: Conduct, line: number): void {
    this.#known = true
    this.#emptied.push({ conduct, line, entries: this.#size })
    for (const pages of this.#held.values()) for (const stay of pages.values()) this.#remove(stay, line)
  }

  pages(): IotlbReport {
    const { beforeStart, otherContent, unexplained, refilledSame, refilledChanged, addressDiffers } = this.#places
    const byDomain = [...this.#domains].sort(([a], [b]) => a - b).map(([did, counts]) => ({ did, ...counts }))
    return {
      fills: this.#fills, hits: this.#hits, misses: this.#fills, explained: this.#explained, beforeStart, otherContent,
      unexplained, refilledSame, refilledChanged, byDomain, removed: this.#removed,
      emptied: this.#emptied.filter(({ entries }) => entries > 0).slice(0, 20), largest: this.#largest,
      left: this.#size, translated: this.#translated, addressDiffers,
    }
  }

  /** What fills show of device table entries: a fetch where a device is met in a domain for the first time. */
  devices(): ContextReport {
    return {
      fills: this.#devices.size + this.#domainChanges, hits: this.#sameDomain, explained: this.#sameDomain,
      unexplained: noPlaces(), beforeStart: noPlaces(), refilledChanged: this.#places.moved, notPresent: 0,
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
    if (!known.waited || left) note(this.#places.moved, line)
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
