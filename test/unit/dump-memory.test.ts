/** Memory of a machine as cores and kdump files hold it: the same as the pages of the recorded boot, and what is no
 *  memory is not read as if it were. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { audit } from '../../src/audit/report.ts'
import { compare } from '../../src/audit/diff.ts'
import { openDump } from '../../src/dump/dump.ts'
import type { AnyDump } from '../../src/dump/dump.ts'
import { memoryMagics } from '../../src/dump/magic.ts'
import { UserError } from '../../src/errors.ts'
import { elfCore, flat, kdump, lime } from './memory-files.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-memory-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
let files = 0
const fileOf = (content: Uint8Array): string => {
  const path = join(dir, `dump-${files++}`)
  writeFileSync(path, content)
  return path
}
const whole = gunzipSync(readFileSync('traces/linux/vtd-strict.tables.json-pages.gz'))
const lineEnd = whole.indexOf(10)
const head = JSON.parse(whole.toString('utf8', 0, lineEnd)) as Readonly<Record<string, string>> & {
  readonly pages: readonly string[] }
const pages = new Map(head.pages.map((address, i) =>
  [Number(address) / 4096, whole.subarray(lineEnd + 1 + i * 4096, lineEnd + 1 + (i + 1) * 4096)]))
const values = Object.fromEntries(['CAP', 'ECAP', 'GSTS', 'RTADDR', 'IRTA', 'IQA'].map(name => [name,
  BigInt(head[name]!)]))
const reportOf = (dump: AnyDump) => {
  const steps = audit(dump)
  for (;;) { const step = steps.next(); if (step.done === true) { dump.close(); return step.value } }
}
const expected = reportOf(openDump('traces/linux/vtd-strict.tables.json-pages.gz'))
function mistakeOf(content: Uint8Array, options: Parameters<typeof openDump>[1] = {}): string {
  const path = fileOf(content)
  try { reportOf(openDump(path, { values, ...options })) } catch (cause) {
    if (cause instanceof UserError) return cause.text().replaceAll(path, 'FILE')
    throw cause
  }
  return 'no mistake'
}

describe('an audit of memory in the form of', () => {
  // Of a core a segment ends in zeros that are not stored, so that its last page is one more than was recorded.
  it.each<[string, Buffer, AnyDump['format']]>([
    ['an ELF core', elfCore(pages), 'elf'], ['an ELF core of 32 bits', elfCore(pages, 32), 'elf'],
    ['an ELF core of very many segments', elfCore(pages, 64, { xnum: true }), 'elf'],
    ['a kdump file', kdump(pages), 'kdump'], ['a kdump file that is not packed', kdump(pages, 0), 'kdump'],
    ['a flattened kdump file', flat(kdump(pages)), 'kdump'], ['LiME ranges', lime(pages), 'lime'],
  ])('%s says what that of the pages says', (_, content, format) => {
    const dump = openDump(fileOf(content), { values })
    expect(dump.format).toBe(format)
    for (const [number, page] of pages)
      expect(Buffer.from(dump.memory.page(number)!.buffer).equals(page)).toBe(true)
    expect(dump.memory.page(5)).toBeUndefined()
    const { devices, ranges, interrupts } = compare(expected, reportOf(dump))
    expect({ devices, ranges, interrupts }).toEqual({ devices: [], ranges: [], interrupts: [] })
  })
  it('a page that lies in two segments is put together', () => {
    const half = new Map([[1, Buffer.alloc(4096, 0x11)], [3, Buffer.alloc(4096, 0x33)]])
    const core = elfCore(half)
    // The second segment begins in the middle of page 2.
    core.writeBigUInt64LE(BigInt(2 * 4096 + 2048), 64 + 2 * 56 + 24)
    const dump = openDump(fileOf(core), { values })
    const page = Buffer.from(dump.memory.page(2)!.buffer)
    expect([page[0], page[2047], page[2048], page[4095]]).toEqual([0, 0, 0x33, 0x33])
  })
})

describe('what is no memory, or not whole', () => {
  const core = elfCore(pages), packed = kdump(pages)
  it.each<[string, Uint8Array, string]>([
    ['a program', elfCore(pages, 64, { type: 2 }), 'an ELF file, but no core'],
    ['a header alone', core.subarray(0, 30), 'the file ends in its ELF header [E-DUMP-TRUNCATED]'],
    ['a core without memory', elfCore(new Map()), 'an ELF core without memory'],
    ['a core that was cut', core.subarray(0, -100), 'the file ends before the memory at 0x'],
    ['a kdump header alone', packed.subarray(0, 400), 'the file ends in its header'],
    ['a kdump file of nothing', Buffer.concat([Buffer.from('KDUMP   '), Buffer.alloc(8184)]), 'of another machine '
      + 'than x86-64'],
    ['a kdump file that was cut', packed.subarray(0, -5000), 'the file ends before the page at 0x'],
    ['a kdump file packed by lzo', kdump(pages, 2), 'is packed by lzo, which is not read [E-DUMP-PACKED]'],
    ['a kdump file with a damaged page', Buffer.concat([packed.subarray(0, -4000), Buffer.alloc(4000, 0xff)]),
      '[E-DUMP-KDUMP]'],
    ['a flattened file that was cut', flat(packed).subarray(0, -2000), 'the file ends'],
    ['LiME ranges that were cut', lime(pages).subarray(0, -1), 'the file ends before the memory at 0x'],
    ['LiME ranges and rubbish', Buffer.concat([lime(pages), Buffer.alloc(4096)]), 'a LiME range should begin here'],
  ])('%s', (_, content, says) => { expect(mistakeOf(content)).toContain(says) })
  it.each(memoryMagics.filter(({ as }) => as === null))('$what is refused, even as an image', ({ bytes, what }) => {
    const content = Buffer.concat([Buffer.from(bytes, 'latin1'), Buffer.alloc(8192)]).subarray(0, 8192)
    for (const options of [{}, { format: 'image' } as const])
      expect(mistakeOf(content, options)).toContain(`FILE: this is ${what} [E-DUMP-FOREIGN]`)
  })
  it('a core is not read as an image', () => {
    expect(mistakeOf(core, { format: 'image' })).toContain('give --format elf')
  })
})
