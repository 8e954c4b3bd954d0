/** A whole run of the oracle: each suite on its machines, one QEMU at a time. */
import { qemuError } from '../errors.ts'
import { findQemu, versionText } from '../find.ts'
import type { Version } from '../find.ts'
import { isOn } from './exception.ts'
import type { QemuException } from './exception.ts'
import { Tally } from './judged.ts'
import type { Comparison } from './judged.ts'
import type { Oracle } from './oracle.ts'
import { runsOn } from './setup.ts'
import type { Setup } from './setup.ts'
import { parts } from './suite.ts'
import type { Part, SuiteName } from './suite.ts'

export interface OracleOptions {
  readonly oracle: Oracle
  /** Requests to compare, at least; the last case is run to its end. */
  readonly cases: number
  readonly seed: number
  readonly suites: readonly SuiteName[]
  /** Ends the run after so many differences; not given: goes on. */
  readonly differencesAtMost?: number
  /** False: cases that show a difference are left as they are; not given: made as small as they can be. */
  readonly shrink?: boolean
  /** The binary; see `findQemu`. */
  readonly qemu?: string
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
  /** Milliseconds of a clock that only goes forward; without one no time is told. */
  readonly now?: () => number
  readonly onProgress?: (compared: number) => void
}
export interface Difference {
  readonly suite: SuiteName
  readonly setup: string
  readonly seed: number
  readonly shrinks: number
  readonly one: unknown
  readonly differences: readonly Comparison[]
}
export interface SetupReport { readonly suite: SuiteName; readonly setup: string; readonly cases: number }
/** `from`: the major version of QEMU that it needs. */
export interface SkippedSetup { readonly suite: SuiteName; readonly setup: string; readonly from: number }
export interface OracleReport extends Pick<Oracle, 'iommu' | 'reasons' | 'states'> {
  /** Those that the QEMU has. */
  readonly exceptions: readonly QemuException[]
  readonly version: Version
  readonly seed: number
  readonly cases: number
  readonly setups: readonly SetupReport[]
  /** Of the suites asked for, what this QEMU is too old for. */
  readonly skipped: readonly SkippedSetup[]
  readonly tally: Tally
  readonly differences: readonly Difference[]
  readonly interrupted: boolean
  /** Milliseconds by part, and of all. */
  readonly time: Readonly<Record<Part, number>>
  readonly elapsed: number
}

/** A setup that shows so many differences is left: they are likely one. */
const ofOneSetup = 3
/** Cases to a call of fast-check. */
const chunk = 25

/** @throws UserError E-QEMU-* where there is no QEMU, it is too old for all that is asked for, or it ends. */
export async function runOracle(options: OracleOptions): Promise<OracleReport> {
  const watch = new Stopwatch(options.now ?? (() => 0))
  const total = new Tally()
  const done: SetupReport[] = [], differences: Difference[] = []
  const more = { ...options.qemu === undefined ? {} : { qemu: options.qemu },
    ...options.env === undefined ? {} : { env: options.env } }
  const { version } = findQemu(more.qemu, more.env), { iommu, reasons, states, exceptions } = options.oracle
  const isEnough = (): boolean => differences.length >= (options.differencesAtMost ?? Infinity)
  const shared = shareOut(options, version), skipped = skippedOf(options, version)
  if (shared.length === 0) throw qemuError('OLD', `is QEMU ${versionText(version)}; `
    + `${skipped.map(({ suite, from }) => `${suite} needs ${from} or later`).join(', ')}`,
  'name a later one: --qemu PATH')
  let compared = 0
  for (const { setup, cases, i } of shared) {
    if (options.signal?.aborted === true || isEnough()) break
    watch.lap('qemu')
    const session = await setup.open(more)
    try {
      let own = 0, found = 0
      const goesOn = (): boolean => own < cases && found < ofOneSetup && !isEnough() && options.signal?.aborted !== true
      for (let round = 0; goesOn(); round++) {
        watch.lap('generate')
        const seed = mix(options.seed, i, round)
        const shrunk = await session.check({ seed, runs: chunk, shrink: options.shrink ?? true,
          lap: part => { watch.lap(part) },
          on: (judged, tally) => {
            own += judged.filter(({ of }) => of === 'request').length
            total.add(tally)
            options.onProgress?.(compared + own)
            return own < cases && options.signal?.aborted !== true
          } })
        if (shrunk === null) continue
        found++
        differences.push({ suite: setup.suite, setup: setup.name, seed, ...shrunk })
      }
      compared += own
      done.push({ suite: setup.suite, setup: setup.name, cases: own })
    } finally { await session.close() }
  }
  watch.lap('qemu')
  return {
    iommu, reasons, states, exceptions: exceptions.filter(one => isOn(one, version)),
    version, seed: options.seed, cases: compared, setups: done, skipped,
    tally: total, differences,
    interrupted: options.signal?.aborted === true, time: watch.time, elapsed: watch.elapsed,
  }
}

interface Share { readonly setup: Setup; readonly cases: number; readonly i: number }
/** The suites that are asked for share by weight, the machines of one evenly. `i`: the number of the setup, which the
 *  seed of its cases depends on. */
function shareOut({ oracle: { setups, shares }, cases, suites }: OracleOptions, version: Version): readonly Share[] {
  const asked = setups.flatMap((setup, i) => suites.includes(setup.suite) && runsOn(setup, version) ? [{ setup, i }]
    : [])
  const weight = [...new Set(asked.map(({ setup }) => setup.suite))].reduce((sum, name) => sum + shares[name]!, 0)
  return asked.map(({ setup, i }) => {
    const machines = asked.filter(one => one.setup.suite === setup.suite).length
    return { setup, i, cases: Math.ceil(cases * shares[setup.suite]! / weight / machines) }
  })
}

const skippedOf = ({ oracle: { setups }, suites }: OracleOptions, version: Version): readonly SkippedSetup[] =>
  setups.flatMap(one => suites.includes(one.suite) && !runsOn(one, version) && one.from !== null
    ? [{ suite: one.suite, setup: one.name, from: one.from }] : [])

/** A seed for each call of fast-check: numbers of 32 bits, mixed so that neighbours have nothing in common. */
function mix(seed: number, setup: number, round: number): number {
  let value = (Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(setup + 1, 0xc2b2_ae35)
    ^ Math.imul(round + 1, 0x27d4_eb2f)) >>> 0
  value = Math.imul(value ^ value >>> 15, 0x2c1b_3c6d)
  return (value ^ value >>> 13) | 0
}

class Stopwatch {
  readonly time: Record<Part, number> = Object.fromEntries(parts.map(part => [part, 0])) as Record<Part, number>
  readonly #now: () => number
  readonly #started: number
  #part: Part = 'qemu'
  #since: number
  constructor(now: () => number) {
    this.#now = now
    this.#started = this.#since = now()
  }
  lap(part: Part): void {
    const now = this.#now()
    this.time[this.#part] += now - this.#since
    this.#part = part
    this.#since = now
  }
  get elapsed(): number { return this.#now() - this.#started }
}
