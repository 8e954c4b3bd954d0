/** How fast the oracle is, suite by suite, and where the time goes; then each IOMMU beside the first of them:
 *  `npm run bench:oracle -- [--qemu PATH]`. Needs QEMU; one at a time. */
import { parseArgs } from 'node:util'
import { runOracle } from '../src/qemu/oracle/drive.ts'
import { suitesOf } from '../src/qemu/oracle/oracle.ts'
import { runsOn } from '../src/qemu/oracle/setup.ts'
import { parts } from '../src/qemu/oracle/suite.ts'
import { findQemu, versionText } from '../src/qemu/find.ts'
import { oracles } from '../src/qemu/oracles.ts'

const cases = 20_000
const { values: { qemu } } = parseArgs({ options: { qemu: { type: 'string' } } })
const { binary, version } = findQemu(qemu)
const row = (...cells: readonly string[]): void => {
  console.log(cells.map((cell, i) => i === 0 ? cell.padEnd(18) : cell.padStart(10)).join(''))
}

console.log(`QEMU ${versionText(version)}`)
row('suite', 'cases/s', ...parts, 'us/case')
const rates: number[] = []
for (const oracle of oracles) {
  const suites = suitesOf(oracle)
    .filter(name => oracle.setups.some(one => one.suite === name && runsOn(one, version)))
  for (const asked of [...suites.map(name => [name]), suites]) {
    const { cases: compared, elapsed, time, differences } = await runOracle({ oracle, cases, seed: 1, suites: asked,
      qemu: binary, now: () => performance.now() })
    const rate = compared * 1000 / elapsed
    row(`${oracle.iommu} ${asked.length === 1 ? asked[0]! : 'all'}`, Math.round(rate).toLocaleString('en-US'),
      ...parts.map(part => `${Math.round(100 * time[part] / elapsed)}%`), (elapsed * 1000 / compared).toFixed(0))
    if (differences.length > 0) throw new Error(`${differences.length} differences: run remapcheck oracle --seed 1`)
    if (asked === suites) rates.push(rate)
  }
}
oracles.slice(1).forEach(({ iommu }, i) => {
  console.log(`${iommu} compares ${(rates[i + 1]! / rates[0]!).toFixed(2)} times as many cases a second as `
    + `${oracles[0]!.iommu}`)
})
