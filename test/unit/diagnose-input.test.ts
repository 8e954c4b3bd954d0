/** Whatever a file holds, `diagnose` says what it is: binary, cut, mixed, endless, hostile. Never a stack. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import { renderDiagnosis } from '../../src/diagnose/render.ts'
import { theme } from '../../src/text/theme.ts'
import { run } from '../cli/run.ts'
import { diagnosed, stream } from '../real-machines/support.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-diagnose-'))
mkdirSync(join(dir, 'none'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(dir, name), content)
  return join(dir, name)
}

const one = 'DMAR: [DMA Write] Request device [03:00.0] fault addr ffee0000 [fault reason 05] PTE Write access is '
  + 'not set\n'
const wide = (text: string, mark: readonly number[]): Uint8Array => Buffer.concat([Buffer.from(mark),
  Buffer.from(text, 'utf16le')])

describe('encodings', () => {
  it.each([
    ['UTF-8 with a mark', Buffer.from(`\ufeff${one}`)], ['UTF-16 with a mark', wide(one, [0xff, 0xfe])],
    ['UTF-16 without', wide(one, [])], ['UTF-16, high byte first', Buffer.from(wide(one, [0xff, 0xfe])).swap16()],
    ['gzip', gzipSync(one)], ['Latin-1', Buffer.from(`caf\xe9\n${one}`, 'latin1')],
    ['the first half alone in the first chunk', gzipSync(one, { level: 0 })],
  ])('%s', async (_, content) => {
    expect((await diagnosed(content)).faults.map(({ device }) => device)).toEqual(['03:00.0'])
  })
  it('is read in pieces of any size', async () => {
    for (const size of [1, 7, 100]) {
      const bytes = Buffer.from(one.repeat(3))
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) },
        (_, i) => bytes.subarray(i * size, (i + 1) * size))
      const { total } = await diagnose({ files: ['-'], stdin: Readable.from(pieces) })
      expect(total).toBe(3)
    }
  })
})

describe('no log', () => {
  it.each([
    ['a missing file', 'nowhere.log', 'E-LOG-MISSING'], ['a folder without files', 'none', 'E-LOG-EMPTY'],
    ['an empty file', file('empty.log', ''), 'E-LOG-EMPTY'],
    ['a novel', file('novel.txt', 'It was a dark and stormy night.\n'.repeat(3000)), 'E-LOG-FOREIGN'],
    ['an empty gzip', file('empty.gz', gzipSync('')), 'E-LOG-EMPTY'],
  ])('%s', async (_, path, code) => {
    const { code: exit, out, err } = await run(['diagnose', path], { cwd: dir })
    expect({ exit, out }).toEqual({ exit: 2, out: '' })
    expect(err).toContain(`[${code}]`)
    expect(err).toContain('→')
  })
  it.each([
    ['an ELF core', Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(5000)]), 'an ELF file'],
    ['a journal', Buffer.concat([Buffer.from('LPKSHHRH'), Buffer.alloc(500)]), 'journalctl -k --file'],
    ['a picture', Buffer.concat([Buffer.from('\x89PNG', 'latin1'), Buffer.alloc(500)]), 'type the lines'],
    ['noise', Buffer.from(Array.from({ length: 5000 }, (_, i) => i * 7919 % 251)), 'of no kind that is known'],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0]), 'zstd -dc'],
    ['a core in gzip', gzipSync(Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(9000)])), 'an ELF file'],
  ])('%s is named, and nothing is said of faults', async (_, content, says) => {
    const { code, out } = await run(['diagnose', file('thing', content)])
    expect(code).toBe(4)
    expect(out.replace(/\s+/g, ' ')).toContain(says)
    expect(out).toContain('nothing is said of faults')
    expect(out).not.toContain('No fault')
  })
  it('beside a log: both are told', async () => {
    const { code, out } = await run(['diagnose', file('a.log', one), file('b.bin', Buffer.alloc(3000))])
    expect(code).toBe(1)
    expect(out).toContain('03:00.0 wrote')
    expect(out).toContain('of no kind that is known')
  })
})

describe('a log without a fault', () => {
  const boot = '[    0.1] DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap 1c0000c40660462 ecap 7e3ff0505e\n'
  it('proves nothing, and is no failure', async () => {
    const { code, out } = await run(['diagnose', file('boot.log', boot)])
    expect(code).toBe(0)
    expect(out).toContain('No fault in it. That is no proof')
  })
  it('that was cut, or has lines that no reader knows, is incomplete', async () => {
    const packed = gzipSync(boot.repeat(20_000) + Array.from({ length: 5000 }, (_, i) => `${i * 7919}\n`).join(''))
    expect(await run(['diagnose', file('cut.gz', packed.subarray(0, packed.length - 2000))])).toMatchObject({ code: 6 })
    expect(await run(['diagnose', file('new.log', `${boot}DMAR: a new thing\n`)])).toMatchObject({ code: 6 })
  })
})

describe('hostile', () => {
  it('a terminal is not obeyed', async () => {
    const text = `\x1b]0;owned\x07\x1b[2J[    1.0] DMAR: \x1b[31m\u202egnp new ${'x'.repeat(300)}\n${one}`
      + '[    1.0] arm-smmu-v3 \x1b[2Jx: event 0x10 received:\n'
    const { out } = await run(['diagnose', file('hostile.log', text)])
    // eslint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f\u202e]/)
    expect(out).toContain('03:00.0 wrote')
  })
  it('a line without end costs no memory, and hides none after it', async () => {
    const endless = function* (): Generator<Buffer> {
      for (let i = 0; i < 400; i++) yield Buffer.alloc(1 << 18, 'DMAR: x')
      yield Buffer.from(`\n${one}`)
    }
    const { faults, files } = await diagnose({ files: ['-'], stdin: Readable.from(endless()) })
    expect(faults).toHaveLength(1)
    expect(files[0]!.doubts.join()).toContain('1 line is longer than any message')
  })
  it('a gzip that never ends is left, and that is told', async () => {
    const bomb = gzipSync(Buffer.alloc(100 << 20, `${'x'.repeat(4095)}\n`))
    const { files } = await diagnosed(Buffer.concat([gzipSync(one), bomb]))
    expect(files[0]!.doubts.join()).toContain('not read whole: it unpacks to more than 400 times its size')
  })
  it('patterns take no endless time: long lines of what they look for', async () => {
    const lines = ['[DMA Read] Request device [', 'Event logged [IO_PAGE_FAULT ', 'QI HEAD: ', 'Fault: hi=0x1, '
      + 'reason=0x1, ',
    'IOMMU: DMA read page fault from 0x1 ', 'DMAR0: pci', 'event: F_X client: ', 'No irq handler for '].map(part =>
      part.repeat(200).slice(0, 4000))
    const { files } = await diagnosed(`${lines.join('\n')}\n${lines.toReversed().join('\n')}\n${one}`)
    expect(files[0]!.lines).toBe(17)
  })
  it('any text gives an answer or a message, in every reporter', async () => {
    const words = one.split(' ')
    for (let i = 0; i < words.length; i++) {
      const text = words.map((word, n) => n === i ? '\u0000\ud800<&]]>' : word).join(' ')
      const path = file('fuzz.log', `${text}\n${one}`)
      for (const reporter of ['json', 'junit', 'github', 'sarif'])
        expect((await run(['diagnose', path, '--reporter', reporter])).code).toBe(1)
    }
  })
  it('numbers beyond any field are no message', async () => {
    const { files } = await diagnosed(`DMAR: [DMA Write] Request device [03:00.0] fault addr ${'f'.repeat(40)} `
      + `[fault reason `
      + `05] x\n${one}`)
    expect(files[0]!.unread.count).toBe(1)
  })
})

describe('the command line', () => {
  it('reads stdin for -', async () => {
    const { faults } = await diagnose({ files: ['-'], stdin: stream(one) })
    expect(faults).toHaveLength(1)
    expect(await run('diagnose - -')).toMatchObject({ code: 2 })
    expect(await run('diagnose')).toMatchObject({ code: 2 })
  })
  it('answers three sorts in full, names twenty, and counts the rest', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => one.replace('03:00.0', `${(i + 16).toString(16)}:00.0`)).join('')
    const text = (full: boolean, report: Awaited<ReturnType<typeof diagnosed>>): string =>
      [...renderDiagnosis(report, theme(false), full)].join('')
    const report = await diagnosed(lines)
    expect(text(false, report).match(/^\d+ {2}\S/gm)).toHaveLength(3)
    expect(text(false, report)).toContain('37 more, of other sorts')
    expect(text(false, report)).toContain('and 17 more')
    expect(text(true, report).match(/^\d+ {2}\S/gm)).toHaveLength(40)
  })
})
