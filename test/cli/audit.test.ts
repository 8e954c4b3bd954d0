/** `audit` as people call it: text, JSON, policy, comparison, a plain image, and what goes wrong. */
import {
  closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-audit-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const dump = (name: string): string => `traces/linux/vtd-${name}.tables.json-pages.gz`
const fileOf = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}
interface Space {
  readonly devices: string[]
  readonly ranges: {
    readonly input: string
    readonly output: string
    readonly bytes: number
    readonly rights: string
  }[]
}
interface Document {
  readonly format: string
  readonly devices: { readonly device: string }[]
  readonly spaces: Space[]
  readonly alarms: { readonly code: string }[]
  readonly exit: { readonly name: string }
  readonly policy: object | null
}
const json = async (line: string): Promise<Document> => JSON.parse((await run(`${line} --json`)).out) as Document

describe('audit', () => {
  it('prints devices, ranges, interrupts and alarms within 80 columns', async () => {
    const { code, out, err } = await run(`audit ${dump('strict')} --absent-zero`)
    expect([code, err]).toEqual([0, ''])
    expect(out.split('\n').filter(line => line.length > 80)).toEqual([])
    for (const line of [
      '  00:02.0       4  second-stage, 3 levels   180K    180K      31     45',
      '00:03.0: second-stage tables at 0x57bd000', '  0xffffc000  0x6229000    4K  rw      1×4K',
      '    0x0  0x0 (same)   16M  rw      4,096×4K',
      '     16  remapped      38  logical 0x1  edge     00:02.0', '! identity-map',
      '    - 00:1f.0 00:1f.2 00:1f.3: 16M in 1 range, at 0x0', '1 warning',
    ]) expect(out.split('\n')).toContain(line)
    expect(out).toContain('  … 23 more ranges (--full)')
    const full = await run(`audit ${dump('strict')} --absent-zero --full`)
    expect(full.out).not.toContain('(--full)')
    expect(full.out.match(/^ {2}0x\w+ +0x\w+ +\w+ {2}rw/gm)!.length).toBe(31 + 4)
  })
  it('gives one JSON document', async () => {
    const document = await json(`audit ${dump('strict')}`)
    expect(document).toMatchObject({ format: 'remapcheck-audit/2', policy: null, exit: { name: 'holds' } })
    expect(document.devices.map(({ device }) => device))
      .toEqual(['00:00.0', '00:01.0', '00:02.0', '00:03.0', '00:04.0', '00:05.0', '00:1f.0', '00:1f.2', '00:1f.3'])
    expect(document.spaces[6]!.ranges)
      .toEqual([{ input: '0x0', output: '0x0', bytes: 16777216, rights: 'rw',
        leaves: { '4K': 4096, '2M': 0, '1G': 0 } }])
  })
  it('a plain image of the same memory shows the same', async () => {
    const bytes = gunzipSync(readFileSync(dump('strict')))
    const lineEnd = bytes.indexOf(10)
    const head = JSON.parse(bytes.toString('utf8', 0,
      lineEnd)) as Record<'CAP' | 'ECAP' | 'RTADDR' | 'IRTA' | 'IQA', string> & { readonly pages: string[] }
    const file = openSync(join(dir, 'memory.img'), 'w')
    ftruncateSync(file, 512 * 2 ** 20)
    head.pages.forEach((address, i) => { writeSync(file, bytes, lineEnd + 1 + i * 4096, 4096, Number(address)) })
    closeSync(file)
    const image = await json(`audit ${join(dir, 'memory.img')} --cap ${head.CAP} --ecap ${head.ECAP} --rtaddr `
      + `${head.RTADDR} --irta ${head.IRTA} --iqa ${head.IQA} --haw 39`)
    const trimmed = await json(`audit ${dump('strict')} --absent-zero`)
    expect([image.devices, image.spaces, image.alarms]).toEqual([trimmed.devices, trimmed.spaces, trimmed.alarms])
  })
  it('takes the base of each segment of an AMD device table, and complains of one that is none', async () => {
    const image = Buffer.alloc(0x4000)
    // V, TV, IR, IW and DomainID 7 of device 80:00.1.
    image.writeBigUInt64LE(0x6000_0000_0000_0003n, 0x3020)
    image.writeBigUInt64LE(7n, 0x3028)
    writeFileSync(join(dir, 'segments.img'), image)
    const line = `audit ${join(dir, 'segments.img')} --control 0x400000001 --efr 0x4000000000 --haw 40 --devtab`
    const { devices, alarms } = await json(`${line} 0x1000,0x3000`)
    expect(devices).toMatchObject([{ device: '80:00.1', ways: [{ domain: 7 }] }])
    expect(alarms.map(({ code }) => code)).not.toContain('device-table-segments')
    expect((await json(`${line} 0x1000`)).alarms.map(({ code }) => code)).toContain('device-table-segments')
    expect((await run(`${line} 0x1000,x`)).err).toContain("'x' is no register value")
  })
  it('stops at Ctrl-C and says nothing', async () => {
    // A thousand devices with tables of 512 tables that lead nowhere: long enough to be stopped.
    const interrupt = new AbortController()
    interrupt.abort()
    const words = new Uint32Array(1024 * 1024)
    words.set([0x2001, 0, 0, 0], 0x1000 / 4)
    for (let devfn = 0; devfn < 256; devfn++)
      words.set([0x10000 + 4096 * devfn | 1, 0, 1, devfn], 0x2000 / 4 + devfn * 4)
    for (let i = 0; i < 256 * 512; i++) words[0x10000 / 4 + 2 * i] = 0x110003 + (i % 256) * 4096
    for (let i = 0x110000 / 4; i < words.length; i += 2) words[i] = 0x110003 + (i % 200) * 4096
    writeFileSync(join(dir, 'ring.img'), words)
    const { code, out, err } =
      await run(`audit ${join(dir, 'ring.img')} --cap 0xd2008c22260206 --ecap 0xf00f4a --rtaddr 0x1000 --irta 0 `
        + '--gsts 0x80000000', { signal: interrupt.signal })
    expect([code, out]).toEqual([130, ''])
    expect(err).toMatch(/^stopped after [\d,]+ tables, without a report\n$/)
  })
  it.each([
    ['audit', 'needs a dump'], [`audit ${dump('strict')} ${dump('lazy')}`, 'a second dump of memory'],
    ['audit a --format efl', "'efl' is no format"],
    ['audit a --haw 12', "'12' is not a whole number from 32 to 52"],
    ['audit a --cap x', "'x' is no register value"], ['audit none.gz', 'there is no such file [E-DUMP-MISSING]'],
    ['audit a --policy b --diff c', 'cannot be combined with --policy'],
    [`audit ${dump('strict')} --format image`, 'are not whole pages of 4096'],
    [`audit ${dump('strict')} --rtaddr 0x1ffffffffffffffff`, 'is no register value'],
    [`audit ${dump('strict')} --gsts 0x100000000`, 'GSTS has 32 bits, and 0x100000000 has more'],
  ])('%s is a mistake that is told', async (line, problem) => {
    const { code, out, err } = await run(line)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(problem)
    expect(err.split('\n').length).toBe(3)
  })
  it('names of alarms are explained', async () => {
    const { out } = await run('explain domain-conflict')
    expect(out).toContain('alarm of audit, error')
    expect(out).toContain('VTD:6/same-domain-same-tables')
    expect((await run('list alarms')).out).toContain('writes-tables')
  })
})

describe('a policy', () => {
  const policy = (devices: object, accept: readonly string[] = []): string =>
    fileOf('policy.json', JSON.stringify({ format: 'remapcheck-policy/1', devices, accept }))
  const all = [{ from: '0x0', to: '0x20000000', rights: 'rw' }]
  it('fails where a device reaches more than it may, and says where', async () => {
    const network = [{ from: '0x6229000', to: '0x622a000', rights: 'rw' },
      { from: '0x6491000', to: '0x6492000', rights: 'r' }]
    const line = `audit ${dump('strict')} --absent-zero --policy `
      + policy({ '*': all, '00:03.0': network, '00:09.0': [] })
    const { code, out } = await run(line)
    expect(code).toBe(1)
    expect(out.slice(out.indexOf('✗ the policy'))).toBe([
      '✗ the policy is broken', '  00:03.0 reaches 0x6491000 to 0x6492000, 4K, w not allowed',
      '  00:03.0 reaches 0x64b9000 to 0x64bb000, 8K, rw not allowed', '  not in the dump: 00:09.0', ''].join('\n'))
    expect(await json(line))
      .toMatchObject({
        exit: { name: 'violated' },
        policy: { passes: false, breachCount: 2,
          breaches: [{ device: '00:03.0', from: '0x6491000', bytes: 4096, rights: 'w' }, {}] },
      })
  })
  it('a device that it does not name may reach nothing', async () => {
    expect((await run(`audit ${dump('strict')} --absent-zero --policy ${policy({ '00:02.0': 'all' })}`)).out)
      .toContain('00:1f.3 reaches 0x0 to 0x1000000, 16M, rw not allowed')
  })
  it('fails for errors and for what is not known, unless they are accepted', async () => {
    const strict = await run(`audit ${dump('strict')} --policy ${policy({ '*': all })}`)
    expect([strict.code, strict.out.slice(strict.out.indexOf('✗ the policy'))])
      .toEqual([1,
        '✗ the policy is broken\n  alarm table-outside, not accepted: 4 times\n  alarm interrupt-table-partial, not '
          + 'accepted: 1 time\n'])
    expect((await run(`audit ${dump('strict')} --policy ${policy({ '*': all }, ['table-outside'])}`)).code).toBe(1)
    expect((await run(`audit ${dump('strict')} --policy `
      + `${policy({ '*': all }, ['table-outside', 'interrupt-table-partial'])}`)).code).toBe(0)
    expect((await run(`audit ${dump('pt')} --absent-zero --policy ${policy({ '*': 'all' }, ['pass-through'])}`)).code)
      .toBe(1)
    expect((await run(`audit ${dump('pt')} --absent-zero --policy `
      + `${policy({ '*': 'all' }, ['pass-through', 'writes-tables'])}`)).code).toBe(0)
    expect((await run(`audit ${dump('pt')} --absent-zero --policy `
      + `${policy({ '*': all }, ['pass-through', 'writes-tables'])}`)).out)
      .toContain('reaches 0x20000000 to 0xfee00000')
  })
  it.each([
    ['{', ':1:2: the file ends in the middle of its JSON [E-POLICY-JSON]'],
    ['{ "format": 12,\n "devices": }', ':2:13: not JSON from here on [E-POLICY-JSON]'],
    ['{ "format": "remapcheck-policy/2", "devices": {} }',
      ':1:13: format: "remapcheck-policy/2", expected "remapcheck-policy/1" [E-POLICY-FIELD]'],
    ['{ "format": "remapcheck-policy/1" }', ':1:1: devices: missing [E-POLICY-FIELD]'],
    ['{ "format": "remapcheck-policy/1",\n "devices": { "00:02.0": '
      + '[{ "from": "0x0", "to": "0x1000", "rights": "rwx" }] } }',
    ':2:70: devices.00:02.0.0.rights: "rwx", expected'],
    ['{ "format": "remapcheck-policy/1",\n "devices": { "00:02.0": [\n   { "from": "0x2000", "to": "0x1000", '
      + '"rights": "rw" }] } }',
    ':3:4: devices.00:02.0.0: Object, expected a range whose "to" is above its "from" [E-POLICY-FIELD]'],
    ['{ "format": "remapcheck-policy/1",\n "devices": { "2.0": [] } }',
      ':2:22: devices.2.0: "2.0", expected a device like "00:1f.2", or "*" [E-POLICY-FIELD]'],
    ['{ "format": "remapcheck-policy/1",\n "devices": { "00:02.0": [],\n  "00:02.0": [] } }',
      ':3:14: "00:02.0" is there twice, and only the last would count [E-POLICY-TWICE]'],
    ['{ "format": "remapcheck-policy/1", "devices": {}, "accept": ["pass-thru"] }',
      "\n  → did you mean 'pass-through'?"],
    ['{ "format": "remapcheck-policy/1", "devices": {}, "acept": [] }', ':1:60: acept: no such field [E-POLICY-FIELD]'],
  ])('mistakes are told with their place: %s', async (text, problem) => {
    const path = fileOf('bad.json', text)
    const { code, out, err } = await run(`audit ${dump('strict')} --policy ${path}`)
    expect([code, out]).toEqual([2, ''])
    expect(err.replace(path, '')).toContain(problem)
  })
  it('that is not there is a mistake',
    async () => {
      expect((await run(`audit ${dump('strict')} --policy none.json`)).err)
        .toContain('none.json: there is no such file [E-POLICY-FILE]')
    })
})

describe('two dumps', () => {
  it('that are the same', async () => {
    const { code, out } = await run(`audit ${dump('strict')} --diff ${dump('strict')} --absent-zero`)
    expect([code, out]).toEqual([0, `${dump('strict')} → ${dump('strict')}\n  nothing differs\n`])
  })
  it('that lack the same tables: what these say is not known', async () => {
    const line = `audit ${dump('strict')} --diff ${dump('strict')}`
    const { code, out } = await run(line)
    expect(code).toBe(6)
    expect(out).toContain('nothing differs in what both show\n\nnot known, and not compared\n  table-outside 00:00.0')
    expect(out.match(/,\s+in\s+both\n/g)).toHaveLength(5)
    const { unknown } = JSON.parse((await run(`${line} --json`)).out) as { unknown: Record<string, object[]> }
    expect([unknown['before']!.length, unknown['after']!.length]).toEqual([5, 5])
  })
  it('that differ: devices, memory, interrupts, alarms', async () => {
    const { code, out } = await run(`audit ${dump('strict')} --diff ${dump('pt')}`)
    expect(code).toBe(5)
    for (const line of ['  - 00:03.0  domain 5, second-stage, 3 levels', '  + 00:03.0  domain 2, pass-through',
      'memory of 00:03.0', '  - 0xffffc000 → 0x6229000  4K  rw', '  - identity-map  00:1f.0 00:1f.2 00:1f.3'])
      expect(out.split('\n')).toContain(line)
    expect(out.split('\n').filter(line => line.startsWith('  + pass-through')).length).toBe(1)
  })
  it('in JSON, from both sides', async () => {
    const there = JSON.parse((await run(`audit ${dump('strict')} --diff ${dump('lazy')} --json`)).out) as {
      ranges: { device: string; before: object[]; after: object[]; count: number }[]
      same: boolean
    }
    const back = JSON.parse((await run(`audit ${dump('lazy')} --diff ${dump('strict')} --json`)).out) as typeof there
    expect(there).toMatchObject({ format: 'remapcheck-audit-diff/2', same: false, exit: { code: 5 } })
    expect(there.ranges.map(({ device }) => device)).toEqual(['00:02.0', '00:03.0'])
    expect(back.ranges.map(({ before, after }) => [after, before]))
      .toEqual(there.ranges.map(({ before, after }) => [before, after]))
    expect(there.ranges[1]!.before)
      .toContainEqual({ input: '0xffffc000', output: '0x6229000', bytes: 4096, rights: 'rw' })
  })
})
