/** The model against QEMU: random cases agree but for the exceptions, a wrong model is noticed, and a seed says all. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { runOracle } from '../../src/qemu/oracle/drive.ts'
import type { OracleReport } from '../../src/qemu/oracle/drive.ts'
import { oracleData } from '../../src/qemu/oracle/render.ts'
import { suitesOf } from '../../src/qemu/oracle/oracle.ts'
import type { SuiteName } from '../../src/qemu/oracle/suite.ts'
import { oracles } from '../../src/qemu/oracles.ts'
import { runsOn, setupOf } from '../../src/qemu/oracle/setup.ts'
import { vtdOracle } from '../../src/qemu/vtd/oracle/suites.ts'
import { requesters, walkCaseSchema } from '../../src/qemu/vtd/oracle/walk-case.ts'
import { vtdUnit } from '../../src/qemu/vtd/unit.ts'
import { walkEvents, walkRig } from '../../src/qemu/vtd/oracle/walks.ts'
import { absent, version } from './support.ts'

/** What each suite must reach in so few cases, or it shows nothing. */
type Reached = Readonly<Partial<Record<SuiteName, (report: OracleReport) => readonly (number | undefined)[]>>>
const reached: Readonly<Record<string, Reached>> = { vtd: {
  walks: ({ tally }) => [...[1, 2, 3, 4, 5, 6, 7, 0xa, 0xb, 0xc].map(code => tally.reasons.get(code)),
    tally.outcomes.get('write, 2 MiB'), tally.outcomes.get('read, 1 GiB')],
  sequences: ({ tally }) =>
    ['cold', 'hit', 'stale translation served', 'stale context used', 'refilled', 'invalidated', 'queue stopped',
      'fault event sent'].map(name => tally.states.get(name)),
  interrupts: ({ tally }) => [...[0x21, 0x22, 0x24, 0x25, 0x26].map(code => tally.reasons.get(code)),
    tally.outcomes.get('interrupt xAPIC'), tally.outcomes.get('interrupt x2APIC')],
  scalable: ({ tally }) => [0x39, 0x41, 0x59, 0x5a, 0x5b, 0x78, 0x79, 0x7a, 0x84].map(code => tally.reasons.get(code)),
  'first-stage': ({ tally }) => [...[0x71, 0x72, 0x80, 0x81, 0x85, 0x90].map(code => tally.reasons.get(code)),
    ...['write, 4 KiB', 'write, 2 MiB', 'read, 1 GiB'].map(name => tally.outcomes.get(name)),
    tally.states.get('hit'), tally.states.get('accessed or dirty bit set')],
}, amdvi: {
  walks: ({ tally }) => ['blocked', 'read, untranslated', 'write, untranslated', 'read, 4 KiB', 'write, 4 KiB',
    'write, 1 GiB'].map(name => tally.outcomes.get(name)),
  sequences: ({ tally, states }) => states.map(name => tally.states.get(name)),
  interrupts: ({ tally }) => ['interrupt', 'interrupt blocked'].map(name => tally.outcomes.get(name)),
} }
const suites = oracles.flatMap(oracle => suitesOf(oracle)
  .filter(suite => oracle.setups.some(one => one.suite === suite && runsOn(one, version)))
  .map(suite => [oracle.iommu, suite, oracle] as const))

describe.skipIf(absent !== null)('the oracle', () => {
  it.each(suites)('%s: %s agree with QEMU', async (iommu, suite, oracle) => {
    const report = await runOracle({ oracle, cases: 3000, seed: 1, suites: [suite] })
    expect(report.differences).toEqual([])
    expect(report.cases).toBeGreaterThanOrEqual(3000)
    expect(report.setups.map(({ setup }) => setup))
      .toEqual(oracle.setups.filter(one => one.suite === suite && runsOn(one, version)).map(({ name }) => name))
    expect(reached[iommu]![suite]!(report).filter(count => count === undefined)).toEqual([])
  })

  it.each(oracles)('says the same of $iommu for the same seed', async oracle => {
    const counts = async (seed: number): Promise<object> => ({
      ...oracleData(await runOracle({ oracle, cases: 300, seed, suites: suitesOf(oracle) })), seed: 0,
    })
    const [first, second, other] = [await counts(7), await counts(7), await counts(8)]
    expect(second).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('notices a wrong model, and brings it down to the least case', async () => {
    // A model with a host address width of 39 bits beside a machine of 48.
    const wrong = await setupOf({
      suite: 'walks', name: 'wrong', kind: vtdUnit, rig: walkRig({ scalable: false, addressWidth: 39 }),
      schema: walkCaseSchema, options: { addressWidth: 48, edus: requesters, trace: walkEvents },
    }).open()
    const shrunk = await wrong.check({ seed: 1, runs: 50, shrink: true, lap: () => undefined, on: () => true })
      .finally(() => wrong.close())
    const { requests, tops, paging } = v.parse(walkCaseSchema, shrunk!.one)
    expect(requests.length).toBeLessThanOrEqual(2)
    expect(tops.length + paging.length).toBe(1)
    expect(shrunk!.differences)
      .toMatchObject([{ clause: expect.stringContaining('VTD:') as string,
        model: expect.stringContaining('fault') as string, qemu: expect.stringMatching(/translated|fault/) as string }])
  })

  it('ends with what it has when it is interrupted', async () => {
    const stop = new AbortController()
    const report = await runOracle({ oracle: vtdOracle, cases: 1e9, seed: 1, suites: suitesOf(vtdOracle),
      signal: stop.signal,
      onProgress: compared => { if (compared > 100) stop.abort() } })
    expect(report).toMatchObject({ interrupted: true, differences: [] })
    expect(report.cases).toBeGreaterThan(100)
    expect(report.setups).toHaveLength(1)
  })
})
