/** Units as texts of Linux show them: registers, root and context entries, interrupt entries (iommu_regset,
 *  dmar_translation_struct, ir_translation_struct and invalidation_queue in debugfs; Linux
 *  drivers/iommu/intel/debugfs.c: facts about its texts), and the boot lines of dmesg. */
import { registerNames } from '../registers.ts'
import type { RegisterName } from '../registers.ts'

/** A root, context and PASID entry; quadwords, the lowest first. `pasid` -1 in legacy mode. */
export interface ContextRow {
  readonly sid: number; readonly root: readonly bigint[]; readonly context: readonly bigint[]
  readonly pasid: number; readonly entry: readonly bigint[]
}
export interface IrteRow { readonly index: number; readonly low: bigint; readonly high: bigint }
export interface UnitText {
  readonly name: string
  /** Put together of page tables whose unit no text names. */
  nameless: boolean
  readonly values: Map<RegisterName, bigint>
  base: bigint | null
  rootTable: bigint | null
  /** Null where no text says. */
  translates: boolean | null
  remaps: boolean | null
  readonly contexts: ContextRow[]
  interruptTable: bigint | null
  readonly irtes: IrteRow[]
  queue: Queue | null
}
/** Indices of the head and the tail, and descriptors as they stand in the ring; quadwords, the lowest first.
 *  `status`: 0 free, 1 in use, 2 done, 3 given up. */
export interface Queue {
  readonly head: number; readonly tail: number
  readonly rows: { readonly index: number; readonly words: readonly bigint[]; readonly status: bigint }[]
}

const of = {
  boot: /\b(dmar\d+): reg_base_addr ([0-9a-f]{1,16}) ver \S+ cap ([0-9a-f]{1,16}) ecap ([0-9a-f]{1,16})/,
  registers: /^IOMMU: (\S+) Register Base Address: ([0-9a-f]{1,16})$/,
  register: /^([A-Z]\w*)\s+0x[0-9a-f]{1,4}\s+0x([0-9a-f]{1,16})$/,
  root: /^IOMMU (\S+): Root Table Address: ?(?:0x)?([0-9a-f]{1,16})$/,
  /** Linux 4.20 to 5.2: a root entry, and below it the context entries of its bus, each upper half first. */
  oldRoot: /^\s+Bus: (\d{1,3}) H: ([0-9a-f]{1,16}) L: ([0-9a-f]{1,16})$/,
  oldContext: /^\s+\d{1,3}\s+([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])\s+([0-9a-f]{1,16})\s+([0-9a-f]{1,16})$/,
  untranslated: /^DMA Remapping is not enabled on (\S+)$/,
  context: new RegExp(String.raw`^([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])\s+0x(\w{16}):0x(\w{16})\s+0x(\w{16}):0x(\w{16})`
    + String.raw`\s+(-?\d{1,7})\s+0x(\w{13,16}):0x(\w{13,16}):0x(\w{13,16})$`),
  remapped: /^(?:Remapped|Posted) Interrupt supported on IOMMU: (\S+)$/,
  unmapped: /^Interrupt Remapping is not enabled/,
  table: /^ ?IR table address:([0-9a-f]{1,16})$/,
  irte: new RegExp(String.raw`^ ?(\d{1,5})\s+[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\s+(?:[0-9a-f]{8}\s+){1,2}[0-9a-f]{2}`
    + String.raw`\s+([0-9a-f]{16})\s+([0-9a-f]{16})$`),
  queue: /^Invalidation queue on IOMMU: (\S+)$/,
  queueBase: /^ ?Base: 0x([0-9a-f]{1,16})\s+Head: (\d{1,9})\s+Tail: (\d{1,9})$/,
} as const
const queueRow = /^\s*(\d{1,5})\t((?:[0-9a-f]{16}\t){2,4})([0-9a-f]{16})$/
const mostUnits = 64, mostContexts = 1 << 20, mostIrtes = 1 << 16, mostDescriptors = 1 << 12

export class UnitTexts {
  readonly units = new Map<string, UnitText>()
  #open: UnitText | null = null
  #oldRoot: readonly bigint[] | null = null
  /** The one that the last heading named. */
  get open(): UnitText | null { return this.#open }

  take(line: string): boolean {
    return this.#ofRegisters(line) || this.#ofTables(line) || this.#ofInterrupts(line) || this.#ofQueue(line)
  }

  unit(name: string): UnitText | null {
    const known = this.units.get(name)
    if (known !== undefined || this.units.size >= mostUnits) return this.#open = known ?? null
    const made: UnitText = { name, nameless: false, values: new Map(), base: null, rootTable: null, translates: null,
      remaps: null,
      contexts: [], interruptTable: null, irtes: [], queue: null }
    this.units.set(name, made)
    return this.#open = made
  }

  #ofRegisters(line: string): boolean {
    const boot = of.boot.exec(line), head = of.registers.exec(line)
    if (boot !== null) {
      const unit = this.unit(boot[1]!)
      if (unit !== null) {
        unit.base = big(boot[2]!)
        unit.values.set('CAP', big(boot[3]!)).set('ECAP', big(boot[4]!))
      }
      return true
    }
    if (head !== null) {
      const unit = this.unit(head[1]!)
      if (unit !== null) unit.base = big(head[2]!)
      return true
    }
    const [, name, value] = of.register.exec(line) ?? []
    if (name === undefined) return false
    if (this.#open !== null && (registerNames as readonly string[]).includes(name))
      this.#open.values.set(name as RegisterName, big(value!))
    return true
  }

  #ofTables(line: string): boolean {
    const root = of.root.exec(line)
    if (root !== null) {
      const unit = this.unit(root[1]!)
      if (unit !== null) { unit.rootTable = big(root[2]!); unit.translates = true }
      return true
    }
    const off = of.untranslated.exec(line)
    if (off !== null) {
      const unit = this.unit(off[1]!)
      if (unit !== null) unit.translates = false
      return true
    }
    const found = of.context.exec(line)
    if (found === null) return this.#ofOldTables(line) || line.startsWith('B.D.F')
    const [, bus, device, fn, rootHigh, rootLow, high, low, pasid, two, one, zero] = found
    if (this.#open !== null && this.#open.contexts.length < mostContexts) this.#open.contexts.push({
      sid: parseInt(bus!, 16) << 8 | parseInt(device!, 16) << 3 | Number(fn), pasid: Number(pasid),
      root: [big(rootLow!), big(rootHigh!)], context: [big(low!), big(high!)],
      entry: [big(zero!), big(one!), big(two!)],
    })
    return true
  }

  #ofOldTables(line: string): boolean {
    const root = of.oldRoot.exec(line), found = of.oldContext.exec(line)
    if (root !== null) { this.#oldRoot = [big(root[3]!), big(root[2]!)]; return true }
    if (found === null || this.#oldRoot === null)
      return /^(?:Root Table Entries:| Context Table Entries for Bus: )/.test(line)
    const [, bus, device, fn, high, low] = found
    if (this.#open !== null && this.#open.contexts.length < mostContexts) this.#open.contexts.push({
      sid: parseInt(bus!, 16) << 8 | parseInt(device!, 16) << 3 | Number(fn), pasid: -1,
      root: this.#oldRoot, context: [big(low!), big(high!)], entry: [] })
    return true
  }

  #ofInterrupts(line: string): boolean {
    const head = of.remapped.exec(line)
    if (head !== null) {
      const unit = this.unit(head[1]!)
      if (unit !== null) unit.remaps = true
      return true
    }
    const table = of.table.exec(line)
    if (table !== null) { if (this.#open !== null) this.#open.interruptTable = big(table[1]!); return true }
    if (of.unmapped.test(line)) { if (this.#open !== null) this.#open.remaps = false; return true }
    const entry = of.irte.exec(line)
    if (entry === null) return /^ Entry SrcID|^\*{4}$/.test(line)
    if (this.#open !== null && this.#open.irtes.length < mostIrtes)
      this.#open.irtes.push({ index: Number(entry[1]), high: big(entry[2]!), low: big(entry[3]!) })
    return true
  }

  #ofQueue(line: string): boolean {
    const head = of.queue.exec(line), base = of.queueBase.exec(line)
    if (head !== null) { this.unit(head[1]!); return true }
    if (base !== null && this.#open !== null) {
      if (!this.#open.values.has('IQA')) this.#open.values.set('IQA', big(base[1]!))
      this.#open.queue = { head: Number(base[2]), tail: Number(base[3]), rows: [] }
    }
    if (base !== null || line.startsWith('Index\t\tqw0')) return true
    const row = queueRow.exec(line), queue = this.#open?.queue ?? null
    if (row !== null && queue !== null && queue.rows.length < mostDescriptors) queue.rows.push({
      index: Number(row[1]), words: row[2]!.trim().split('\t').map(big), status: big(row[3]!) })
    return row !== null
  }
}
const big = (digits: string): bigint => BigInt(`0x${digits}`)
