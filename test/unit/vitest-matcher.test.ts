/** `remapcheck/vitest`, imported by its name as users do: what holds, what does not with the counterexample, and what
 *  satisfies neither `toHold` nor `not.toHold`. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { actionsOf, checkMachine, machine, propertiesOf, range, renderViolation, struct } from 'remapcheck'
import { awaitInvalidation, designNamed, driverServer, noIommu, ring0Strict, without } from 'remapcheck/spec'
import { commandLayouts, reset as resetAmdvi } from 'remapcheck/spec/amdvi'
import { decodeRte, encodeRte } from 'remapcheck/spec/apic'
import { descriptorWords, reset } from 'remapcheck/spec/vtd'
import { claims } from 'remapcheck/properties'
import 'remapcheck/vitest'

const scope = 'mapping', properties = ['no-dma-escape'] as const
const broken = without(ring0Strict, 'unmap', awaitInvalidation)
const messageOf = async (claim: Promise<void>): Promise<string> => {
  try { await claim } catch (cause) { return (cause as Error).message }
  return 'no failure'
}

describe('a design', () => {
  it('that holds, in a scope and at bounds', async () => {
    await expect(ring0Strict).toHold({ scope, properties })
    await expect(ring0Strict).toHold({ scope, bounds: { devices: 1, domains: 1, cm: 1 }, properties })
    await expect(ring0Strict).toHold({ bounds: { frames: 1, iovas: 1 } })
    expect(await messageOf(expect(ring0Strict).not.toHold({ scope, properties })))
      .toBe('ring0-strict holds in mapping, and should not')
  })
  it('that does not: the message is the trace, as the command line renders it', async () => {
    await expect(broken).not.toHold({ scope, properties })
    const message = await messageOf(expect(broken).toHold({ scope, properties }))
    expect(message).toMatch(/^ring0-strict without \S+ does not hold in mapping\n\n✗ no-dma-escape {3}ring0-strict /)
    expect(message).toMatch(/none is shorter\)\n[^]*because [^]*claim [^]*clause [^]* 10 {2}device {2}dma\.land /)
    expect(message).toContain('cpus 2, callers 2, devices 2')
    expect(message).not.toContain('+ ledger')
  })
  it('that gives the claim up is as expected', async () => {
    await expect(noIommu).toHold({ scope, properties })
  })
  it('that gives up what it keeps has lost a bug, where all is asked', async () => {
    const lost = { ...ring0Strict, scopes: ['permissions'], givesUp: { 'no-dma-escape': 'x' } }
    const says = /no-dma-escape: known violation no longer found in permissions$/
    expect(await messageOf(expect(lost).toHold())).toMatch(says)
    expect(await messageOf(expect(lost).not.toHold())).toMatch(says)
    await expect(lost).toHold({ scope: 'permissions' })
  })
  it('on another IOMMU is asked on its hardware', async () => {
    const there = { ...designNamed('ring0-strict@amdvi')!, scopes: ['old-hardware'] }
    await expect(there).toHold()
    expect(await messageOf(expect(there).toHold({ bounds: { frames: 1, iovas: 1, cm: 1 } })))
      .toMatch(/^bounds: cm=1: AMD-Vi has no such capability/)
  })
  it('of which nothing is judged satisfies neither', async () => {
    const nothing = { bounds: { frames: 1, iovas: 1 }, properties: ['no-foreign-port'] }
    expect(await messageOf(expect(driverServer).toHold(nothing))).toMatch(/^no claim about driver-server was judged/)
    expect(await messageOf(expect(driverServer).not.toHold(nothing))).toMatch(/^no claim about driver-server/)
  })
  it('of which a part of what is named is not judged satisfies neither', async () => {
    const named = { scope: ['permissions', 'ports'], properties: ['no-dma-escape', 'no-lost-edge'] }
    const says = /^not all that is named was asked of ring0-strict\nscope ports was .*\nproperty no-lost-edge was /
    expect(await messageOf(expect(ring0Strict).toHold(named))).toMatch(says)
    expect(await messageOf(expect(ring0Strict).not.toHold(named))).toMatch(says)
  })
  it.each([
    [{ scopes: 'mapping' } as object, /toHold, options: nothing is named 'scopes'.*\n.*did you mean 'scope'/],
    [{ scope: 'maping' }, /toHold, scope: nothing is named 'maping' .*\n.*did you mean 'mapping'/],
    [{ properties: ['no-dma'] }, /toHold, properties: nothing is named 'no-dma'/],
    [{ bounds: { frame: 1 } as object }, /toHold, bounds: nothing is named 'frame'/],
    [{ bounds: { frames: 2 } }, /bounds: frames=2 and iovas=0/],
  ])('with %j is refused', async (options, says) => {
    const failed = await expect(ring0Strict).toHold(options).catch((cause: unknown) => cause)
    expect((failed as Error).message).toMatch(says)
    expect((failed as Error).stack).toBe((failed as Error).message)
  })
})

interface Count { n: number }
const { always, eventually, recovers } = propertiesOf<Count, object, never>()
/** Counts to three, and may stop before that. */
const counting = (...claimed: readonly string[]) => machine<Count, object, never>({
  name: 'counter', domain: struct({ n: range(0, 3) }), initial: { n: 0 },
  actions: [actionsOf<Count, never>()('more', { agent: 'cpu0', when: s => s.n < 3, then: s => { s.n++ } })],
  properties: [
    always('small', { claim: 'It stays small.' }, ({ state }) => state.n < 3 || { because: 'it is 3' }),
    eventually('ends', { claim: 'It comes to 3.' }, ({ state }) => state.n === 3),
    recovers('can-end', { claim: 'It can come to 3.' }, ({ state }) => state.n === 3),
  ].filter(({ name }) => claimed.includes(name)),
})

describe('a machine of the modelling language', () => {
  it('is judged by all that it claims, endless runs included', async () => {
    const counter = counting('small', 'ends', 'can-end')
    const { results } = await checkMachine(counter)
    expect(results.map(({ property, outcome }) => [property, outcome]))
      .toEqual([['small', 'violated'], ['ends', 'violated'], ['can-end', 'holds']])
    const message = await messageOf(expect(counter).toHold())
    for (const { property, violation } of results)
      expect(message.includes(violation === null ? property : renderViolation(counter, violation).trimEnd()), property)
        .toBe(violation !== null)
    await expect(counter).not.toHold()
    await expect(counting('can-end')).toHold()
    expect(await messageOf(expect(counting('can-end')).not.toHold())).toBe('counter holds, and should not')
  })
  it('of which a claim is judged by nothing satisfies neither', async () => {
    const { step } = propertiesOf<Count, object, { readonly what: 'told' }>()
    const unfed = machine({ name: 'silent', domain: struct({ n: range(0, 3) }), initial: { n: 0 }, actions: [],
      properties: [step('told', { claim: 'x', on: 'told' }, () => ({ because: 'bad' }))] })
    expect(await messageOf(expect(unfed).toHold())).toBe('silent does not hold\n\ntold: never reached')
    expect(await messageOf(expect(unfed).not.toHold())).toContain('told: never reached')
  })
  it('claims something, takes no options, and nothing else is taken', async () => {
    expect(await messageOf(expect(counting()).toHold())).toBe('counter claims nothing')
    await expect(expect(counting('ends')).toHold({ scope })).rejects.toThrow('no options for a machine')
    await expect(expect({ name: 'x' }).toHold()).rejects.toThrow('takes a design')
  })
})

it('every module of the package is the sources here, for the type checker too', async () => {
  const { entries } = await import('../../src/cli/package.ts')
  const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as
    { compilerOptions: { paths: Record<string, string[]> } }
  expect(compilerOptions.paths)
    .toEqual(Object.fromEntries([...entries].map(([name, source]) => [name, [`./${source}.ts`]])))
  expect(claims.length).toBeGreaterThan(10)
  expect(decodeRte(encodeRte(decodeRte(0x31, 0)).low, 0)).toEqual(decodeRte(0x31, 0))
  expect([typeof reset, typeof descriptorWords]).toEqual(['function', 'function'])
  expect([resetAmdvi({ efr: 0n }).commands.head, commandLayouts[8].name]).toEqual([0, 'INVALIDATE_IOMMU_ALL'])
})
