/** What a design may keep, offer and claim of its own: parts of calls, control, handlers, scopes, and refusals. */
import { expect, test } from 'vitest'
import { parseClaims, parseDesign } from '../../src/cli/design-schema.ts'
import { exploreExhaustively } from '../../src/explore/exhaustive.ts'
import { checkMachine } from '../../src/explore/full.ts'
import { bool, ModelError, range, table } from '../../src/model/index.ts'
import { claimsOf, propertiesFor } from '../../properties/index.ts'
import { noDmaEscape } from '../../properties/isolation/no-dma-escape.ts'
import { noDoubleFree } from '../../properties/progress/no-double-free.ts'
import { bounds } from '../../spec/bounds.ts'
import {
  allocateFrame, always, awaitInvalidation, call, callOn, clearPte, design, findHandler, freeFrame, invalidatePage,
  returnToDriver, ring0Strict, runHandler, sendEoi, sometimes, storePte, without,
} from '../../spec/index.ts'
import type { Design, Sizes, Step } from '../../spec/index.ts'
import { protocolOn } from '../../spec/kernel/calls.ts'
import { edited } from '../../spec/kernel/edits.ts'
import { remapMachine } from '../../spec/machine.ts'
import { scopesFor } from '../../spec/scopes.ts'

const onePage = bounds({ frames: 1, iovas: 1 }), twoFrames = bounds({ cpus: 2, callers: 2, frames: 2, iovas: 2 })
const unmap = [clearPte, invalidatePage, awaitInvalidation, freeFrame, returnToDriver]
const usual = { says: 'for a test', remapsDma: true, remapsInterrupts: false }
const plain = design('plain', usual, { map: [allocateFrame, storePte, returnToDriver], unmap })

async function verdicts(of: Design, b = onePage): Promise<Record<string, string>> {
  const { results } = await exploreExhaustively(remapMachine(of, b, propertiesFor(of, b)))
  return Object.fromEntries(results.map(({ property, outcome }) => [property, outcome]))
}

test('a part of a built-in call that is dropped is missed: a taken frame is given to a second caller', async () => {
  const shared = design('shared', { ...usual, calls: { map: { rules: { frameIsFree: null } } } },
    { map: [allocateFrame, storePte, returnToDriver], unmap })
  const [of] = [noDoubleFree.property.name]
  expect((await verdicts(plain, twoFrames))[of]).toBe('holds')
  expect((await verdicts(shared as Design, twoFrames))[of]).toBe('violated')
})

test('a part that is replaced decides: nobody maps where the rule says no', async () => {
  const closed = design('closed', { ...usual, calls: { map: { rules: { domainIsOpen: () => false } } } },
    { map: [allocateFrame, storePte, returnToDriver], unmap })
  const { states } = await exploreExhaustively(remapMachine(closed, onePage, []))
  const open = await exploreExhaustively(remapMachine(plain, onePage, []))
  expect(states).toBeLessThan(open.states)
})

/** Tries to take a lock by compare-and-exchange, and goes back until it has it. */
const lockDomain = (isAtomic: boolean): Step<{ state: { lock: boolean }; registers: { free: boolean } }>[] => [
  { name: 'readLock', says: 'read the lock', then: ({ s, call }) => { call.free = !s.own.lock } },
  { name: 'takeLock', says: 'take it if it is free', goesTo: ['readLock'],
    then: ({ s, call, go }) => {
      const isFree = isAtomic ? !s.own.lock : call.free
      if (isFree) s.own.lock = true
      else go('readLock')
    } },
]
const unlock: Step<{ state: { lock: boolean }; registers: { free: boolean } }> =
  { name: 'unlock', says: 'let go of it', then: ({ s }) => { s.own.lock = false } }
const spinning = (isAtomic: boolean): Design => {
  const held = always('one-holder', { claim: 'one CPU at most is between lock and unlock' },
    ({ state }) => state.kernel.calls.filter(one => one?.call === 'touch' && one.step === 2).length <= 1
      || { because: 'two CPUs hold the lock' })
  return design('spinning', {
    ...usual, state: () => ({ lock: bool }), registers: () => ({ free: bool }), claims: [held],
    calls: { touch: call({ says: 'touch something under the lock', params: () => ({}) }) },
  }, { touch: [...lockDomain(isAtomic), unlock] }) as Design
}
test('a protocol goes back; registers, state and a claim of its own find the lock that is none', async () => {
  const two = bounds({ cpus: 2, callers: 2 })
  expect(await verdicts(spinning(true), two)).toMatchObject({ 'one-holder': 'holds' })
  expect(await verdicts(spinning(false), two)).toMatchObject({ 'one-holder': 'violated' })
  expect(claimsOf(spinning(true)).map(({ property }) => property.name)).toContain('one-holder')
})

test('a step that others go to keeps its place when it is taken out', () => {
  const less = edited(spinning(true), 'touch/readLock')
  expect(protocolOn(less, 'touch', onePage).map(({ name }) => name)).toEqual(['takeLock', 'unlock'])
  expect(() => remapMachine(less, onePage)).not.toThrow()
  expect(without(plain, 'unmap', freeFrame).protocols['unmap']).toHaveLength(unmap.flat().length - 1)
})

test('what is wrong with control is refused with its place', async () => {
  const going = (label: string, goesTo: readonly string[]): Design => design('going', usual, {
    map: [{ name: 'jump', says: 'go', goesTo, then: ({ go }) => { go(label) } }, allocateFrame, returnToDriver],
  }) as Design
  expect(() => remapMachine(going('x', ['nowhere']), onePage))
    .toThrow("map/jump goes to 'nowhere', and map has no such step; it has jump, allocateFrame, returnToDriver")
  await expect(exploreExhaustively(remapMachine(going('returnToDriver', ['allocateFrame']), onePage)))
    .rejects.toThrow("map/jump goes to 'returnToDriver', which its goesTo does not name; it names allocateFrame")
  const silent = design('silent', { ...usual, calls: { map: { rules: { frameIsFree: () => undefined as never } } } },
    plain.protocols)
  await expect(exploreExhaustively(remapMachine(silent, onePage))).rejects.toThrow(ModelError)
})

test('state starts as `start` says, and holds what its domains allow', async () => {
  const counting = (most: number): Design => design('counting', {
    ...usual, state: ({ id }) => ({ taken: table([id.frame], range(0, most)) }),
    start: ({ own }) => { (own as { taken: number[] }).taken[0] = 1 },
  }, { map: [{ name: 'count', says: 'count', then: ({ s }) => { (s.own as { taken: number[] }).taken[0]!++ } },
    allocateFrame, returnToDriver] }) as Design
  expect((remapMachine(counting(2), onePage).initial as unknown as { own: object }).own).toEqual({ taken: [1] })
  await expect(exploreExhaustively(remapMachine(counting(1), onePage)))
    .rejects.toThrow(/own\.taken\[0\]: 2 is outside 0\.\.1/)
})

test('a CPU does by itself what `hardware` says, at any time, and its mistakes are named', async () => {
  const switching = (when: () => boolean, on = true): Design => ({
    ...plain, state: () => ({ isOn: table([range(0, 0)], bool) }),
    hardware: { switchOn: { says: 'x', offered: () => on, when: ({ s }: { s: { own: object } }) => !isOn(s) && when(),
      then: ({ s }: { s: { own: object } }) => { (s.own as { isOn: boolean[] }).isOn[0] = true } } },
    claims: [{ property: always('off', { claim: 'off' }, ({ state }) => !isOn(state as never) || { because: 'on' }),
      appliesTo: () => true, witnesses: [] }],
  } as never)
  const isOn = ({ own }: { own: object }): boolean => (own as { isOn: boolean[] }).isOn[0]!
  expect((await verdicts(switching(() => true)))['off']).toBe('violated')
  expect((await verdicts(switching(() => false)))['off']).toBe('holds')
  expect((await verdicts(switching(() => true, false)))['off']).toBe('holds')
  await expect(verdicts(switching(() => undefined as never)))
    .rejects.toThrow('hardware.switchOn answered undefined; answer true or false')
  expect(because({ hardware: { fill: { says: 'x' } } })).toMatch(/hardware\.fill\.when: missing/)
})

test('scopes: the standard ones it names, and its own; all where it names none', () => {
  const own = { name: 'tiny', says: 'one page', bounds: { frames: 1, iovas: 1 } }
  const limited = { ...plain, scopes: ['mapping', own] }
  const names = (of: Design): string[] => scopesFor([of])
    .filter(({ appliesTo }) => appliesTo(of)).map(({ name }) => name)
  expect(names(limited)).toEqual(['mapping', 'tiny'])
  expect(names(plain)).toContain('tables')
})

const because = (change: object): string => {
  try { parseDesign({ ...ring0Strict, ...change }, 'mine.mjs') } catch (cause) { return (cause as Error).message }
  return 'taken'
}
test('fields that name nothing are refused, with what there is', () => {
  expect(because({})).toBe('taken')
  expect(because({ protocols: { unmapp: [] } })).toMatch(/protocols\.unmapp: no such field/)
  expect(because({ calls: { drain: {} } })).toMatch(/calls\.drain: the call has no steps/)
  expect(because({ calls: { map: { rules: { frameFree: null } } } }))
    .toMatch(/calls\.map\.rules\.frameFree: no such part/)
  expect(because({ calls: { map: { rule: {} } } })).toMatch(/calls\.map\.rule: no such field/)
  expect(because({ state: {} })).toMatch(/state: Object, expected a function/)
  expect(because({ scopes: ['mappin'] })).toMatch(/scopes: no standard scope is named 'mappin'/)
  expect(because({ scopes: [{ name: 'x', says: 'y', bounds: { frames: 1 } }] }))
    .toMatch(/scopes\.x: frames=1 and iovas=0/)
  expect(because({ claims: [noDmaEscape] })).toMatch(/claims: two claims are named 'no-dma-escape'/)
  expect(because({ givesUp: { 'no-dma-escap': 'why' } })).toMatch(/givesUp\.no-dma-escap: no such field/)
})

test('claims of a module: properties alone, or with witnesses; anything else is refused', () => {
  const held = always('held', { claim: 'held' }, () => true)
  const reached = sometimes('reached', { claim: 'is' }, () => true)
  const [alone, whole] = parseClaims([held, { property: held, witnesses: [reached] }], 'claims.mjs')
  expect(alone!.witnesses).toEqual([])
  expect(whole!.witnesses).toEqual([{ property: reached }])
  expect(() => parseClaims([{ name: 'held' }], 'claims.mjs')).toThrow(/no claims: 0/)
})

/** The plain design with another last part of its unmap. */
const ending = (...steps: readonly Step[]): Design => design('ending', usual, {
  map: [allocateFrame, storePte, returnToDriver], unmap: [clearPte, invalidatePage, awaitInvalidation, ...steps],
})
const giving = (name: string, observations: readonly object[]): Step => ({
  name, says: 'give the frame back', then: ({ s, call, emit }) => {
    s.kernel.frames[call.frame!] = null
    for (const one of observations) emit.observe({ ...one, frame: call.frame! } as never)
  },
})
const back = { what: 'frame-owned', by: null }
test('two frees in one step are told, taking and giving back in one is not', async () => {
  const of = noDoubleFree.property.name
  expect((await verdicts(ending(giving('freeTwice', [back, back]), returnToDriver)))[of]).toBe('violated')
  expect((await verdicts(ending(giving('freeOnce', [back]), returnToDriver)))[of]).toBe('holds')
  const trial = [back, { what: 'frame-owned', by: 0 }, back]
  expect((await verdicts(ending(giving('trial', trial), returnToDriver)))[of]).toBe('holds')
})

test('an observation that the judge does not know is refused, with what there is', async () => {
  await expect(verdicts(ending(giving('freeTypo', [{ what: 'frame-ownd', by: null }]), returnToDriver)))
    .rejects.toThrow(/no observation is named 'frame-ownd': there are granted, /)
  await expect(verdicts(ending(giving('freeLess', [{ what: 'frame-owned' }]), returnToDriver)))
    .rejects.toThrow(/observe\(frame-owned\)\.by: undefined is outside/)
  const own = { ...ending(giving('freeOwn', [back, { what: 'drained' }]), returnToDriver),
    observations: ({ id }: Sizes) => ({ drained: { frame: id.frame } }) }
  expect((await verdicts(own))[noDoubleFree.property.name]).toBe('holds')
})

test('a name that nothing has is refused in rules and steps', async () => {
  const rules = (k: object) => (k as { domain: number }).domain === 0
  await expect(verdicts({ ...plain, calls: { map: { rules: { domainIsOpen: rules } } } }))
    .rejects.toThrow(/what a rule gets has no 'domain': it has s, args, cpu/)
  const reads: Step = { name: 'reads', says: 'x', then: k => { void (k as unknown as { iova: number }).iova } }
  await expect(verdicts(ending(reads, returnToDriver))).rejects.toThrow(/what a step gets has no 'iova'/)
})

test('domains that are none are refused with their place', () => {
  const keeping = (state: (of: Sizes) => object): Design =>
    ({ ...plain, state: state as NonNullable<Design['state']> })
  expect(() => remapMachine(keeping(({ id }) => ({ x: (id as { domian?: never }).domian })), onePage))
    .toThrow(/state\.x: undefined is no domain/)
  expect(() => remapMachine(keeping(() => ({ x: table([range(0, 1)], 3 as never) })), onePage))
    .toThrow(/state\.x, of: 3 is no domain/)
  expect(() => remapMachine({ ...plain, registers: () => ({ frame: bool }) }, onePage))
    .toThrow(/registers\.frame: every call has a register of this name/)
})

test('a claim or witness whose `on` says neither is refused, an unknown field too', () => {
  const held = always('held', { claim: 'held' }, () => true)
  const on = (() => undefined) as never
  expect(() => propertiesFor({ ...plain, claims: [{ property: held, appliesTo: on, witnesses: [] }] }, onePage))
    .toThrow(/`appliesTo` of 'held' answered undefined/)
  expect(() => design('x', { ...usual, claims: [{ property: held, witness: [] } as never] }, {}))
    .toThrow(/claim 'held' has no field 'witness': it has property, appliesTo, witnesses/)
})

test('designs with scopes of one name are searched in their own', () => {
  const scoped = (name: string, frames: number): Design =>
    ({ ...plain, name, scopes: [{ name: 'small', says: 'x', bounds: { frames, iovas: 1 } }] })
  const [one, other, same] = [scoped('one', 1), scoped('other', 2), scoped('same', 1)]
  const all = scopesFor([one, other, same])
  expect([one, other, same].map(of => all.filter(({ appliesTo }) => appliesTo(of))
    .map(({ bounds: { frames } }) => frames)))
    .toEqual([[1], [2], [1]])
})

/** A lock that the handler takes too: the call must not be interrupted while it holds it. */
const sharing = (interruptsOff: boolean): Design => {
  type Lock = { state: { lock: boolean }; registers: unknown }
  const lock: Step<Lock> = { name: 'lock', says: 'x', when: ({ s }) => !s.own.lock,
    then: ({ s }) => { s.own.lock = true } }
  const free: Step<Lock> = { name: 'free', says: 'x', interruptsOff, then: ({ s }) => { s.own.lock = false } }
  return design('sharing', { ...usual, remapsInterrupts: true, state: () => ({ lock: bool }),
    calls: { touch: callOn<Lock>()({ says: 'x', params: () => ({}) }) } }, {
    touch: [lock, free],
    handleInterrupt: [findHandler, { ...lock, name: 'lockInHandler' }, { ...free, name: 'freeInHandler' }, runHandler,
      sendEoi],
  })
}
test('a handler waits for ever for a lock that the call it interrupted holds, unless interrupts are off', async () => {
  const oneCpu = bounds({ sources: 1, vectors: 1 })
  const canEnd = async (off: boolean) => (await checkMachine(remapMachine(sharing(off), oneCpu,
    propertiesFor(sharing(off), oneCpu)))).results.find(({ property }) => property === 'calls-can-end')!.outcome
  expect(await canEnd(false)).toBe('violated')
  expect(await canEnd(true)).toBe('holds')
})
