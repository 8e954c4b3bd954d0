/** Dumps: what is read of good ones, and what is said of bad ones. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { openDump } from '../../src/dump/dump.ts'
import type { Dump } from '../../src/dump/dump.ts'
import { UserError } from '../../src/errors.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-dump-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
let files = 0
const fileOf = (content: Uint8Array | string): string => {
  const path = join(dir, `dump-${files++}`)
  writeFileSync(path, content)
  return path
}
const strict = new URL('../../traces/linux/vtd-strict.tables.json-pages.gz', import.meta.url).pathname
const registers = { CAP: '0xd2008c22260206', ECAP: '0xf00f4a', GSTS: '0xc7000000', RTADDR: '0x1000', IRTA: '0x200f',
  IQA: '0x3000' }
const pagesFile = (head: object, ...pages: readonly Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.from(JSON.stringify(head) + '\n'), ...pages])
const page = (fill: number): Uint8Array => new Uint8Array(4096).fill(fill)
const values = { CAP: 0xd2008c22260206n, ECAP: 0xf00f4an, RTADDR: 0x1000n, IRTA: 0n }

function mistakeOf(path: string, options: Parameters<typeof openDump>[1] = {}): string {
  try { openDump(path, options).close() } catch (cause) {
    if (cause instanceof UserError) return cause.text().replaceAll(path, 'FILE')
    throw cause
  }
  return 'no mistake'
}

function openVtd(...args: Parameters<typeof openDump>): Dump {
  const dump = openDump(...args)
  if (dump.iommu !== 'vtd') throw new Error(`a dump of ${dump.iommu}`)
  return dump
}

describe('a trimmed dump', () => {
  it('of a boot holds its registers and pages', () => {
    const dump = openVtd(strict)
    expect([dump.format, dump.bytes, dump.registers.gsts, Array.from(dump.registers.rtaddr), Array.from(dump.iqa!)])
      .toEqual(['pages', 24 * 4096, 0xc7000000, [0x57ac000, 0], [0x49c2000, 0]])
    expect(dump.memory.page(0x57ac)![0]).toBe(0x57b4001)
    expect(dump.memory.page(0x57ad)).toBeUndefined()
  })
  it('may be plain, and flags come before what it says', () => {
    const dump = openVtd(fileOf(gunzipSync(readFileSync(strict))), { values: { GSTS: 0n }, haw: 39 })
    expect([dump.registers.gsts, dump.haw, dump.assumed, dump.bytes]).toEqual([0, 39, [], 24 * 4096])
  })
  const two = { ...registers, pages: ['0x1000', '0x3000'] }
  it.each<[string, Uint8Array | string, string]>([
    ['of nothing', '', 'FILE: the file is empty [E-DUMP-EMPTY]'],
    ['cut within gzip', gzipSync(pagesFile(two, page(1), page(2))).subarray(0, -12),
      'FILE: the file ends too early: of 2 pages'],
    ['cut within the check sum', gzipSync(pagesFile(two, page(1), page(2))).subarray(0, -8),
      'FILE: all 2 pages are there, but the end of the gzip file is not'],
    ['cut between pages', pagesFile(two, page(1)),
      'FILE: the file ends too early: of 2 pages 1 are there, and 0x3000 is the first that is missing '
        + '[E-DUMP-TRUNCATED]'],
    ['cut within the first line', JSON.stringify(two).slice(0, 40),
      'FILE:1:41: the file ends in the middle of its first line [E-DUMP-TRUNCATED]'],
    ['with a page twice', pagesFile({ ...two, pages: ['0x1000', '0x01000'] }, page(1), page(1)),
      'FILE: pages[1]: 0x01000 is named twice [E-DUMP-PAGES]'],
    ['with pages that overlap', pagesFile({ ...two, pages: ['0x1000', '0x1800'] }, page(1), page(1)),
      'FILE: pages.1: "0x1800", expected a multiple of 0x1000 [E-DUMP-FIELD]'],
    ['with a page too far up', pagesFile({ ...two, pages: ['0x10000000000000'] }, page(1)),
      'FILE: pages.0: "0x10000000000000", expected an address below 2^52 [E-DUMP-FIELD]'],
    ['with a page of another size', pagesFile(two, page(1), page(2), page(3).subarray(0, 100)),
      'FILE: 100 bytes follow the 2 pages that the first line names [E-DUMP-TOO-LONG]'],
    ['without pages', pagesFile(registers), 'FILE: pages: missing [E-DUMP-FIELD]'],
    ['without a register', pagesFile({ ...two, RTADDR: undefined }, page(1), page(2)),
      'FILE: the dump does not say what RTADDR held [E-DUMP-REGISTER]\n  → read the registers of the unit and give '
        + '--rtaddr 0x…'],
    ['of a unit that no audit knows',
      pagesFile({ unit: 'smmu', registers: { 0: '0x1001' }, pages: ['0x1000'] }, page(1)),
      "FILE: unit: 'smmu' is no kind of unit that an audit knows [E-DUMP-FIELD]"],
    ['with a number as register', pagesFile({ ...two, CAP: 12 }, page(1), page(2)),
      'FILE: CAP: 12, expected string [E-DUMP-FIELD]'],
    ['with 64 bits of GSTS', pagesFile({ ...two, GSTS: '0x1c7000000' }, page(1), page(2)),
      'FILE: GSTS has 32 bits, and 0x1c7000000 has more [E-DUMP-REGISTER]'],
    ['of broken JSON', '{"CAP": 0x12}\n', 'FILE:1:10: not JSON from here on [E-DUMP-JSON]'],
    ['of damaged gzip', Buffer.concat([gzipSync('{}').subarray(0, 10), Buffer.from('nonsense, and no end of it')]),
      'FILE: the gzip file is damaged [E-DUMP-GZIP]'],
  ])('%s is a mistake that is told',
    (_name, content, expected) => { expect(mistakeOf(fileOf(content))).toContain(expected) })
  it('that is not there, or a folder, is a mistake', () => {
    expect(mistakeOf(join(dir, 'none'))).toContain('FILE: there is no such file [E-DUMP-MISSING]')
    expect(mistakeOf(dir)).toContain('is a folder, not a dump [E-DUMP-DIRECTORY]')
  })
})

describe('a plain image', () => {
  it('is read page by page; its registers come from outside', () => {
    const dump = openVtd(fileOf(Buffer.concat([page(0), page(0x11), page(0x22)])), { values })
    expect([dump.format, dump.bytes, dump.haw, dump.registers.gsts, dump.iqa, dump.assumed.length])
      .toEqual(['image', 3 * 4096, 52, 0xc7000000, null, 3])
    expect([0, 1, 2, 3, -1, NaN].map(number => dump.memory.page(number)?.[5]))
      .toEqual([0, 0x11111111, 0x22222222, undefined, undefined, undefined])
    dump.close()
    dump.close()
    expect(() => dump.memory.page(2)).not.toThrow()
  })
  it.each<[string, Uint8Array, Parameters<typeof openDump>[1], string]>([
    ['that is cut', page(0).subarray(0, 1000), { values },
      'FILE: 1000 bytes are not whole pages of 4096: this is no plain image of memory, or its last page is cut off '
        + '[E-DUMP-SIZE]'],
    ['without registers', page(0), {},
      'FILE: the dump does not say what the registers of the unit held [E-DUMP-REGISTER]\n  → read them and give them, '
        + 'of a VT-d unit --cap 0x… --ecap 0x… --rtaddr 0x… --irta 0x…; of an AMD unit --devtab 0x…'],
    ['that is packed', gzipSync(page(0)), { values }, 'FILE:1:1: not JSON from here on [E-DUMP-JSON]'],
  ])('%s is a mistake that is told',
    (_name, content, options, expected) => { expect(mistakeOf(fileOf(content), options)).toContain(expected) })
  it('is taken for one whatever it begins with, if told', () => {
    const dump = openDump(fileOf(Buffer.concat([Buffer.from('{'), page(1).subarray(1)])), { values, format: 'image' })
    expect(dump.memory.page(0)![0]).toBe(0x0101017b)
    dump.close()
  })
})
