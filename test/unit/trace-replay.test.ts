/** Replay judges every step, never fails on an op, and says what it could not reproduce. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../src/errors.ts'
import type { Machine, Op } from '../../src/model/index.ts'
import { replay } from '../../src/trace/replay.ts'
import { toy, toyTrace } from '../golden/toy.ts'

const mistake = (property: string): UserError => {
  try { replay(toy, toyTrace({ property }), 'x.json') } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('replay', () => {
  it('reproduces the violation at the op that violates, with reason and witness', () => {
    const { reproduced, at, because, witness, refusedCount, specChanged, steps } = replay(toy, toyTrace())
    expect({ reproduced, at, refusedCount, specChanged })
      .toEqual({ reproduced: true, at: 4, refusedCount: 0, specChanged: false })
    expect(because).toBe(toyTrace().because)
    expect(witness).toEqual({ device: 0, frame: 1, write: true })
    expect(steps.map(step => step.agent)).toEqual(['cpu0', 'iommu', 'cpu0', 'device0'])
    expect(steps.map(step => step.violated.map(broken => broken.property)))
      .toEqual([[], [], [], ['no-access-after-unmap']])
    expect(steps[1]!.before).toBe(steps[0]!.after)
  })

  it('says that nothing is reproduced when the op that mattered is gone', () => {
    const { reproduced, at, because } = replay(toy,
      toyTrace({ ops: toyTrace().ops.filter(op => op.action !== 'unmap') }))
    expect({ reproduced, at, because }).toEqual({ reproduced: false, at: null, because: null })
  })

  it('refuses ops that this machine does not know or allow, and goes on', () => {
    const foreign: Op[] = [{ action: 'fly', args: {} }, { action: 'unmap', args: { page: 0 } },
      { action: 'map', args: { page: 9 } }]
    const { steps, refusedCount, reproduced, at } = replay(toy, toyTrace({ ops: [...foreign, ...toyTrace().ops] }))
    expect(refusedCount).toBe(3)
    expect(steps.slice(0, 3).every(step => step.refused && step.before === step.after && step.violated.length === 0))
      .toBe(true)
    expect(steps[0]!.agent).toBe('?')
    expect({ reproduced, at }).toEqual({ reproduced: true, at: 7 })
  })

  it('reports other properties that break on the way, and an initial state that is broken', () => {
    const twice: Op[] = [0, 1].flatMap(page =>
      [{ action: 'map', args: { page, frame: 0, write: false } }, { action: 'unmap', args: { page } }])
    const full = replay(toy, toyTrace({ ops: twice }))
    expect(full.reproduced).toBe(false)
    expect(full.steps.at(-1)!.violated)
      .toEqual([{ property: 'queue-has-room', because: 'the queue holds 2 entries', witness: {} }])
    const longer = replay(toy, toyTrace({ property: 'queue-has-room', ops: [...twice, twice[1]!, twice[0]!] }))
    expect(longer.at).toBe(4)
    expect(longer.steps.slice(4).map(({ refused, violated }) => [refused, violated.length]))
      .toEqual([[true, 0], [false, 1]])
    const broken = { ...toy, initialWorld: full.steps.at(-1)!.after }
    expect(replay(broken, toyTrace({ ops: [], property: 'queue-has-room' }))).toMatchObject({ reproduced: true, at: 0 })
  })

  it('of a sometimes is the way to reach it', () => {
    expect(replay(toy, toyTrace({ property: 'a-dma-lands' })))
      .toMatchObject({ reproduced: true, at: 4, because: 'reached' })
    expect(replay(toy, toyTrace({ property: 'a-dma-lands', ops: [] }))).toMatchObject({ reproduced: false, at: null })
  })

  it('notes a machine that declares something else than when the trace was found', () => {
    expect(replay(toy, toyTrace({ specHash: '000000000000' }))).toMatchObject({ specChanged: true, reproduced: true })
  })

  it('names the nearest property for one that is not there, and refuses claims about endless runs', () => {
    expect(mistake('no-acces-after-unmap'))
      .toMatchObject({ code: 'E-TRACE-PROPERTY', subject: 'x.json', next: "did you mean 'no-access-after-unmap'?" })
    expect(mistake('zzz').next).toContain('queue-has-room')
    expect(mistake('settles').code).toBe('E-TRACE-LIVENESS')
  })

  it('takes any ops, the same way twice, and every op is either refused or leads on', () => {
    const known = fc.constantFrom(...toy.instances.map(instance => instance.op))
    // A third unmap would overflow the queue of the toy, which is a mistake of the machine.
    const unmaps = (all: readonly Op[]): number => all.filter(({ action }) => action === 'unmap').length
    const ops = fc.array(fc.oneof(known, fc.constant<Op>({ action: '', args: {} })))
      .map(all => all.filter((op, i) => op.action !== 'unmap' || unmaps(all.slice(0, i)) < 2))
    fc.assert(fc.property(ops, random => {
      const trace = toyTrace({ ops: random })
      const one = replay(toy, trace)
      const stripped = (r: typeof one): unknown => ({ ...r, machine: null, property: null })
      expect(stripped(one)).toEqual(stripped(replay(toy, trace)))
      expect(one.steps).toHaveLength(random.length)
      expect(one.refusedCount)
        .toBe(one.steps.filter(step => step.events.some(event => event.kind === 'refused')).length)
      if (one.at !== null)
        expect(one.steps[one.at - 1]!.violated.map(broken => broken.property)).toContain(trace.property)
      const enough = replay(toy, { ...trace, ops: random.slice(0, one.at ?? 0) })
      expect(enough.reproduced).toBe(one.reproduced)
    }), { numRuns: 60 })
  })

  it('takes a machine whose types are not known', () => {
    expect(replay(toy as unknown as Machine, toyTrace()).at).toBe(4)
  })
})
