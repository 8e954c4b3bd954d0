/** Tables of a dump as Linux lists them in debugfs, in the very form of its files. */
import type { AuditReport } from '../../src/audit/report.ts'
import type { Dump } from '../../src/dump/dump.ts'

const pad = (value: bigint, digits: number): string => value.toString(16).padStart(digits, '0')
const addressBits = 0xffffffffff000n

export function debugfsOf(dump: Dump, { devices, interrupts }: AuditReport): string {
  const { memory, registers: { cap, ecap, gsts, rtaddr, irta } } = dump
  const word = (address: bigint): bigint => {
    const page = memory.page(Number(address >> 12n)), at = Number(address & 0xfffn) / 4
    return page === undefined ? 0n : BigInt(page[at + 1]!) << 32n | BigInt(page[at]!)
  }
  const big = (of: ArrayLike<number>): bigint => BigInt(of[1] ?? 0) << 32n | BigInt(of[0]!)
  const values = { CAP: big(cap), ECAP: big(ecap), GSTS: BigInt(gsts), RTADDR: big(rtaddr), IRTA: big(irta) }
  const root = values.RTADDR & addressBits, scalable = (values.RTADDR >> 10n & 3n) === 1n
  const domains: string[] = []
  const contexts = devices.map(({ device, ways }) => {
    const [bus = 0n, slot = 0n, fn = 0n] = device.split(/[:.]/).map(text => BigInt(`0x${text}`))
    const devfn = slot << 3n | fn
    const entry = [word(root + bus * 16n), word(root + bus * 16n + 8n)] as const
    const table = entry[scalable && devfn >= 0x80n ? 1 : 0] & addressBits
    const at = table + (scalable ? (devfn & 0x7fn) * 32n : devfn * 16n)
    const context = [word(at), word(at + 8n)] as const
    const pasids = scalable ? ways.map(({ pasid }) => BigInt(pasid ?? 0)) : [-1n]
    return pasids.map(pasid => {
      const own = pasid < 0n ? [0n, 0n, 0n] as const : pasidWords(word, context[0], pasid)
      const [top, levels] = pasid < 0n ? [context[0] & addressBits, Number(context[1] & 7n) + 2]
        : topOf(own)
      if (levels > 0) domains.push(...leavesOf(word, device, top, levels))
      return `${device}\t0x${pad(entry[1], 16)}:0x${pad(entry[0], 16)}\t0x${pad(context[1], 16)}:0x${pad(context[0],
        16)}`
        + `\t${String(pasid).padEnd(6)}\t0x${pad(own[2], 16)}:0x${pad(own[1], 16)}:0x${pad(own[0], 16)}`
    })
  })
  const table = values.IRTA & addressBits
  const irtes = interrupts.entries.map(({ index }) => {
    const low = word(table + BigInt(index) * 16n), high = word(table + BigInt(index) * 16n + 8n)
    const sid = Number(high & 0xffffn)
    return ` ${String(index).padEnd(5)} ${pad(BigInt(sid >> 8), 2)}:${pad(BigInt(sid >> 3 & 31), 2)}.${sid & 7} `
      + `${pad(low >> 32n, 8)} ${pad(low >> 16n & 0xffn, 2)}  ${pad(high, 16)}\t${pad(low, 16)}`
  })
  return [
    'IOMMU: dmar0 Register Base Address: fed90000', 'Name\t\t\tOffset\t\tContents',
    ...Object.entries(values).map(([name, value]) => `${name.padEnd(16)}\t0x08\t\t0x${pad(value, 16)}`), '',
    `IOMMU dmar0: Root Table Address: 0x${root.toString(16)}`,
    'B.D.F\tRoot_entry\t\t\t\tContext_entry\t\t\t\tPASID\tPASID_table_entry', ...contexts.flat(), '', ...domains,
    'Remapped Interrupt supported on IOMMU: dmar0', ` IR table address:${table.toString(16)}`,
    ' Entry SrcID   DstID    Vct IRTE_high\t\tIRTE_low', ...irtes, '', '****', '',
    'Posted Interrupt supported on IOMMU: dmar0', ` IR table address:${table.toString(16)}`,
    ' Entry SrcID   PDA_high PDA_low  Vct IRTE_high\t\tIRTE_low', '',
  ].join('\n')
}

type Words = (address: bigint) => bigint
function pasidWords(word: Words, context: bigint, pasid: bigint): readonly [bigint, bigint, bigint] {
  const table = word((context & addressBits) + (pasid >> 6n) * 8n) & addressBits
  const at = table + (pasid & 63n) * 64n
  return [word(at), word(at + 8n), word(at + 16n)]
}
/** First or second stage; nothing of pass-through. */
function topOf([zero, , two]: readonly [bigint, bigint, bigint]): readonly [bigint, number] {
  const type = zero >> 6n & 7n
  if (type === 1n) return [two & addressBits, (two >> 2n & 3n) === 1n ? 5 : 4]
  return type === 2n ? [zero & addressBits, Number(zero >> 2n & 7n) + 2] : [0n, 0]
}
function leavesOf(word: Words, device: string, top: bigint, levels: number): string[] {
  const rows = [`Device 0000:${device} @0x${top.toString(16)}`,
    'IOVA_PFN         \tPML5E             \tPML4E             \tPDPE              \tPDE               \tPTE']
  const visit = (table: bigint, level: number, page: bigint, above: readonly bigint[]): void => {
    for (let i = 0n; i < 512n; i++) {
      const entry = word(table + i * 8n)
      if ((entry & 3n) === 0n) continue
      const here = [...above, entry], number = page | i << BigInt(9 * (level - 1))
      if (level === 1 || (entry & 0x80n) !== 0n) {
        const columns = [...Array<bigint>(5 - levels).fill(0n), ...here, ...Array<bigint>(level - 1).fill(0n)]
        rows.push(`0x${pad(number, 13)} |\t${columns.map(value => `0x${pad(value, 16)}`).join('\t')}`)
      } else visit(entry & addressBits, level - 1, number, here)
    }
  }
  visit(top, levels, 0n, [])
  return rows
}
