/** The model against QEMU: random cases agree but for the exceptions, a wrong model is noticed, and a seed says all. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { withMachine } from '../../src/qemu/machine.ts'
import { runOracle } from '../../src/qemu/oracle/drive.ts'
import type { OracleReport } from '../../src/qemu/oracle/drive.ts'
import { oracleData } from '../../src/qemu/oracle/render.ts'
import { rigOf } from '../../src/qemu/oracle/rig.ts'
import { suiteNames } from '../../src/qemu/oracle/suite.ts'
import { setups } from '../../src/qemu/oracle/suites.ts'
import { walkCaseSchema } from '../../src/qemu/oracle/walk-case.ts'
import { walkRig } from '../../src/qemu/oracle/walks.ts'
import { absent } from './support.ts'

/** What each suite must reach in so few cases, or it shows nothing. */
const reached: Readonly<Record<(typeof suiteNames)[number], (report: OracleReport) => readonly (number
  | undefined)[]>> = {
  walks: ({ tally }) => [...[1, 2, 3, 4, 5, 6, 7, 0xa, 0xb, 0xc].map(code => tally.reasons.get(code)),
    tally.outcomes.get('write, 2 MiB'), tally.outcomes.get('read, 1 GiB')],
  sequences: ({ tally }) =>
    ['cold', 'hit', 'stale translation served', 'stale context used', 'refilled', 'invalidated', 'queue stopped',
      'fault event sent'].map(name => tally.states.get(name)),
  interrupts: ({ tally }) => [...[0x21, 0x22, 0x24, 0x25, 0x26].map(code => tally.reasons.get(code)),
    tally.outcomes.get('interrupt xAPIC'), tally.outcomes.get('interrupt x2APIC')],
  scalable: ({ tally }) => [0x39, 0x41, 0x59, 0x5a, 0x5b, 0x78, 0x79, 0x7a, 0x84].map(code => tally.reasons.get(code)),
}

describe.skipIf(absent !== null)('the oracle', () => {
  it.each(suiteNames)('%s agree with QEMU', async suite => {
    const report = await runOracle({ cases: 3000, seed: 1, suites: [suite] })
    expect(report.differences).toEqual([])
    expect(report.cases).toBeGreaterThanOrEqual(3000)
    expect(report.setups.map(({ setup }) => setup))
      .toEqual(setups.filter(one => one.suite === suite).map(({ name }) => name))
    expect(reached[suite](report).filter(count => count === undefined)).toEqual([])
  })

  it('says the same for the same seed', async () => {
    const counts = async (seed: number): Promise<object> => ({
      ...oracleData(await runOracle({ cases: 300, seed, suites: suiteNames })), seed: 0,
    })
    const [first, second, other] = [await counts(7), await counts(7), await counts(8)]
    expect(second).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('notices a wrong model, and brings it down to the least case', async () => {
    // A model with a host address width of 39 bits beside a machine of 48.
    const setup = setups.find(({ name }) => name === '48-bit')!,
      wrong = rigOf(walkRig({ scalable: false, addressWidth: 39 }), walkCaseSchema)
    const shrunk = await withMachine(setup.options, async machine => {
      await wrong.prepare(machine)
      return await wrong.check({ machine, seed: 1, runs: 50, lap: () => undefined, on: () => true })
    })
    const { requests, tops, paging } = v.parse(walkCaseSchema, shrunk!.one)
    expect(requests.length).toBeLessThanOrEqual(2)
    expect(tops.length + paging.length).toBe(1)
    expect(shrunk!.differences)
      .toMatchObject([{ clause: expect.stringContaining('VTD:') as string,
        model: expect.stringContaining('fault') as string, qemu: expect.stringMatching(/translated|fault/) as string }])
  })

  it('ends with what it has when it is interrupted', async () => {
    const stop = new AbortController()
    const report = await runOracle({ cases: 1e9, seed: 1, suites: suiteNames, signal: stop.signal,
      onProgress: compared => { if (compared > 100) stop.abort() } })
    expect(report).toMatchObject({ interrupted: true, differences: [] })
    expect(report.cases).toBeGreaterThan(100)
    expect(report.setups).toHaveLength(1)
  })
})
