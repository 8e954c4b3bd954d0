/** Puts one fault after the other into a copy of the models and compares each with a QEMU, for as many cases as a run
 *  of
 *  20,000 gives its suite: `npm run mutants:oracle -- [--qemu PATH] [--list] [--only A,B]`. Exit 1 where QEMU can tell
 *  one and the run does not. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findQemu, versionText } from '../src/qemu/find.ts'
import { runOracle } from '../src/qemu/oracle/drive.ts'
import { oracles } from '../src/qemu/oracles.ts'
import { edited } from '../test/mutants/checker.ts'
import { modelEdits } from '../test/mutants/oracle-model.ts'
import type { ModelEdit } from '../test/mutants/oracle-model.ts'

const cases = 20_000
const { values: { qemu, list, only, one } } = parseArgs({ options: {
  qemu: { type: 'string' }, list: { type: 'boolean', default: false }, only: { type: 'string' },
  /** In the copy: the suite to compare, VENDOR/SUITE. */
  one: { type: 'string' },
} })
if (one !== undefined) await compare(one)
else if (list) {
  for (const { name, iommu, suite, file, unseen } of modelEdits)
    console.log(`${name.padEnd(30)} ${iommu} ${suite.padEnd(11)} ${file}${unseen === null ? '' : `: ${unseen}`}`)
} else all()

/** Prints how many cases were compared until the first difference; 0 where there was none. */
async function compare(name: string): Promise<void> {
  const [iommu, suite] = name.split('/'), oracle = oracles.find(each => each.iommu === iommu)!
  const suites = (Object.keys(oracle.shares) as ModelEdit['suite'][]).filter(each => each === suite)
  const whole = Object.values(oracle.shares).reduce((sum, share) => sum + share, 0)
  const { cases: compared, differences } = await runOracle({ oracle, seed: 1, suites, differencesAtMost: 1,
    shrink: false,
    cases: Math.ceil(cases * oracle.shares[suites[0]!]! / whole), ...qemu === undefined ? {} : { qemu } })
  console.log(differences.length === 0 ? 0 : compared)
}

function all(): void {
  const { binary, version } = findQemu(qemu)
  const copy = mkdtempSync(join(tmpdir(), 'oracle-mutants-'))
  process.on('exit', () => { rmSync(copy, { recursive: true, force: true }) })
  for (const part of ['src', 'spec', 'properties', 'test', 'bench', 'package.json', 'tsconfig.json'])
    cpSync(part, join(copy, part), { recursive: true })
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
  const casesUntilFound = ({ name, iommu, suite }: Pick<ModelEdit, 'name' | 'iommu' | 'suite'>): number => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join('bench', 'oracle-mutants.ts'),
      '--one', `${iommu}/${suite}`, '--qemu', binary], { cwd: copy, encoding: 'utf8' })
    if (!/^\d+\n$/.test(stdout)) throw new Error(`${name} does not run: ${stderr.slice(0, 300)}`)
    return Number(stdout)
  }
  console.log(`QEMU ${versionText(version)}`)
  const asked = modelEdits.filter(({ name }) => only === undefined || only.split(',').includes(name))
  let missed = 0, caught = 0
  for (const edit of asked) {
    const path = join(copy, edit.file), text = readFileSync(path, 'utf8')
    writeFileSync(path, edited(edit, text))
    const old = (edit.from ?? 0) > version.major, found = old ? 0 : casesUntilFound(edit)
    writeFileSync(path, text)
    const why = old ? `only QEMU ${edit.from} and later shows it` : edit.unseen
    if (found > 0) caught++
    else if (why === null) missed++
    const lost = why === null ? 'MISSED' : `unseen: ${why}`
    console.log(`${edit.name.padEnd(30)} ${edit.iommu} ${edit.suite.padEnd(11)} `
      + `${found > 0 ? `caught in ${found} cases` : lost}`)
  }
  console.log(`${asked.length} faults: ${caught} caught, ${asked.length - caught - missed} that QEMU cannot show, `
    + `${missed} missed`)
  process.exitCode = missed === 0 ? 0 : 1
}
