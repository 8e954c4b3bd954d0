/** The audit against the walker: what it says a device reaches is what `translate` lets through, address by address;
 *  and dumps that are damaged. */
import * as fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { bdf } from '../../src/audit/devices.ts'
import { rightsAt } from '../../src/audit/reach.ts'
import { renderAudit } from '../../src/audit/render.ts'
import type { AuditReport } from '../../src/audit/report.ts'
import { standardBudget } from '../../src/audit/spaces.ts'
import { openDump } from '../../src/dump/dump.ts'
import type { Dump } from '../../src/dump/dump.ts'
import { UserError } from '../../src/errors.ts'
import { headOf } from '../../src/report/head.ts'
import { auditPieces } from '../../src/report/json/audit.ts'
import { theme } from '../../src/text/theme.ts'
import { rootsOf, rulesOf, translationUnitOf } from '../../spec/vtd/capabilities.ts'
import { entryReader } from '../../spec/vtd/layout/read-entries.ts'
import { rawTables } from '../../spec/vtd/walk/raw-tables.ts'
import { translate } from '../../spec/vtd/walk/walk.ts'
import { wrongIn } from '../documents.ts'
import { auditOf, boot, dumpOf, Machine } from './audit-support.ts'

interface Asked {
  readonly sid: number
  readonly pasid: number | null
  readonly address: number
  readonly access: 'read' | 'write'
  readonly privileged?: boolean
}
/** What the audit and the walker say of one access: the host page, or null where it is refused. */
function both(dump: Dump, report: AuditReport) {
  const { registers, haw, memory } = dump
  const tables = rawTables(memory, rootsOf(registers), entryReader(rulesOf(registers, haw)))
  const unit = translationUnitOf(registers, haw)
  return ({ sid, pasid, address, access, privileged = false }: Asked) => {
    const result = translate(tables, unit,
      { sid, type: 'untranslated', access, address, dword: false, pasid, privileged, execute: false })
    const ways = report.devices.find(({ device }) => device === bdf(sid))?.ways ?? []
    const space = ways.find(way => way.pasid === pasid)?.space
    let audited: number | null = null
    if (space !== null && space !== undefined) {
      const { ranges } = report.spaces[space]!
      const at = ranges.find(address)
      if (at >= 0 && (ranges.rights(at) & (access === 'read' ? 1 : 2)) !== 0)
        audited = ranges.output(at) + address - ranges.input(at)
    }
    return { walked: result.kind === 'translated' ? result.page : null, audited }
  }
}

/** Few places, so that mappings meet: large pages beside small ones, the interrupt range, beyond 48 bits, missing
 *  rights. */
const places = fc.constantFrom(0, 0x1000, 0x200000, 0x201000, 0x40000000, 0xfee00000, 0xfee01000, 0xfec00000, 2 ** 38,
  2 ** 46, 2 ** 47, 2 ** 47 + 0x1000)
const outputs = fc.constantFrom(0x8000000, 0x8001000, 0x40000000, 0xfee00000, 0xfec00000, 0xfee01000, 2 ** 45, 2 ** 47)
const mapping = fc.record({ input: places, output: outputs, rw: fc.integer({ min: 1, max: 3 }),
  level: fc.constantFrom(1 as const, 1 as const, 2 as const, 3 as const) })
/** A byte of a paging entry somewhere, damaged: reserved bits, other addresses, cleared rights. */
const damage = fc.record({ table: fc.nat(40), word: fc.nat(1023), bit: fc.integer({ min: 0, max: 31 }) })
const aligned = (address: number, level: number): number => address - address % 2 ** (12 + 9 * (level - 1))
const probes = [0, 0x1000, 0x2000, 0x200000, 0x201000, 0x3ff000, 0x40000000, 0x40001000, 0xfec00000, 0xfedff000,
  0xfef00000, 2 ** 38, 2 ** 46, 2 ** 47]

function hurt(machine: Machine,
  wounds: readonly { readonly table: number; readonly word: number; readonly bit: number }[]): void {
  for (const { table, word, bit } of wounds) {
    const page = machine.memory.page(0x400 + table)
    // Entries in use are few: the wound goes to the next one.
    for (let i = 0; page !== undefined && i < 1024; i++) {
      const at = (word + i) % 1024
      if (page[at] === 0) continue
      page[at] = (page[at]! ^ 1 << bit) >>> 0
      break
    }
  }
}

describe('the audit and the walker agree', () => {
  it('on second-stage tables of three, four and five levels', () => {
    let reached = 0
    fc.assert(fc.property(fc.constantFrom(3, 4, 5), fc.array(mapping, { maxLength: 6 }), fc.array(damage,
      { maxLength: 2 }), (levels, mappings, wounds) => {
      const machine = new Machine()
      const top = machine.table()
      machine.context(0x10, { SSPTPTR: top / 4096, AW: levels - 2, DID: 1 })
      for (const { input, output, rw, level } of mappings) if (input < 2 ** (12 + 9 * levels))
        machine.map(top, levels, aligned(input, level), aligned(output, level), rw, level)
      hurt(machine, wounds)
      const dump = dumpOf(machine.memory)
      const report = auditOf(dump)
      const ask = both(dump, report)
      for (const address of probes) for (const access of ['read', 'write'] as const) {
        const { walked, audited } = ask({ sid: 0x10, pasid: null, address, access })
        expect({ address, access, page: audited }).toEqual({ address, access, page: walked })
        if (walked !== null) {
          reached++
          expect(rightsAt(report.spaces[0]!.reach, walked) & (access === 'read' ? 1 : 2)).not.toBe(0)
        }
      }
    }), { numRuns: 80, seed: 2026 })
    expect(reached).toBeGreaterThan(100)
  })

  const first = fc.record({ input: places, output: outputs, RW: fc.nat(1), US: fc.nat(1),
    level: fc.constantFrom(1 as const, 1 as const, 2 as const, 3 as const) })
  it('on first-stage tables, with and without privileged requests', () => {
    let reached = 0
    fc.assert(fc.property(fc.nat(1), fc.nat(1), fc.constantFrom(0, 1), fc.array(first,
      { maxLength: 6 }), fc.array(damage, { maxLength: 2 }), (SRE, WPE, FSPM, mappings, wounds) => {
      const machine = new Machine(true)
      const top = machine.table()
      for (const { input, output, level, ...bits } of mappings)
        machine.mapFirst(top, 4 + FSPM, aligned(input, level), aligned(output, level), bits, level)
      hurt(machine, wounds)
      machine.pasids(0x10)(5, { P: 1, PGTT: 1, FSPTPTR: top / 4096, FSPM, SRE, WPE, DID: 1 })
      const dump = dumpOf(machine.memory, { RTADDR: 0x1400n, CAP: dumpCap })
      const report = auditOf(dump)
      const ask = both(dump, report)
      for (const place of [...probes, 2 ** 64 - 2 ** 47]) for (const access of ['read', 'write'] as const) {
        const answers = [false, true].slice(0, 1 + SRE)
          .map(privileged => ask({ sid: 0x10, pasid: 5, address: place, access, privileged }))
        const walked = answers.map(one => one.walked).find(page => page !== null) ?? null
        expect({ place, access, page: answers[0]!.audited }).toEqual({ place, access, page: walked })
        if (walked !== null) reached++
      }
    }), { numRuns: 80, seed: 2026 })
    expect(reached).toBeGreaterThan(100)
  })

  it('on nested tables', () => {
    let reached = 0
    const guestPages = fc.constantFrom(0, 0x1000, 0x200000)
    const outside = fc.record({ input: guestPages, output: outputs, rw: fc.integer({ min: 1, max: 3 }),
      level: fc.constantFrom(1 as const, 2 as const) })
    const guest = fc.record({ output: guestPages, input: places, RW: fc.nat(1),
      level: fc.constantFrom(1 as const, 2 as const) })
    fc.assert(fc.property(fc.array(guest, { minLength: 1, maxLength: 5 }), fc.array(outside,
      { minLength: 1, maxLength: 5 }), (inner, outer) => {
      const machine = new Machine(true)
      const second = machine.table()
      // The guest's tables lie at their own address, in the 2 MB from 0x400000 on.
      machine.map(second, 4, 0x400000, 0x400000, 1, 2)
      for (const { input, output, rw, level } of outer)
        machine.map(second, 4, aligned(input, level), aligned(output, level), rw, level)
      const top = machine.table()
      for (const { input, output, level, RW } of inner)
        machine.mapFirst(top, 4, aligned(input, level), aligned(output, level), { RW }, level)
      machine.pasids(0x10)(5, { P: 1, PGTT: 3, AW: 2, SSPTPTR: second / 4096, FSPTPTR: top / 4096, DID: 1 })
      const dump = dumpOf(machine.memory, { RTADDR: 0x1400n })
      const report = auditOf(dump)
      const ask = both(dump, report)
      for (const address of probes) for (const access of ['read', 'write'] as const) {
        const { walked, audited } = ask({ sid: 0x10, pasid: 5, address, access })
        expect({ address, access, page: audited }).toEqual({ address, access, page: walked })
        if (walked !== null) reached++
      }
    }), { numRuns: 80, seed: 2026 })
    expect(reached).toBeGreaterThan(50)
  })
})
const dumpCap = (1n << 60n) | 0x1900_000c_0038_0e06n | 1n << 39n

describe('damaged dumps', () => {
  const dir = mkdtempSync(join(tmpdir(), 'remapcheck-damage-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  const small = { ...standardBudget(), tables: 3000, tablesPerSpace: 1000, ranges: 20_000, pasids: 20_000,
    directories: 200_000 }
  const bytes = ['strict', 'sm'].map(name => gunzipSync(readFileSync(boot(name))))
  it('end in a report or in a mistake of the user, never otherwise', () => {
    let reports = 0, mistakes = 0
    const path = join(dir, 'dump')
    const flip = fc.tuple(fc.nat(2 ** 31), fc.nat(7))
    const rarely = <T>(value: fc.Arbitrary<T>) =>
      fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value })
    fc.assert(fc.property(fc.nat(1), fc.array(flip, { maxLength: 12 }), rarely(flip), rarely(fc.nat(2 ** 31)),
      fc.boolean(), (which, wounds, headWound, cut, zeros) => {
        const damaged = Buffer.from(bytes[which]!)
        const lineEnd = damaged.indexOf(10)
        for (const [at, bit] of wounds) damaged[lineEnd + 1 + inUse(damaged, lineEnd + 1, at)]! ^= 1 << bit
        if (headWound !== null) damaged[headWound[0] % lineEnd]! ^= 1 << headWound[1]
        writeFileSync(path, cut === null ? damaged : damaged.subarray(0, cut % damaged.length))
        try {
          const report = auditOf(openDump(path, { absentZero: zeros }), { ...small }, 100_000)
          const text = [...renderAudit(report, theme(false), false)].join('')
          expect(text).toContain('devices')
          expect(wrongIn(JSON.parse([
            ...auditPieces({ kind: 'audit', exit: 'holds', audit: report, policy: null },
              headOf('audit', 'holds', { tool: 'remapcheck', version: '0' }))
          ].join('')))).toBe(null)
          reports++
        } catch (cause) {
          if (!(cause instanceof UserError)) throw cause
          mistakes++
        }
      }), { numRuns: 60, seed: 2026 })
    expect(reports).toBeGreaterThan(20)
    expect(mistakes).toBeGreaterThan(5)
  })
})

/** The next byte from `at` on that is not 0, within the pages. */
function inUse(bytes: Uint8Array, from: number, at: number): number {
  const length = bytes.length - from
  for (let i = 0; i < 4096; i++) if (bytes[from + (at + i) % length] !== 0) return (at + i) % length
  return at % length
}
