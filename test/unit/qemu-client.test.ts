/** The parts of the QEMU client that need no QEMU: which one is taken, the command line, the protocol, the trace.
 *  Programs here are small shell scripts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { UserError } from '../../src/errors.ts'
import { look_ms, Patience } from '../../src/patience.ts'
import { qemuError } from '../../src/qemu/errors.ts'
import { forms, parseEvent } from '../../src/qemu/events.ts'
import { findQemu } from '../../src/qemu/find.ts'
import { openMachine } from '../../src/qemu/machine.ts'
import { commandLine, plan } from '../../src/qemu/options.ts'
import { sourceId } from '../../src/qemu/pci.ts'
import { Qtest } from '../../src/qemu/qtest.ts'
import { Trace } from '../../src/qemu/trace.ts'
import { vtdUnit } from '../../src/qemu/vtd/unit.ts'

let dir: string
beforeAll(() => { dir = mkdtempSync(join(tmpdir(), 'remapcheck-fake-')) })
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
/** A program that says this version, and otherwise does what the script does. */
function fake(name: string, version: string, script = 'exit 0', mode = 0o755): string {
  const path = join(dir, name)
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo '${version}'; exit 0; fi\n${script}\n`, { mode })
  return path
}
const usable = 'QEMU emulator version 8.0.2 (a fake)'
async function refusal(promise: Promise<unknown>): Promise<UserError> {
  const cause: unknown = await promise.then(() => null, (found: unknown) => found)
  if (cause instanceof UserError) return cause
  throw new Error(`no UserError: ${String(cause)}`)
}

describe('which QEMU', () => {
  const refused = (named: string): string => {
    try {
      return `taken: ${findQemu(named).binary}`
    } catch (cause) { return `${(cause as UserError).code}: ${(cause as UserError).message}` }
  }
  it('is refused where it will not do, with the reason', () => {
    expect(refused(join(dir, 'nowhere'))).toBe('E-QEMU-MISSING: there is no such program')
    expect(refused(fake('plain', usable, '', 0o644))).toBe('E-QEMU-MISSING: may not be run')
    expect(refused(fake('old', 'QEMU emulator version 7.1.9'))).toBe('E-QEMU-OLD: is QEMU 7.1.9, older than 7.2')
    expect(refused(fake('other', 'bash 5.2'))).toBe("E-QEMU-UNKNOWN: tells no version of QEMU: 'bash 5.2'")
    expect(refused(fake('mute', ''))).toBe('E-QEMU-UNKNOWN: does not tell a version of QEMU')
  })
  it('is the one named, else that of the environment, else that of PATH', () => {
    const named = fake('named', 'QEMU emulator version 7.2.0'),
      chosen = fake('chosen', 'QEMU emulator version 10.0.2 (Debian)')
    fake('qemu-system-x86_64', usable)
    const env = { PATH: dir, REMAPCHECK_QEMU: chosen }
    expect(findQemu(named, env).version).toEqual({ major: 7, minor: 2, micro: 0 })
    expect(findQemu(undefined, env).version).toEqual({ major: 10, minor: 0, micro: 2 })
    expect(findQemu(undefined, { PATH: dir }).version).toEqual({ major: 8, minor: 0, micro: 2 })
  })
})

describe('a program that is no QEMU', () => {
  it('ends at once: its own words', async () => {
    const error = await refusal(openMachine({
      qemu: fake('brief', usable, "echo \"qemu-system-x86_64: Property 'x' not found\" >&2; exit 3"),
    }))
    expect([error.code, error.message, error.exitCode])
      .toEqual(['E-QEMU-START', "it ended at once (exit code 3): Property 'x' not found", 69])
  })
  it('never answers', async () => {
    const error = await refusal(openMachine({ qemu: fake('silent', usable, 'while read -r line; do :; done'),
      patience: { work_ms: 20_000, sleeps: 1 } }))
    expect([error.code, error.message])
      .toEqual(['E-QEMU-SILENT', "it sleeps and does not answer (to 'outl 0xcf8 0x80001810')"])
  })
})

describe('the protocol', () => {
  const make = (sleeps = Infinity): { qtest: Qtest; sent: string[]; silent: () => boolean } => {
    const sent: string[] = []
    let silent = false
    const patience = new Patience({ look: () => ({ worked_ms: 0, slept: true }) }, { work_ms: Infinity, sleeps })
    return { qtest: new Qtest({ send: text => { sent.push(text) }, silent: () => { silent = true } }, patience), sent,
      silent: () => silent }
  }
  it('sends one batch a turn, and takes answers in order, however they are cut', async () => {
    const { qtest, sent } = make()
    const page = qtest.memread(0x1000, 3)
    qtest.writeq(0x1_0000_0000n, (1n << 63n) + 5n)
    qtest.writel(8, -1)
    const both = Promise.all([page, qtest.readl(4), qtest.readq(8)])
    await Promise.resolve()
    expect(sent)
      .toEqual([
        'b64read 0x1000 3\nwriteq 0x100000000 0x8000000000000005\nwritel 0x8 0xffffffff\nreadl 0x4\nreadq 0x8\n'])
    for (const part of ['OK AQ', 'ID\nO', 'K\nOK\nOK 0x00000000fed9', '0000\nOK 0xffffffffffffffff\n'])
      qtest.receive(part)
    const [bytes, narrow, wide] = await both
    expect([[...bytes], narrow, wide]).toEqual([[1, 2, 3], 0xfed9_0000, (1n << 64n) - 1n])
    await expect(qtest.settled()).resolves.toBeUndefined()
    expect(qtest.roundTrips).toBe(1)
  })
  it('refuses one question; after a refused write, everything', async () => {
    const { qtest } = make()
    const asked = refusal(qtest.readl(1))
    await Promise.resolve()
    qtest.receive('FAIL unaligned\n')
    expect((await asked).message).toBe("it refused 'readl 0x1': FAIL unaligned")
    qtest.writel(1, 2)
    const behind = refusal(qtest.readl(0))
    await Promise.resolve()
    qtest.receive('ERR no\nOK 0x0\n')
    expect((await behind).message).toBe("it refused 'writel 0x1 0x2': ERR no")
    expect((await refusal(qtest.settled())).code).toBe('E-QEMU-REFUSED')
  })
  it('is silent only while something is asked', async () => {
    vi.useFakeTimers()
    try {
      const { qtest, silent } = make(3)
      await vi.advanceTimersByTimeAsync(20 * look_ms)
      expect([silent(), qtest.failure]).toEqual([false, null])
      const asked = refusal(qtest.readl(0))
      await vi.advanceTimersByTimeAsync(20 * look_ms)
      expect((await asked).code).toBe('E-QEMU-SILENT')
      expect(silent()).toBe(true)
    } finally { vi.useRealTimers() }
  })
})

describe('the trace', () => {
  it('reads every form it knows, with all fields', () => {
    const number = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n })
    fc.assert(fc.property(fc.constantFrom(...Object.entries(forms)), fc.array(number,
      { minLength: 9, maxLength: 9 }), ([name, form], values) => {
      const expected: Record<string, unknown> = { name }
      let next = 0
      const text = form.replace(/\{(\w+):(\w)\}/g, (_, field: string, kind: string) => {
        const value = values[next++]!
        const [written, read] = written_(kind, value)
        expected[field] = read
        return written
      })
      expect(parseEvent(`${name} ${text}`)).toEqual(expected)
    }), { numRuns: 300 })
  })
  function written_(kind: string, value: bigint): [string, unknown] {
    if (kind === 'X') return [`0x${value.toString(16)}`, value]
    if (kind === 'x') return [`0x${value.toString(16)}`, Number(value)]
    if (kind === 'd') return [String(value), Number(value)]
    if (kind === 'b') {
      const [bus, device, fn] = [Number(value >> 24n), Number(value & 31n), Number(value >> 8n & 7n)]
      return [`${bus.toString(16).padStart(2, '0')}:${device.toString(16).padStart(2, '0')}.0${fn}`,
        sourceId(bus, device, fn)]
    }
    return ['iotlb', 'iotlb']
  }
  it('takes what is no event for a complaint, and keeps what was asked for', async () => {
    const marks: number[] = [], complaints: string[] = []
    const marked = { ...vtdUnit.marks, mark: (_: Qtest, value: number) => { marks.push(value) } }
    const trace = new Trace(['vtd_dmar_fault'], marked, {} as Qtest, line => { complaints.push(line) })
    const fault = 'vtd_dmar_fault sid 0x18 fault 5 addr 0x1000 write 1'
    const all = trace.sync()
    for (const line of [fault, 'qemu-system-x86_64: warning: something', 'vtd_reg_read addr 0x34 size 0x4',
      'vtd_dmar_fault sid 24', `vtd_reg_write addr 0x0 size 0x4 value 0x${marks[0]!.toString(16)}`, fault])
      trace.line(line)
    expect(await all).toEqual([{ name: 'vtd_dmar_fault', sid: 0x18, reason: 5, address: 0x1000n, write: 1 }])
    expect(complaints).toEqual(['qemu-system-x86_64: warning: something', 'vtd_dmar_fault sid 24'])
    const later = refusal(trace.sync())
    trace.fail(qemuError('DIED', 'it was closed', 'x'))
    expect((await later).code).toBe('E-QEMU-DIED')
  })
})

describe('the machine', () => {
  it('places devices: BARs side by side by source id, a root port a bus', () => {
    const placed = plan([sourceId(7, 0, 1), sourceId(0, 30, 0), sourceId(7, 0, 0), sourceId(0, 3, 0)])
    expect(placed.edus.map(({ bar }) => bar)).toEqual([0xe030_0000, 0xe010_0000, 0xe020_0000, 0xe000_0000])
    expect(placed.ports).toEqual([{ sid: sourceId(0, 29, 0), bus: 7, base: 0xe020_0000, limit: 0xe03f_ffff }])
  })
  it.each([
    ['twice', [0x18, 0x18]], ['device 0 of bus 0', [0]], ['device 31 of bus 0', [sourceId(0, 31, 1)]],
    ['device 1 behind a port', [sourceId(1, 1, 0)]],
    ['function 1 alone', [sourceId(0, 3, 1)]],
  ])('has no place for a device: %s', (_, sids) => { expect(() => plan(sids)).toThrow(RangeError) })
  it('is a command line', () => {
    const options = { addressWidth: 48, cachingMode: true, eim: true } as const
    const args = commandLine(options, plan([0x18]), ['vtd_dmar_fault'],
      vtdUnit.device(options, { major: 7, minor: 2, micro: 0 }), { rom: 'rom', monitor: null })
    expect(args).toContain('intel-iommu,intremap=on,aw-bits=48,caching-mode=on,x-buggy-eim=on,eim=on')
    expect(args).toContain('edu,bus=pcie.0,addr=03.0,multifunction=on,dma_mask=0xffffffffffffffff')
    expect(args.join(' ')).toContain('-trace vtd_dmar_fault -qtest stdio')
    expect(args).not.toContain('-qmp')
  })
})
