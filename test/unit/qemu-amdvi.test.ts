/** The oracle of AMD-Vi without QEMU: its walk is the model's where nothing is left out, what it leaves out is named,
 *  and
 *  what its IOTLB holds follows from the commands. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entryReader } from '../../spec/amdvi/layout/read-entries.ts'
import { rulesOf, translationUnitOf } from '../../spec/amdvi/capabilities.ts'
import { remap } from '../../spec/amdvi/remap/remap.ts'
import { rawTables } from '../../spec/amdvi/walk/raw-tables.ts'
import { translate } from '../../spec/amdvi/walk/walk.ts'
import { RamImage } from '../../src/qemu/oracle/memory-map.ts'
import { agrees, wayOf } from '../../src/qemu/amdvi/oracle/compared.ts'
import type { DmaCompared } from '../../src/qemu/amdvi/oracle/compared.ts'
import { walkExceptionNames, walkExceptions } from '../../src/qemu/amdvi/oracle/exceptions.ts'
import { interruptExceptions } from '../../src/qemu/amdvi/oracle/interrupt-exceptions.ts'
import { qemuWalk } from '../../src/qemu/amdvi/oracle/qemu-walk.ts'
import type { Request, Walked } from '../../src/qemu/amdvi/oracle/qemu-walk.ts'
import { refusesDevice } from '../../src/qemu/amdvi/oracle/reserved.ts'
import { TracedPages } from '../../src/qemu/amdvi/oracle/traced-pages.ts'
import { addressOf, at, requesters, walkCases, writeTables } from '../../src/qemu/amdvi/oracle/walk-case.ts'
import type { WalkCase } from '../../src/qemu/amdvi/oracle/walk-case.ts'

/** What QEMU 7.2 says of its unit. */
const registers = { ExtFeature: [0x29d3, 0], IommuControl: [0x1005, 0] }
function walkedOf(one: WalkCase): Walked {
  const memory = new RamImage()
  writeTables(memory, one)
  const reader = entryReader(rulesOf(registers, 52), false)
  return { unit: translationUnitOf(registers), refuses: () => false,
    tables: rawTables(memory, { segments: [{ address: at.deviceTable, devices: 128 }] }, reader) }
}
const requestsOf = (one: WalkCase): readonly Request[] => one.requests.map(given =>
  ({ device: requesters[given.device]!, address: addressOf(given), access: given.write ? 'write' : 'read' }))

describe('a walk', () => {
  it('is the model\'s where nothing is left out', () => {
    const kinds = new Set<string>()
    fc.assert(fc.property(walkCases(), one => {
      const walked = walkedOf(one)
      for (const request of requestsOf(one)) {
        const model = translate(walked.tables, walked.unit, request), way = qemuWalk(walked, request, new Set())
        const same = wayOf(model, request)
        expect({ ...way, last: null }).toEqual({ ...same, last: null })
        kinds.add(model.kind)
      }
    }), { numRuns: 40, seed: 1 })
    expect(kinds).toEqual(new Set(['untranslated', 'translated', 'fault']))
  })
  it('in a ring of tables never ends in QEMU, and is refused by the model', () => {
    const walked = walkedOf({ devices: [], entries: [], requests: [] })
    const ring = { present: true, nextLevel: 3, address: 0x1000, read: true, write: true, reserved: false }
    const kindOf = (out: Parameters<typeof qemuWalk>[2]) =>
      qemuWalk({ ...walked, tables: { ...walked.tables, pageEntry: () => ring } },
        { device: 0x18, address: 0, access: 'read' }, out).kind
    expect([kindOf(walkExceptionNames), kindOf(new Set())]).toEqual(['endless', 'blocked'])
  })

  const usual = { valid: true, translates: true, mode: 3, to: 'next0', read: true, write: true, bits: [] } as const
  const leaf = { level: 1, table: 0, slot: 0, present: false, read: true, write: true, next: 0, to: 'next0', doubled: 0,
    bits: [] } as const
  it('that uses a leaf which is not present is explained, and nothing beside it', () => {
    const walked = walkedOf({ devices: [{ device: 0, ...usual, bits: [] }], entries: [{ ...leaf, bits: [] }],
      requests: [] })
    const request: Request = { device: 0x18, address: 0, access: 'write' }
    const compared = (page: number, moved = true): DmaCompared => ({ ...walked, request, page, moved,
      model: translate(walked.tables, walked.unit, request), cameFrom: address => moved && address === page })
    expect(agrees(compared(0x200_0000, false), { kind: 'blocked' })).toBe(true)
    expect(walkExceptions(compared(0x200_0000))).toEqual(['absent-leaf-used'])
    expect(walkExceptions(compared(0x200_1000))).toBeNull()
  })
  it('refuses by version the bits that QEMU takes for reserved', () => {
    const word = (bit: number): number[] => Array.from({ length: 8 }, (_, i) => i === bit >>> 5 ? 1 << (bit & 31) : 0)
    const refused = (major: number): number[] =>
      [1, 2, 52, 63, 72, 186, 187, 192].filter(bit => refusesDevice({ major, minor: 0, micro: 0 }, word(bit)))
    expect(refused(7)).toEqual([2, 63, 192])
    expect(refused(10)).toEqual([2, 52, 63, 72, 187, 192])
  })
})

it('an interrupt is explained by the fewest exceptions that lead to just what was sent', () => {
  const map = { valid: true, control: 2, table: 0, length: 5, ignored: false, reserved: false,
    passes: { init: false, extInt: false, nmi: false } } as const
  const entry = { enabled: true, suppressed: false, type: 0, logical: false, guestMode: false, guest: null,
    destination: 2,
    vector: 0x55, reserved: true }
  const unit = { enabled: true, xt: false, guestMode: false, mostLength: 9, passesSmi: false,
    tellsAborts: false, indexFirst: true }
  const asked = (index: number, reserved: boolean) => {
    const request = { index, unmapped: { vector: index, type: 0, destination: 1, logical: false } }
    const entryOf = () => ({ ...entry, reserved })
    return { device: 0x18, address: 0, data: index, unit, map, request, refused: false, entryOf,
      model: remap(unit, map, request, entryOf) }
  }
  const sent = { vector: 0x55, type: 0, destination: 2, logical: false }
  expect(interruptExceptions(asked(40, false), sent)).toEqual(['table-length-unchecked'])
  expect(interruptExceptions(asked(40, true), sent))
    .toEqual(['table-length-unchecked', 'interrupt-entry-bits-unchecked'])
  expect(interruptExceptions(asked(40, false), { ...sent, vector: 0x56 })).toBeNull()
  expect(interruptExceptions(asked(1, false), null)).toBeNull()
})

it('a page is held until a command names it or one of the pages beside it in its entry', () => {
  const traced = new TracedPages(), all = { read: true, write: true }
  const fill = (page: number, first: number, pages: number): void =>
  { traced.fill({ device: 0x18, domain: 1, page, first,
    pages, output: 0, size: 4096 * pages, allowed: all, withAbsent: all, last: all }) }
  fill(5, 5, 1)
  fill(0x200, 0x200, 0x200)
  traced.command({ type: 'pages', domain: 2, page: 5, pages: 1, directories: true })
  expect(traced.find(0x18, 5)).toMatchObject({ doomed: false })
  traced.command({ type: 'pages', domain: 1, page: 0x3ff, pages: 1, directories: false })
  expect(traced.find(0x18, 0x200)).toBeNull()
  expect(traced.find(0x18, 5)).toMatchObject({ doomed: true })
  traced.command({ type: 'all' })
  expect(traced.find(0x18, 5)).toBeNull()
})
