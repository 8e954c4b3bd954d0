/** Who watches counts: work and sleep of one run of the user's, and no time. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Watchdog } from '../../src/cli/watchdog.ts'
import { meterOf, OwnWork } from '../../src/meter.ts'
import { Patience } from '../../src/patience.ts'
import type { Did } from '../../src/patience.ts'

const limits = { work_ms: 1000, sleeps: 10 }
const works: Did = { worked_ms: 100, slept: false }, sleeps: Did = { worked_ms: 0, slept: true },
  starves: Did = { worked_ms: 0, slept: false }
/** Looks without a sign of life that do not count. */
const before = 4
const step = { run: 7, ran: 'recipe of map' }

/** Looks until there is a verdict; null where there is none after so many. */
function looksUntil(look: (i: number) => unknown, most = 10_000): number | null {
  for (let i = 1; i <= most; i++) if (look(i) !== null) return i
  return null
}
/** A watched process that does the same at each look. */
function watched(did: Did): { readonly watchdog: Watchdog; readonly look: () => unknown } {
  const watchdog = new Watchdog({ look: () => did }, limits)
  watchdog.onMessage('alive')
  return { watchdog, look: () => { watchdog.look(step); return watchdog.verdict } }
}

describe('patience', () => {
  const looks = (did: Did): number | null => {
    const patience = new Patience({ look: () => did }, limits)
    return looksUntil(() => patience.look())
  }
  it('ends with so much work, or so many looks that find it asleep; the first do not count', () => {
    expect([looks(works), looks({ ...works, worked_ms: 250 }), looks(sleeps)])
      .toEqual([before + 10, before + 4, before + 10])
  })
  it('never ends for one that gets no processor, however often it is looked at',
    () => { expect(looks(starves)).toBeNull() })
  it('counts what was done by turns', () => {
    const patience = new Patience({ look: () => turns++ % 2 === 0 ? sleeps : works }, limits)
    let turns = 0
    expect(looksUntil(() => patience.look())).toBe(before + 19)
  })
  it('begins anew at a sign of life', () => {
    const patience = new Patience({ look: () => works }, limits)
    expect(looksUntil(i => { if (i % 13 === 0) patience.renew(); return patience.look() })).toBeNull()
    expect(looksUntil(() => patience.look())).not.toBeNull()
  })
})

describe('a watchdog', () => {
  it('tells what never returned, and how', () => {
    for (const [did, how] of [[works, 'works'], [sleeps, 'sleeps']] as const) {
      const { watchdog, look } = watched(did)
      expect(looksUntil(look)).toBe(before + 10)
      expect(watchdog.verdict).toEqual({ why: 'stuck', how, ran: 'recipe of map' })
    }
  })
  it('does not judge one that waits for a processor, one that has not begun, or one whose reader is slow', () => {
    expect(looksUntil(watched(starves).look)).toBeNull()
    const starting = new Watchdog({ look: () => works }, limits)
    expect(looksUntil(() => { starting.look(step); return starting.verdict })).toBeNull()
    const { watchdog, look } = watched(works)
    watchdog.onMessage('writing')
    expect(looksUntil(look)).toBeNull()
  })
  it('judges one run: another is a sign of life', () => {
    const { watchdog } = watched(works)
    expect(looksUntil(i => { watchdog.look({ ...step, run: Math.floor(i / 13) }); return watchdog.verdict })).toBeNull()
  })
  it('never blames the user for what remapcheck does itself, however long that takes, nor a step that comes after it',
    () => {
      const { watchdog, look } = watched(works)
      expect(looksUntil(() => { watchdog.look({ run: 6, ran: null }); return watchdog.verdict })).toBeNull()
      expect(looksUntil(look)).toBe(before + 10)
    })
  it('after Ctrl-C: a fifth is enough, and a living event loop is not', () => {
    const { watchdog, look } = watched(works)
    watchdog.stop()
    watchdog.stop()
    expect(looksUntil(() => { watchdog.onMessage('alive'); return look() })).toBe(before + 2)
    expect(watchdog.verdict).toMatchObject({ why: 'late' })
    const starving = watched(starves)
    starving.watchdog.stop()
    expect(looksUntil(starving.look)).toBeNull()
    const reporting = watched(works)
    reporting.watchdog.stop()
    const late = reporting.watchdog
    expect(looksUntil(() => { late.look({ run: 8, ran: null }); return late.verdict })).toBeNull()
  })
})

describe('a meter', () => {
  const hasProc = existsSync('/proc/self/stat')
  it.skipIf(!hasProc)('sees that this process works', () => {
    const meter = meterOf(process.pid)
    let did = meter.look()
    while (did.worked_ms === 0) did = meter.look()
    expect(did.slept).toBe(false)
  })
  it.skipIf(!hasProc)('sees a process asleep, but not while one that it started works', async () => {
    for (const [code, slept] of [['read -r line', true], ['while :; do :; done & read -r line', false]] as const) {
      const child = spawn('/bin/sh', ['-c', code], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
      try {
        const meter = meterOf(child.pid!)
        const done = (did: Did): boolean => slept ? did.slept : did.worked_ms > 0
        let did = meter.look()
        for (; !done(did); did = meter.look()) await setImmediate()
        expect(did.slept).toBe(slept)
      } finally {
        process.kill(-child.pid!, 'SIGKILL')
        await once(child, 'close')
      }
    }
  })
  it('where the system tells nothing works as long itself', () => {
    const before = process.cpuUsage()
    const did = new OwnWork().look()
    const { user, system } = process.cpuUsage(before)
    expect(did.worked_ms).toBeGreaterThan(0)
    expect((user + system) / 1000).toBeGreaterThanOrEqual(did.worked_ms)
  })
})
