/** What designs share is found by comparing: no edit, and no word of a design about itself, leaves a part unchecked. */
import { standardIommu } from '../../spec/iommus.ts'
import { describe, expect, it } from 'vitest'
import { applied, editsOf } from '../../spec/kernel/edits.ts'
import { replaced, without, withProtocol } from '../../spec/kernel/design.ts'
import type { Design, Step } from '../../spec/kernel/design.ts'
import { always, claimOf } from '../../spec/claim.ts'
import { designNamed, designs, everyDesign } from '../../spec/designs.ts'
import { migrations } from '../../spec/kernel/migration.ts'
import { ring0Deferred, ring0DeferredEarly, ring0Strict } from '../../spec/designs.ts'
import { partsOfCall, sharedWith } from '../../spec/sharing.ts'
import * as steps from '../../spec/steps.ts'
import { waits } from '../../spec/costs/index.ts'
import { scopes, worlds } from '../../spec/scopes.ts'
import { callNames } from '../../spec/state.ts'

const parts = ['memory', 'interrupts'] as const
const masked = designNamed('ring0-strict+source-masked')!
const switching = designNamed('ring0-strict+table-switch')!
const other = { memory: 'interrupts', interrupts: 'memory' } as const
const asked = (design: Design): string[] =>
  [...scopes, ...worlds, ...waits].filter(({ appliesTo }) => appliesTo(design)).map(({ name }) => name)

describe('what the built-in designs share', () => {
  it('is what they say, and the other design has it as its own', () => {
    const shared = designs.flatMap(design => parts.flatMap(part => {
      const from = sharedWith(design, part)
      return from === null ? [] : [[design.name, part, from.name, sharedWith(from, part)]]
    }))
    expect(shared).toEqual([
      ['ring0-register', 'interrupts', 'ring0-strict', null], ['ring0-deferred', 'interrupts', 'ring0-strict', null],
      ['ring0-deferred-early', 'interrupts', 'ring0-strict', null],
      ['pistachio-irq', 'memory', 'driver-server', null],
      ['pistachio-irq+source-masked', 'memory', 'driver-server', null],
      ['irq-balancer', 'memory', 'ring0-strict', null],
      ['ring0-strict+source-masked', 'memory', 'ring0-strict', null],
      ['ring0-strict+source-unmasked', 'memory', 'ring0-strict', null],
      ['ring0-strict+table-switch', 'memory', 'ring0-strict', null],
    ])
    for (const { memoryOf, interruptsOf, name } of designs)
      expect([memoryOf, interruptsOf].filter(word => word !== null), name)
        .toEqual(shared.filter(([design]) => design === name).map(([,, from]) => from))
  })
  it('is shared by every design under every migration, and no edit of a part is', () => {
    let edits = 0
    for (const base of designs)
      for (const from of [base, ...migrations.map(({ apply }) => apply(base, standardIommu.steps as never))])
        for (const call of callNames)
          for (const edit of editsOf(from, call, [from.protocols[call] ?? []], () => true)) {
            const less = applied(from, edit), [part] = partsOfCall(call) as ['memory' | 'interrupts']
            expect(sharedWith(less, part), less.name).toBeNull()
            expect(sharedWith(less, other[part]), less.name).toBe(sharedWith(from, other[part]))
            edits++
          }
    expect(edits).toBeGreaterThan(1000)
    for (const base of designs) for (const { apply } of migrations)
      expect(sharedWith(apply(base, standardIommu.steps as never), 'memory'), base.name)
        .toBe(base)
  })
})

/** It has the interrupts of that design, whose entry rules, state and scopes differ from the usual. */
const balancing: Design = { ...designNamed('irq-balancer')!, name: 'mine', interruptsOf: 'irq-balancer' }
it('is the same in a copy', () => { expect(sharedWith(balancing, 'interrupts')?.name).toBe('irq-balancer') })

it('is not changed in place: what one design has, others have too', () => {
  for (const design of everyDesign)
    for (const part of [design, design.calls, design.protocols, ...Object.values(design.protocols).flat()])
      expect(Object.isFrozen(part), design.name).toBe(true)
  expect(() => (masked.protocols.protect as Step[]).splice(2, 1)).toThrow(TypeError)
})

/** Each with the part that is no longer what the design says. */
const editedOnes: readonly (readonly [string, (typeof parts)[number], Design])[] = [
  ['without', 'memory', without(masked, 'detach', steps.invalidateContext)],
  ['replaced by a copy of the step', 'memory', replaced(masked, 'unmap', steps.freeFrame, { ...steps.freeFrame })],
  ['another protocol', 'memory',
    withProtocol(switching, 'map', [steps.allocateFrame, steps.storePte, steps.returnToDriver])],
  ['a call more', 'memory', withProtocol(masked, 'flush', ring0Deferred.protocols.flush!)],
  ['a call less', 'memory', { ...masked, protocols: { ...masked.protocols, detach: [] } }],
  ['spread, with the word said again', 'memory',
    { ...without(masked, 'detach', steps.invalidateContext), memoryOf: masked.memoryOf, name: 'x' }],
  ['a word that was never true', 'memory',
    { ...without(ring0Strict, 'unmap', steps.awaitInvalidation), memoryOf: 'ring0-strict', name: 'y' }],
  ['an option', 'memory', { ...masked, remapsDma: false }],
  ['the word for another design', 'memory', { ...masked, memoryOf: 'ring0-deferred' }],
  ['the word for no design', 'memory', { ...masked, memoryOf: 'ring0-strict~detach/invalidateContext' }],
  ['a claim that only the other gives up', 'memory',
    { ...ring0DeferredEarly, memoryOf: 'ring0-deferred-early', givesUp: ring0Deferred.givesUp }],
  ['hardware of its own', 'memory', { ...masked, hardware: { drop: { says: 'x', when: () => true, then: () => {} } } }],
  ['user drivers, who are asked more', 'memory', { ...masked, userDrivers: true }],
  ['an entry rule that only the other replaces', 'interrupts', { ...balancing, calls: {} }],
  ['state of the other that it starts otherwise', 'interrupts', { ...balancing, start: () => {} }],
  ['scopes that the other is not asked in', 'interrupts', { ...balancing, scopes: null }],
  ['a claim of its own', 'memory', { ...masked, claims: [claimOf(always('own', { claim: 'x' }, () => true))] }],
  ['without, of interrupts', 'interrupts', without(ring0Deferred, 'migrateInterrupt', steps.invalidateIec)],
  ...(['verifiesSource', 'blocksUnremapped', 'remapsInterrupts'] as const).map(option =>
    [option, 'interrupts', { ...ring0Deferred, [option]: false }] as const),
  ['userDrivers', 'interrupts', { ...ring0Deferred, userDrivers: true }],
  ['wideDestinations', 'interrupts', { ...ring0Deferred, wideDestinations: 'always' }],
  ['interruptTables', 'interrupts', { ...ring0Deferred, interruptTables: 2 }],
]
describe('an edited part is asked of the design itself, as if it said nothing of another', () => {
  it.each(editedOnes)('%s', (_, part, design) => {
    expect(sharedWith(design, part)).toBeNull()
    const silent = { ...design, [part === 'memory' ? 'memoryOf' : 'interruptsOf']: null }
    expect(asked(design)).toEqual(asked(silent))
    expect(asked(design).length).toBeGreaterThan(4)
  })
})
