/** Inputs that are small, and would take for ever where work grew faster than their length. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { twice, whereIn } from '../../src/audit/place.ts'
import { parsePolicy } from '../../src/audit/policy.ts'
import { openDump } from '../../src/dump/dump.ts'
import { nearest } from '../../src/errors.ts'
import { readKernelLog } from '../../src/logs/formats/kernel.ts'
import { validateLog } from '../../src/logs/validate.ts'
import { run } from '../cli/run.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-slow-'))
afterAll(() => { rmSync(dir, { recursive: true }) })
const fileOf = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(dir, name), content)
  return join(dir, name)
}

describe('a policy', () => {
  const nested = (deep: number, inner = ''): string => `${'{"a":['.repeat(deep)}${inner}${']}'.repeat(deep)}`
  it('nested a hundred thousand times deep is refused', () => {
    expect(() => parsePolicy(`{"format":"remapcheck-policy/1","devices":${nested(100_000)}}`, 'p.json'))
      .toThrow(/^devices\.a: /)
  })
  it('has a key twice where one object has it, however deep, and not where two have it', () => {
    expect(twice(nested(100_000, '{"b":1,"c":{"b":1},"d":[{"b":1},{"b":1}]},{"b":1}'))).toBeNull()
    expect(twice(nested(100_000, '\n{"b":{"c":2},"c":{"b":1},"b":3}'))).toEqual({ key: 'b', line: 2, column: 30 })
    expect(whereIn('{"a":[{"b":1},\n{"b":2}]}', ['a', 1, 'b'])).toEqual({ line: 2, column: 6 })
  })
})

describe('a dump', () => {
  it('has no first line of more than 4 MiB, whatever it unpacks to', () => {
    const path = fileOf('head.gz', gzipSync(`{"pages":[],"others":[${'[],'.repeat(2 ** 21)}[]]}\n`))
    expect(() => openDump(path)).toThrow(/^the first line has 6291482 bytes, and at most 4194304 are read$/)
  })
})

describe('a log', () => {
  const blank = '\n'.repeat(3_000_000)
  it('that begins with nothing but empty lines is given up after 2,000 of them', async () => {
    const event = 'vtd_context_cache_reset \n'
    await expect(validateLog({ log: fileOf('blank.log', gzipSync(blank + event)) }))
      .rejects.toThrow(/none of its first 2000 lines is an event/)
    await expect(validateLog({ log: fileOf('few.log', `${'\n'.repeat(1990)}${event}`) }))
      .resolves.toMatchObject({ log: { known: 1 }, unread: { blank: 1990 } })
  })
  it('of the kernel likewise, by lines that have not the form of an event', async () => {
    const event = '  swapper/0-1  [000] .....  0.500000: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x3000 size=4096\n'
    const other = '  swapper/0-1  [000] .....  0.500000: sched_switch: prev_comm=a\n'
    await expect(readKernelLog(fileOf('blank.ftrace', gzipSync(blank + event))))
      .rejects.toThrow(/^none of its 2000 lines is a kernel trace event$/)
    await expect(readKernelLog(fileOf('few.ftrace', `${other.repeat(3000)}${event}`))).resolves.toMatchObject({
      lines: 3001, damage: { total: 0 }, counts: [{ name: 'map', count: 1 }, { name: 'sched_switch', count: 3000 }],
    })
  })
})

describe('a name', () => {
  it('with many stars fits nothing', async () => {
    const { code, err } = await run(['check', '--property', `${'*'.repeat(46)}x`])
    expect(err).toMatch(/nothing is named '\*{46}x' \[E-USAGE\]/)
    expect(code).toBe(2)
  })
  it('as long as a file is like none',
    () => { expect(nearest('x'.repeat(2 ** 28), ['ring0-strict', 'no-iommu'])).toBeNull() })
})
