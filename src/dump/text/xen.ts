/** What Xen's debug keys print of VT-d: V, interrupt tables; o, page tables of domains; M, MSIs (Xen
 *  drivers/passthrough/vtd, arch/x86/msi.c: facts about their texts). */
import { encode, qwordsOf, remappedIrte } from '../../../spec/vtd/index.ts'
import type { UnitTexts } from './units.ts'

/** What one domain maps at a page. */
export interface DomainPage { readonly domain: number; readonly frame: bigint; readonly rights: string }

const prefix = /^\(XEN\) (?:\[\s*[\d.:T -]{6,30}\] )?/
const unit = /^\s*iommu ([0-9a-f]{1,3}): nr_pt_levels = /
const table = /Interrupt remapping table \(nr_entry=0x([0-9a-f]{1,6})\./
const remapped = new RegExp(String.raw`^\s*R:\s+([0-9a-f]{4}):\s+([0-3])\s+([0-3])\s+([0-9a-f]{4})\s+([0-9a-f]{2})\s+`
  + String.raw`([0-9a-f])\s+([01])\s+([0-9a-f]{8})\s+([0-7])\s+([01])\s+([01])\s+([01])\s+([01])\s*$`)
const posted = /^\s*P:\s+[0-9a-f]{4}:/
const domain = /\[VT-D\] ?d(\d{1,5}) table has \d levels/
const page = /^\s*dfn: ([0-9a-f]{8,16}) mfn: ([0-9a-f]{8,16}) ([r-][w-])/
const message = /^\s*(MSI(?:-X)?)\s+(\d{1,5}) vec=([0-9a-f]{2})\b.*dest=([0-9a-f]{8})/
const most = 1 << 20

export class XenTexts {
  /** Pages that domains map, by number. */
  readonly pages = new Map<bigint, DomainPage[]>()
  /** MSIs by their vector. */
  readonly messages = new Map<number, { readonly irq: number; readonly dest: string }[]>()
  /** Whether page tables were printed at all. */
  get domains(): ReadonlySet<number> { return this.#domains }
  readonly #domains = new Set<number>()
  #domain: number | null = null

  constructor(private readonly units: UnitTexts) {}

  take(line: string): boolean {
    const text = line.replace(prefix, '')
    const head = unit.exec(text)
    if (head !== null) { this.units.unit(`iommu ${head[1]!}`); return true }
    const rows = table.exec(text)
    if (rows !== null) {
      const open = this.units.open
      if (open !== null) open.remaps = true
      return true
    }
    return this.#entry(text) || this.#page(text) || this.#message(text)
  }

  #entry(text: string): boolean {
    const found = remapped.exec(text)
    if (found === null) return posted.test(text)
    const [index, SVT, SQ, SID, V, AVAIL, FPD, DST, DLM, TM, RH, DM, P] = found.slice(1).map(part => parseInt(part, 16))
    const [low, high] = qwordsOf(encode(remappedIrte, { P: P!, FPD: FPD!, DM: DM!, RH: RH!, TM: TM!, DLM: DLM!, V: V!,
      AVAIL: AVAIL!, DST: DST!, SID: SID!, SQ: SQ!, SVT: SVT! }))
    this.units.open?.irtes.push({ index: index!, low: low!, high: high! })
    return true
  }
  #page(text: string): boolean {
    const of = domain.exec(text)
    if (of !== null) { this.#domains.add(this.#domain = Number(of[1])); return true }
    const found = page.exec(text)
    if (found === null || this.#domain === null) return false
    const number = BigInt(`0x${found[1]!}`), list = this.pages.get(number) ?? []
    if (this.pages.size < most)
      this.pages.set(number, [...list, { domain: this.#domain, frame: BigInt(`0x${found[2]!}`), rights: found[3]! }])
    return true
  }
  #message(text: string): boolean {
    const found = message.exec(text)
    if (found === null) return false
    const vector = parseInt(found[3]!, 16)
    this.messages.set(vector, [...this.messages.get(vector) ?? [], { irq: Number(found[2]),
      dest: found[4]! }].slice(0, 64))
    return true
  }
}
