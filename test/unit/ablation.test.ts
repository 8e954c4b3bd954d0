/** Names of edits: each makes the same design again, and a wrong one is told with what there is. */
import { describe, expect, it } from 'vitest'
import {
  applied, edited, editedName, editName, editsOf, isAsked, isCostOnly, NoSuchEdit,
} from '../../spec/kernel/edits.ts'
import { bounds, capsOf } from '../../spec/bounds.ts'
import { protocolOn } from '../../spec/kernel/calls.ts'
import { stepLabels } from '../../spec/kernel/design.ts'
import { design, without } from '../../spec/kernel/design.ts'
import { designNamed, designs } from '../../spec/designs.ts'
import { ring0Strict } from '../../spec/designs.ts'
import * as steps from '../../spec/steps.ts'
import { callNames } from '../../spec/state.ts'
import { isPath } from '../../src/cli/paths.ts'
import { builtIn } from '../../src/cli/designs.ts'

const everything = () => true
const labelsOf = (name: string, call: 'unmap' | 'map' | 'flush'): readonly string[] =>
  stepLabels(designNamed(name)!.protocols[call]!)

describe('names of edits', () => {
  it('make the same design again, for every edit of every design', () => {
    let edits = 0
    for (const from of designs)
      for (const call of callNames)
        for (const edit of editsOf(from, call, [from.protocols[call] ?? []], everything)) {
          const less = applied(from, edit)
          expect(less.name).toBe(`${from.name}~${editName(edit)}`)
          const again = designNamed(less.name)
          expect(again?.protocols[call]).toEqual(less.protocols[call])
          expect(less.protocols[call]).not.toEqual(from.protocols[call])
          expect(isPath(less.name)).toBe(false)
          edits++
        }
    expect(edits).toBeGreaterThan(300)
  })
  it('take a step out, or steps, or swap two; edits follow each other', () => {
    expect(designNamed('ring0-strict~unmap/invalidatePage')!.protocols)
      .toEqual(without(ring0Strict, 'unmap', steps.invalidatePage).protocols)
    expect(labelsOf('ring0-strict~unmap/lockTables+unlockTables~unmap/freeTable', 'unmap').join(' '))
      .toBe('clearPte writeBackPte unlinkEmptyTable invalidatePage submitWait pollStatus freeFrame returnToDriver')
    expect(labelsOf('ring0-strict+table-switch~unmap/freeTable<>freeFrame', 'unmap').slice(-3))
      .toEqual(['freeFrame', 'freeTable', 'returnToDriver'])
  })
  it('number a step that comes again', () => {
    const twice = design('twice', { says: 'x', remapsDma: true, remapsInterrupts: false },
      { unmap: [steps.clearPte, steps.freeFrame, steps.clearPte] })
    expect(edited(twice, 'unmap/clearPte#2').protocols.unmap).toEqual([steps.clearPte, steps.freeFrame])
    expect(edited(twice, 'unmap/clearPte').protocols.unmap).toEqual([steps.freeFrame, steps.clearPte])
  })
  it('are read behind names and paths, and nowhere else', () => {
    expect(editedName('ring0-strict+table-switch~map/a~unmap/b<>c#2'))
      .toEqual({ base: 'ring0-strict+table-switch', edits: 'map/a~unmap/b<>c#2' })
    expect(editedName('./mine.mjs~unmap/clearPte')).toEqual({ base: './mine.mjs', edits: 'unmap/clearPte' })
    expect(editedName('./old~1/mine.mjs')).toBeNull()
    expect(['mine.mjs~unmap/clearPte', './old~1/mine.mjs', 'mine.mts'].map(isPath)).toEqual([true, true, true])
  })
  it.each([
    ['ring0-strict~unmap/invalidatPage', "has no step 'invalidatPage'", "did you mean 'invalidatePage'?"],
    ['ring0-strict~unmpa/invalidatePage', "has no call 'unmpa'", "did you mean 'unmap'?"],
    ['ring0-strict~portAccess/checkPort', "has no call 'portAccess'", 'it has map, unmap'],
    ['ring0-strct~unmap/invalidatePage', 'no built-in design', "did you mean 'ring0-strict'?"],
    ['ring0-strict~unmap', 'no edit', 'DESIGN~CALL/STEP'],
    ['ring0-strict~unmap/clearPte<>clearPte', 'names a step twice', 'CALL/STEP<>STEP'],
    ['ring0-strict~unmap/clearPte<>freeFrame<>freeTable', 'is no edit', 'CALL/STEP<>STEP'],
  ])('%s is told', (name, problem, next) => {
    expect(designNamed(name)).toBeNull()
    expect(() => builtIn(name))
      .toThrow(expect.objectContaining({ message: expect.stringContaining(problem) as string,
        next: expect.stringContaining(next) as string }) as Error)
  })
  it('of a design that lacks the step are refused',
    () => { expect(() => edited(ring0Strict, 'unmap/takeBatch')).toThrow(NoSuchEdit) })
})

describe('what is tried', () => {
  const on = (changes: Parameters<typeof bounds>[0]) =>
    protocolOn(ring0Strict, 'unmap', bounds({ frames: 1, iovas: 1, ...changes }))
  const names = (variants: Parameters<typeof editsOf>[2]) =>
    editsOf(ring0Strict, 'unmap', variants, step => step.uses === 'queue' || step.name.endsWith('Pte')).map(editName)

  it('swaps only what follows each other on some hardware', () => {
    expect(names([on({})])).toContain('unmap/clearPte<>invalidatePage')
    expect(names([on({})])).not.toContain('unmap/clearPte<>writeBackPte')
    expect(names([on({}), on({ coherent: 0 })])).toEqual(expect.arrayContaining(
      ['unmap/clearPte<>invalidatePage', 'unmap/clearPte<>writeBackPte', 'unmap/writeBackPte<>invalidatePage',
        'unmap/lockTables+unlockTables']))
  })
  it('asks nothing where a step is not taken, or two are apart', () => {
    expect(isAsked(ring0Strict, { call: 'unmap', without: ['writeBackPte'] }, on({}))).toBe(false)
    expect(isAsked(ring0Strict, { call: 'unmap', without: ['writeBackPte'] }, on({ coherent: 0 }))).toBe(true)
    expect(isAsked(ring0Strict, { call: 'unmap', swap: ['clearPte', 'invalidatePage'] }, on({ coherent: 0 })))
      .toBe(false)
    expect(isAsked(ring0Strict, { call: 'unmap', swap: ['clearPte', 'invalidatePage'] }, on({}))).toBe(true)
  })
  it('knows a step that is there for its cost: one that waits, looks or tells is not', () => {
    const b = bounds()
    const is = (step: Parameters<typeof isCostOnly>[0]) => isCostOnly(step, { caps: capsOf(b), b })
    expect([steps.receiveRequest, steps.enterKernel].map(is)).toEqual([true, true])
    expect([steps.readBackSource, steps.pollRegister, steps.clearPte, steps.freeFrame, steps.awaitDomainCalls].map(is))
      .toEqual([false, false, false, false, false])
    expect(is({ name: 'tells', says: 'x', then: ({ emit }) => { emit.observe({ what: 'unmasked', source: 0 }) } }))
      .toBe(false)
  })
})
