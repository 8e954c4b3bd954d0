/** Machines made for the tests of `audit`: tables in memory, and a dump of them. */
import { audit } from '../../src/audit/report.ts'
import type { AuditReport } from '../../src/audit/report.ts'
import type { Budget } from '../../src/audit/spaces.ts'
import { openDump } from '../../src/dump/dump.ts'
import type { AnyDump, Dump } from '../../src/dump/dump.ts'
import { registersOf } from '../../src/dump/registers.ts'
import type { RegisterValues } from '../../src/dump/registers.ts'
import { MemoryImage } from '../../spec/iommu/image.ts'
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import {
  contextEntry, encode, firstStageLeaf, firstStageTables, pasidDirectoryEntry, pasidEntry, postedIrte, remappedIrte,
  rootEntry, scalableContextEntry, scalableRootEntry,
  secondStageLeaf, secondStageTables,
} from '../../spec/vtd/layout/index.ts'

export const boot = (name: string): string =>
  new URL(`../../traces/linux/vtd-${name}.tables.json-pages.gz`, import.meta.url).pathname

/** To its end, whatever it yields. @throws Error beyond `steps` yields: an audit must end. */
export function auditOf(dump: AnyDump, budget?: Budget, steps = 1_000_000): AuditReport {
  const run = audit(dump, budget)
  for (let i = 0; i < steps; i++) {
    const step = run.next()
    if (step.done === true) return step.value
  }
  throw new Error('the audit did not end')
}
export const auditBoot = (name: string, absentZero = false): AuditReport =>
  auditOf(openDump(boot(name), { absentZero }))

const bitsSet = (...bits: readonly number[]): bigint => bits.reduce((sum, bit) => sum | 1n << BigInt(bit), 0n)
/** CAP: 39, 48 and 57 bits, MGAW 57, 2M and 1G pages of both stages, posting. ECAP: C, QI, DT, IR, EIM, PT, SC, NEST,
 *  SRS, PASID, SMTS, SSTS, FSTS, SMPWCS, RPS. */
export const full: RegisterValues = {
  CAP: bitsSet(1, 2, 9, 10, 11, 34, 35, 39, 56, 59) | 56n << 16n,
  ECAP: bitsSet(0, 1, 2, 3, 4, 6, 7, 26, 31, 40, 43, 46, 47, 48, 49),
  GSTS: 0xc7000000n, RTADDR: 0x1000n, IRTA: 0x200007n, IQA: 0x300000n,
}

export function dumpOf(memory: PhysicalMemory, values: Partial<RegisterValues> = {}, haw = 46): Dump {
  const { registers, iqa } = registersOf('made', { ...full, ...values })
  return { iommu: 'vtd', path: 'made', format: 'image', unit: null, queue: null, told: [],
    shows: { translation: true, interrupts: true, root: true }, registers, iqa, haw, memory, bytes: 0, assumed: [],
    close: () => {} }
}

/** Root table at 0x1000, context table of bus 0 at 0x2000 (scalable: lower half), tables from 0x400000 on, interrupt
 *  table at 0x200000. */
export class Machine {
  readonly memory = new MemoryImage()
  #next = 0x400000
  constructor(readonly scalable = false) {
    this.memory.cover(0x200, 1)
    this.memory.write(0x1000,
      scalable ? encode(scalableRootEntry, { LP: 1, LCTP: 2 }) : encode(rootEntry, { P: 1, CTP: 2 }))
    this.memory.cover(2)
  }
  table(): number {
    this.memory.cover(this.#next / 4096)
    this.#next += 4096
    return this.#next - 4096
  }
  context(devfn: number, values: Partial<Record<'P' | 'TT' | 'SSPTPTR' | 'AW' | 'DID' | 'FPD', number>>): void {
    this.memory.write(0x2000 + devfn * 16, encode(contextEntry, { P: 1, AW: 2, ...values }))
  }
  /** A device with second-stage tables of four levels; their top. */
  device(devfn: number, did: number): number {
    const top = this.table()
    this.context(devfn, { SSPTPTR: top / 4096, DID: did })
    return top
  }
  /** A leaf of `level` at `input`, and the tables on the way that are not there. `rw` as bits. */
  map(top: number, levels: number, input: number, output: number, rw = 3, level: 1 | 2 | 3 = 1): void {
    const at = this.#walk(top, levels, input, level,
      next => encode(secondStageTables[4], { R: 1, W: 1, ADDR: next / 4096 }))
    const low = [12, 21, 30][level - 1]!
    this.memory.write(at,
      encode(secondStageLeaf[level], { R: rw & 1, W: rw >> 1, PS: level > 1 ? 1 : 0, ADDR: output / 2 ** low }))
  }
  /** As `map`, in first-stage tables whose A and D bits are all set, so that no walk has to. */
  mapFirst(top: number, levels: number, input: number, output: number,
    bits: { readonly RW?: number; readonly US?: number } = {}, level: 1 | 2 | 3 = 1): void {
    const at = this.#walk(top, levels, input, level,
      next => encode(firstStageTables[4], { P: 1, RW: 1, US: 1, A: 1, ADDR: next / 4096 }))
    const low = [12, 21, 30][level - 1]!
    const head = { P: 1, RW: 1, US: 1, A: 1, D: 1, ...bits, ADDR: output / 2 ** low }
    this.memory.write(at,
      level === 1 ? encode(firstStageLeaf[1], head) : encode(firstStageLeaf[level], { ...head, PS: 1 }))
  }
  #walk(top: number, levels: number, input: number, level: number, entry: (next: number) => Uint32Array): number {
    let table = top
    for (let at = levels; ; at--) {
      const place = table + Math.floor(input / 2 ** (12 + 9 * (at - 1))) % 512 * 8
      if (at === level) return place
      const low = this.memory.dword(place)!
      if ((low & 1) === 0) {
        const next = this.table()
        this.memory.write(place, entry(next))
        table = next
      } else table = (low & 0xfffff000) >>> 0
    }
  }
  irte(index: number, values: Parameters<typeof encode<'P' | 'V' | 'DST' | 'SVT' | 'SID' | 'DLM' | 'SQ'>>[1]): void {
    this.memory.write(0x200000 + index * 16, encode(remappedIrte, { P: 1, ...values }))
  }
  posted(index: number, sid: number, descriptor: number): void {
    this.memory.write(0x200000 + index * 16,
      encode(postedIrte, { P: 1, IM: 1, V: 50, SVT: 1, SID: sid, PDAL: descriptor / 64 }))
  }
  /** A scalable-mode device with a PASID table of 64 entries; gives what writes them. */
  pasids(devfn: number,
    { PASIDE = 1, RID_PASID = 0, DTE = 0 } = {}): (pasid: number,
      values: Parameters<typeof encode<PasidField>>[1]) => void {
    const directory = this.table(), table = this.table()
    this.memory.write(0x2000 + devfn * 32,
      encode(scalableContextEntry, { P: 1, PASIDE, RID_PASID, DTE, PDTS: 0, PASIDDIRPTR: directory / 4096 }))
    this.memory.write(directory, encode(pasidDirectoryEntry, { P: 1, SMPTBLPTR: table / 4096 }))
    return (pasid, values) => {
      this.memory.write(table + pasid * 64, encode(pasidEntry, { P: 1, PWSNP: 1, ...values }))
    }
  }
  audit(values: Partial<RegisterValues> = {}, budget?: Budget): AuditReport {
    return auditOf(dumpOf(this.memory, { ...this.scalable ? { RTADDR: 0x1400n } : {}, ...values }), budget)
  }
}
type PasidField = 'P' | 'PGTT' | 'AW' | 'SSPTPTR' | 'FSPTPTR' | 'FSPM' | 'DID' | 'PWSNP' | 'SRE' | 'WPE'

export const codesOf = (report: AuditReport): string[] => [...new Set(report.alarms.map(({ code }) => code))]
