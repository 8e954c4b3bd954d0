/** Progress of a long run: one line that is written over on a terminal, a line now and then elsewhere. */
import { describe, expect, it } from 'vitest'
import { positionText, progressLine } from '../../src/check/progress.ts'
import { spinner } from '../../src/cli/io.ts'
import type { Io } from '../../src/cli/io.ts'
import { exploreExhaustively } from '../../src/index.ts'
import type { Progress } from '../../src/index.ts'
import { onCountedClock } from '../clock.ts'
import { withoutProgress } from './run.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'

const progress: Progress = { states: 1_234_567, transitions: 9e6, depth: 17, queue: 40_000, bytes: 49_000_001,
  growth: 0.5, rate: 2_000_000, remaining: 0.2 }
const position = { design: 'ring0-strict', designs: 1, scope: 'mapping', number: 3, of: 12, violated: [] }
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
      .toBe('1,234,567 states, about 1 s left, 2,000,000 steps/s, depth 17, queue 40,000, 50 MB')
    expect(progressLine({ ...progress, remaining: 150 })).toContain('about 3 min left')
    expect(progressLine({ ...progress, remaining: null, queue: 0, bytes: 0 }))
      .toBe('1,234,567 states, 2,000,000 steps/s, depth 17')
  })
  it('begins with what is searched: long names are cut, and what was found stands before the counts', () => {
    expect(positionText(position)).toBe('scope 3 of 12 mapping')
    expect(positionText({ ...position, of: 1, violated: ['no-dma-escape'] })).toBe('scope mapping, ✗ no-dma-escape')
    const design = 'ring0-strict~migrateInterrupt/submitWait+pollStatus'
    expect(positionText({ ...position, design, designs: 2, violated: ['a', 'b'] }))
      .toBe('ring0-strict~migrat…, scope 3 of 12 mapping, ✗ 2 claims')
    expect(progressLine({ ...progress, states: 1, deciding: '3 claims about endless runs' }))
      .toBe('1 state, deciding 3 claims about endless runs')
  })
  it('is one line of its width on a terminal, gone at the end', () => {
    const { written, io: terminal } = io(true)
    const line = spinner(terminal)
    line.say(progressLine(progress))
    line.say('short')
    line.end()
    expect(written).toEqual(['\r\x1b[2K1,234,567 states, about 1 s l', '\r\x1b[2Kshort', '\r\x1b[2K'])
  })
  it('leaves lines that say what was found: above it on a terminal, at once elsewhere', () => {
    const { written, io: terminal } = io(true)
    const line = spinner(terminal)
    line.say('short')
    line.note('✗ a claim\n  → why \x1b[31m')
    expect(written.at(-1)).toBe('\r\x1b[2K✗ a claim\n  → why ?[31m\n\r\x1b[2Kshort')
    line.note('✗ a-claim  a-design, scope mapping, 12 ops: why')
    expect(written.at(-1)).toBe('\r\x1b[2K✗ a-claim a-design, scope\n  mapping, 12 ops: why\n\r\x1b[2Kshort')
    const { written: lines, io: pipe } = io(false)
    spinner({ ...pipe, now: () => 0 }).note('✗ a claim')
    expect(lines).toEqual(['✗ a claim\n'])
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
    for (const designs of [1, 2])
      expect(withoutProgress(`${positionText({ ...position, designs })}\n`
        + `${positionText({ ...position, of: 1 })}: ${progressLine(progress)}\n${mistake}`)).toBe(mistake)
  })
  it('of a search tells memory, and an end in sight only where the search shrinks', async () => {
    const seen: Progress[] = []
    await onCountedClock(1, () => exploreExhaustively(twoPhaseCommit(6), { onProgress: one => { seen.push(one) } }))
    expect(seen.length).toBeGreaterThan(0)
    for (const { bytes, states, growth, remaining } of seen) {
      expect(bytes).toBeGreaterThan(states * 8)
      if (growth >= 1) expect(remaining).toBeNull()
      if (remaining !== null) expect(remaining).toBeGreaterThanOrEqual(0)
    }
  })
})
