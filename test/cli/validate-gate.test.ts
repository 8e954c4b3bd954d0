/** `validate` as a gate: what is expected of a boot, exit codes, JUnit; stdin, and logs that grow. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-gate-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
const boots = new URL('../../traces/linux/', import.meta.url).pathname
const boot = (name: string): string => join(boots, name)
const fileOf = (name: string, lines: readonly string[]): string => {
  writeFileSync(join(dir, name), `${lines.join('\n')}\n`)
  return join(dir, name)
}
const pt = gunzipSync(readFileSync(boot('vtd-pt.trace.log.gz'))).toString('latin1').split('\n').slice(0, 3000)
const faulty = boot('vtd-firmware-dma-fault.trace-tail.log.gz')
const firstStage = boot('vtd-first-stage-end.trace-tail.log.gz')

describe('validate --expect', () => {
  it.each([
    ['lazy', firstStage, 'lazy', 0, '✓ true       expect lazy'],
    ['strict, of a boot that flushes domains', firstStage, 'strict', 1, '✗ false      expect strict'],
    ['no faults, of a boot without', firstStage, 'no-faults', 0, '✓ true       expect no-faults'],
    ['no faults, of one with', faulty, 'no-faults', 1, '✗ false      expect no-faults'],
    ['a fault that is there', faulty, 'fault:00:03.0:0x1ffdf000', 0, '✓ true       expect fault:00:03.0:0x1ffdf000'],
    ['a fault of another device', faulty, 'fault:00:04.0:0x1ffdf000', 1, '✗ false      expect fault:00:04.0'],
    ['what no log shows', fileOf('nothing.log', pt.slice(0, 30)), 'strict', 6, '– not-shown  expect strict'],
  ])('%s', async (_, log, wanted, code, says) => {
    const ran = await run(['validate', log, '--expect', wanted])
    expect([ran.code, ran.out.includes(says)]).toEqual([code, true])
  })

  it('no faults but those that are expected', async () => {
    const { verdicts, faults } = JSON.parse((await run(['validate', faulty, '--json'])).out) as {
      verdicts: unknown; faults: { refused: { sid: number; page: number }[] }
    }
    expect(verdicts).not.toEqual([])
    const all = faults.refused.map(({ page }) => `fault:00:03.0:0x${(page * 4096).toString(16)}`)
    expect(all.length).toBeGreaterThan(1)
    expect((await run(['validate', faulty, '--expect', `no-faults,${all.join(',')}`])).code).toBe(0)
    const { code, out } = await run(['validate', faulty, '--expect', `no-faults,${all[0]}`])
    expect([code, /that nothing expects; first:\s+00:03\.0/.test(out)]).toEqual([1, true])
  })

  it('is a test of its own in JUnit, skipped where it is not shown', async () => {
    const { out } = await run(['validate', faulty, '--expect', 'no-faults,strict', '--reporter', 'junit'])
    expect(out).toMatch(/<testcase [^>]*name="expect no-faults"[^>]*>\s*<failure /)
    expect(out).toMatch(/<testcase [^>]*name="expect strict"[^>]*>\s*<skipped /)
  })

  it('fails no boot for what the kernel did after the end of the log, and passes none', async () => {
    const { code, out } = await run(['validate', boot('amd-q10-start.trace.log.gz'), '--ftrace',
      boot('amd-q10.ftrace.txt.gz')])
    expect([code, out.includes('✗')]).toEqual([6, false])
    expect(out).toMatch(/– not-shown {2}unmaps-all-answered +10,962 of 11,254 unmaps lie before/)
  })

  it('says what can be expected', async () => {
    const { code, err } = await run(['validate', faulty, '--expect', 'fast'])
    expect([code, err]).toEqual([2, expect.stringMatching(/'fast' is nothing to expect[^]*strict\|lazy\|no-faults/)])
  })
})

describe('where the log comes from', () => {
  it('stdin, plain or packed', async () => {
    const plain = await run(['validate', '-'], { stdin: Readable.from([`${pt.join('\n')}\n`]) })
    expect([plain.code, plain.out.includes('stdin\n  3,000 lines')]).toEqual([0, true])
    const packed = await run(['validate', '-', '--json'], { stdin: Readable.from([readFileSync(faulty)]) })
    expect(JSON.parse(packed.out)).toMatchObject({ log: { path: 'stdin' }, faults: { total: 10 } })
    const none = await run(['validate', '-'], { stdin: Readable.from([]) })
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('[E-LOG-EMPTY]')])
  })

  it('a log that grows: a fault is said at the next queue entry, and Ctrl-C ends it with the report', async () => {
    const log = fileOf('growing.log', pt.slice(0, 800))
    const interrupt = new AbortController()
    const bad = 'vtd_iotlb_page_hit IOTLB page hit sid 0x99 iova 0x1000 slpte 0x1003 domain 0x4'
    // The second part comes when the first has been read.
    const grown = run(['validate', log, '--follow'], { signal: interrupt.signal, tty: true })
    await new Promise(resolve => { setImmediate(resolve) })
    appendFileSync(log, `${bad}\n${pt.slice(800).join('\n')}\n`)
    interrupt.abort()
    const { code, out, err } = await grown
    expect([code, out.includes('3,001 lines')]).toEqual([130, true])
    expect(err).toContain('✗ hits-explained  line 801')
    expect((await run(['validate', '-', '--follow'])).code).toBe(2)
    expect((await run(['validate', join(dir, 'none.log'), '--follow'])).err).toContain('[E-LOG-MISSING]')
  })
})
