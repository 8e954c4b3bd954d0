/** How fast the oracle is, suite by suite, and where the time goes: `npm run bench:oracle`. Needs QEMU; one at a
 *  time. */
import { runOracle } from '../src/qemu/oracle/drive.ts'
import { suitesOf } from '../src/qemu/oracle/oracle.ts'
import { parts } from '../src/qemu/oracle/suite.ts'
import { oracles } from '../src/qemu/oracles.ts'

const cases = 20_000
const row = (...cells: readonly string[]): void => {
  console.log(cells.map((cell, i) => i === 0 ? cell.padEnd(18) : cell.padStart(10)).join(''))
}

row('suite', 'cases/s', ...parts, 'us/case')
for (const oracle of oracles) for (const suites of [...suitesOf(oracle).map(name => [name]), suitesOf(oracle)]) {
  const { cases: compared, elapsed, time, differences } = await runOracle({ oracle, cases, seed: 1, suites,
    now: () => performance.now() })
  row(`${oracle.iommu} ${suites.length === 1 ? suites[0]! : 'all'}`,
    Math.round(compared * 1000 / elapsed).toLocaleString('en-US'),
    ...parts.map(part => `${Math.round(100 * time[part] / elapsed)}%`), (elapsed * 1000 / compared).toFixed(0))
  if (differences.length > 0) throw new Error(`${differences.length} differences: run remapcheck oracle --seed 1`)
}
