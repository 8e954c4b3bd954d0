/** The end of QEMU and ours: whoever dies first, and of whatever, nothing hangs and nothing is left running. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { openMachine, withMachine } from '../../src/qemu/machine.ts'
import { absent, refusal } from './support.ts'

/** Living processes of a process group: QEMU's has itself and the shell that guards it. */
function living(group: number): number[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).filter(pid => {
    try {
      const [state, , pgrp] = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')
      return Number(pgrp) === group && state !== 'Z' && state !== 'X'
    } catch { return false } // it ended meanwhile
  }).map(Number)
}
/** Resolves when no process of the group is left: what is killed may take a while to go. One that stays is a test that
 *  hangs. */
async function expectGone(group: number): Promise<void> {
  while (living(group).length > 0) await setImmediate()
  expect(living(group)).toEqual([])
}
/** A program with a machine of its own, and the process group of that. */
async function holder(how: string): Promise<{ child: ReturnType<typeof spawn>; group: number; said: () => string }> {
  const child = spawn(process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('fixtures/holder.ts', import.meta.url)), how],
    { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => { text += part })
  await once(child.stdout, 'data')
  return { child, group: Number(text.split('\n')[0]), said: () => text }
}
const files = (): string[] => readdirSync(tmpdir()).filter(name => name.startsWith('remapcheck-qemu-'))

describe.skipIf(absent !== null)('QEMU', () => {
  it('is gone when the machine is closed, and leaves no file', async () => {
    const before = files()
    const group = await withMachine({ monitor: true }, async ({ pid, qtest }) => {
      await qtest.readl(0)
      expect(living(pid).length).toBeGreaterThan(0)
      expect(files()).toEqual(before)
      return pid
    })
    await expectGone(group)
  })
  it('is gone when what was done with the machine failed', async () => {
    let group = 0
    await expect(withMachine({}, async ({ pid }) => {
      group = pid
      throw new Error('a mistake of the test')
    })).rejects.toThrow('a mistake of the test')
    await expectGone(group)
  })
  it('ends in mid-run: all that is pending is refused, and all that follows', async () => {
    const machine = await openMachine({ monitor: true, trace: ['vtd_dmar_fault'] })
    const { qtest, trace, pid } = machine
    process.kill(pid, 'SIGSTOP')
    const hmp = refusal(machine.monitor!.hmp('info lapic'))
    const pending = [qtest.readl(0), qtest.readq(0), trace.sync()].map(refusal)
    qtest.writel(0, 1)
    process.kill(pid, 'SIGKILL')
    for (const error of await Promise.all(pending))
      expect([error.code, error.exitCode, error.message]).toEqual(['E-QEMU-DIED', 69, 'it ended in mid-run (SIGKILL)'])
    expect((await refusal(qtest.readl(0))).code).toBe('E-QEMU-DIED')
    expect((await refusal(trace.sync())).code).toBe('E-QEMU-DIED')
    expect((await hmp).code).toBe('E-QEMU-DIED')
    await machine.close()
    await expectGone(pid)
  })
  it('is silent: it is ended', async () => {
    const machine = await openMachine({ patience: { work_ms: 20_000, sleeps: 4 } })
    process.kill(machine.pid, 'SIGSTOP')
    const error = await refusal(machine.qtest.readl(0x10))
    expect([error.code, error.exitCode, error.message])
      .toEqual(['E-QEMU-SILENT', 69, "it sleeps and does not answer (to 'readl 0x10')"])
    await expectGone(machine.pid)
    await machine.close()
  })
  it('refuses an option: its own words, at once', async () => {
    const before = files()
    const error = await refusal(openMachine({ memory_MiB: -1 }))
    expect([error.code, error.exitCode]).toEqual(['E-QEMU-START', 69])
    expect(error.message).toMatch(/^it ended at once \(exit code 1\): .*-1/)
    expect(files()).toEqual(before)
  })
  it('runs beside another, and ends without it', async () => {
    const [one, other] = await Promise.all([openMachine(), openMachine({ addressWidth: 48 })])
    await one.close()
    await expectGone(one.pid)
    expect(await other.unit.read('CAP')).toBe(other.unit.cap)
    await other.close()
    await expectGone(other.pid)
  })
  it('is closed while something is pending', async () => {
    const machine = await openMachine()
    const pending = refusal(machine.qtest.readl(0))
    await machine.close()
    await machine.close()
    expect((await pending).message).toBe('it was closed')
  })
})

describe.skipIf(absent !== null || !existsSync('/proc/self/stat'))('nothing is left when we', () => {
  it.each(['throw', 'exit'])('%s', async how => {
    const { child, group } = await holder(how)
    if (child.exitCode === null) await once(child, 'exit')
    await expectGone(group)
  })
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const)('are ended by %s', async signal => {
    const { child, group } = await holder('hold')
    expect(living(group).length).toBeGreaterThan(0)
    child.kill(signal)
    await once(child, 'exit')
    await expectGone(group)
  })
  it('are asked by Ctrl-C, which does not reach QEMU', async () => {
    const { child, group, said } = await holder('close-on-interrupt')
    process.kill(-child.pid!, 'SIGINT')
    await once(child, 'close')
    expect(said()).toBe(`${group}\nanswered 0\n`)
    await expectGone(group)
  })
})
