/** Progress of a long run: one line that is written over on a terminal, a line now and then elsewhere. */
import { describe, expect, it } from 'vitest'
import { progressLine } from '../../src/check/progress.ts'
import { spinner } from '../../src/cli/io.ts'
import type { Io } from '../../src/cli/io.ts'
import { exploreExhaustively } from '../../src/index.ts'
import type { Progress } from '../../src/index.ts'
import { onCountedClock } from '../clock.ts'
import { withoutProgress } from './run.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'

const progress: Progress = { states: 1_234_567, transitions: 9e6, depth: 17, queue: 40_000, bytes: 49_000_001,
  shrinks: true, rate: 2_000_000, remaining: 0.2 }
function io(isTTY: boolean): { readonly written: string[]; readonly io: Io } {
  const written: string[] = []
  const stream = { write: (text: string) => { written.push(text) }, isTTY, columns: 30 }
  return {
    written, io: { argv: [], stdout: stream, stderr: stream, env: {}, cwd: '', signal: new AbortController().signal },
  }
}

describe('progress', () => {
  it('is states, rate, estimate, depth, queue and memory, as far as there are any', () => {
    expect(progressLine(progress))
      .toBe('1,234,567 states, 2,000,000 steps/s, 1 s or more left, depth 17, queue 40,000, 50 MB')
    expect(progressLine({ ...progress, remaining: 150 })).toContain('3 min or more left')
    expect(progressLine({ ...progress, remaining: null, queue: 0, bytes: 0 }))
      .toBe('1,234,567 states, 2,000,000 steps/s, depth 17')
  })
  it('is one line of its width on a terminal, gone at the end', () => {
    const { written, io: terminal } = io(true)
    const line = spinner(terminal)
    line.say(progressLine(progress))
    line.say('short')
    line.end()
    expect(written).toEqual(['\r\x1b[2K1,234,567 states, 2,000,000 s', '\r\x1b[2Kshort', '\r\x1b[2K'])
  })
  it('is a whole line every 10 seconds elsewhere, and none for what is quick', () => {
    let time = 5
    const { written, io: pipe } = io(false)
    const line = spinner({ ...pipe, now: () => time })
    for (const at of [6, 9_000, 10_006, 15_000, 20_007, 20_008]) {
      time = at
      line.say(`at ${at}`)
    }
    line.end()
    expect(written).toEqual(['at 10006\n', 'at 20007\n'])
  })
  it('can be told from what else a slow process writes', () => {
    const mistake = 'no-iomm: no built-in design has this name [E-DESIGN]\n  → did you mean no-iommu?\n'
    expect(withoutProgress(`ring0-strict mapping\nring0-strict mapping: ${progressLine(progress)}\n${mistake}`))
      .toBe(mistake)
  })
  it('of a search tells memory, and an end in sight only where the search shrinks', async () => {
    const seen: Progress[] = []
    await onCountedClock(1, () => exploreExhaustively(twoPhaseCommit(6), { onProgress: one => { seen.push(one) } }))
    expect(seen.length).toBeGreaterThan(0)
    for (const { bytes, states, shrinks, remaining } of seen) {
      expect(bytes).toBeGreaterThan(states * 8)
      if (!shrinks) expect(remaining).toBeNull()
      if (remaining !== null) expect(remaining).toBeGreaterThanOrEqual(0)
    }
  })
})
