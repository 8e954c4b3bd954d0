/** `oracle`: the model against QEMU, on random cases. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suggest, usage, UserError } from '../../errors.ts'
import { makeFolder } from '../../trace/folders.ts'
import type { ExitName } from '../../exit.ts'
import { runOracle } from '../../qemu/oracle/drive.ts'
import type { Difference } from '../../qemu/oracle/drive.ts'
import { fileName, fileText, readCase } from '../../qemu/oracle/files.ts'
import { isDifferent } from '../../qemu/oracle/rig.ts'
import { suitesOf } from '../../qemu/oracle/oracle.ts'
import type { Oracle } from '../../qemu/oracle/oracle.ts'
import { suiteNames } from '../../qemu/oracle/suite.ts'
import { oracles } from '../../qemu/oracles.ts'
import type { SuiteName } from '../../qemu/oracle/suite.ts'
import { parse, wholeNumber } from '../args.ts'
import type { Command, Flags } from '../args.ts'
import { colorOption, reportOptions } from '../shared-flags.ts'
import { placed, shown, spinner } from '../io.ts'
import type { Io } from '../io.ts'
import { print } from '../print.ts'

const savedAt = 'traces/qemu'
const options = {
  cases: { value: 'N', says: 'requests to compare (10,000)' },
  seed: { value: 'S', says: 'seed of the random cases (1)' },
  iommu: { value: 'NAME', says: `the IOMMU: ${oracles.map(({ iommu }) => iommu).join(', ')} (${oracles[0].iommu})` },
  suite: { value: 'NAME', says: `only one of ${suiteNames.join(', ')}` },
  save: { value: 'DIR', says: `where to save the smallest case of each difference (${savedAt})` },
  replay: { value: 'FILE', says: 'replay one saved case' },
  qemu: { value: 'PATH', says: 'the QEMU to run (REMAPCHECK_QEMU does the same)' },
  ...reportOptions, ...colorOption,
} as const

export const oracle = {
  name: 'oracle', operands: '', options, run: runOracleVerb,
  says: 'Compare the model of an IOMMU with QEMU on random cases: table walks, sequences of changes and invalidations, '
    + 'interrupts, scalable mode. Whatever QEMU does, the manual must allow it, or a known exception explain it.',
  examples: [
    ['remapcheck oracle --cases 100000', 'a hundred thousand requests, and what they reached'],
    ['remapcheck oracle --suite sequences --seed 7', 'only stale caches, with another seed'],
    [`remapcheck oracle --replay ${savedAt}/FILE.json`, 'replay a difference, side by side'],
  ],
} as const satisfies Command<typeof options>

async function runOracleVerb(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(oracle, args)
  if (operands.length > 0) throw usage(operands[0]!, 'oracle takes no operands', 'remapcheck oracle --cases 10000')
  return flags.replay === undefined ? await compareAll(flags, io) : await replayOne(flags.replay, flags, io)
}

async function compareAll(flags: Flags<typeof options>, io: Io): Promise<ExitName> {
  const cases = flags.cases === undefined ? 10_000 : wholeNumber('--cases', flags.cases, 1, 1e9)
  const seed = flags.seed === undefined ? 1 : wholeNumber('--seed', flags.seed, 0, 0xffff_ffff)
  const asked = oracleNamed(flags.iommu), line = spinner(io)
  const started = performance.now()
  try {
    const report = await runOracle({
      oracle: asked, cases, seed,
      suites: flags.suite === undefined ? suitesOf(asked) : [suiteNamed(flags.suite, asked)],
      ...qemuOf(flags),
      env: { ...io.env }, signal: io.signal,
      now: () => performance.now(),
      onProgress: compared => {
        line.say(`${n(compared)} of ${n(cases)} cases, `
          + `${n(Math.round(compared * 1000 / (performance.now() - started)))} cases/s`)
      },
    })
    line.end()
    const saved = new Map(report.differences.map(one => [one, save(one, flags.save ?? savedAt, io)]))
    const judged: ExitName = report.differences.length > 0 ? 'violated' : 'holds'
    const exit = report.interrupted ? 'interrupted' : judged
    return await print(io, flags, { kind: 'oracle', exit, oracle: report, saved })
  } finally { line.end() }
}
const n = (value: number): string => value.toLocaleString('en-US')
const qemuOf = ({ qemu }: Flags<typeof options>): { readonly qemu?: string } => qemu === undefined ? {} : { qemu }

function oracleNamed(name: string = oracles[0].iommu): Oracle {
  const known = oracles.map(({ iommu }) => iommu), found = oracles.find(({ iommu }) => iommu === name)
  if (found === undefined)
    throw usage('--iommu', `no IOMMU is named '${name}'`, suggest(name, known, `there are ${known.join(', ')}`))
  return found
}
function suiteNamed(name: string, asked: Oracle): SuiteName {
  const known = suitesOf(asked), found = known.find(one => one === name)
  if (found === undefined)
    throw usage('--suite', `no suite of ${asked.iommu} is named '${name}'`,
      suggest(name, known, `there are ${known.join(', ')}`))
  return found
}

function save(one: Difference, folder: string, io: Io): string {
  const path = join(placed(io, folder), fileName(one))
  try {
    makeFolder(placed(io, folder))
    writeFileSync(path, fileText(one))
  } catch (cause) {
    const problem = `cannot be written: ${(cause as Error).message}`
    throw new UserError({ code: 'E-ORACLE-SAVE', subject: shown(io, path), problem,
      next: 'name a folder that can: --save DIR' })
  }
  return shown(io, path)
}

async function replayOne(file: string, flags: Flags<typeof options>, io: Io): Promise<ExitName> {
  let text: string
  try { text = readFileSync(placed(io, file), 'utf8') } catch (cause) {
    const problem = `cannot be read: ${(cause as Error).message}`
    throw new UserError({ code: 'E-ORACLE-FILE', subject: file, problem,
      next: 'give a file that remapcheck oracle has saved' })
  }
  const { setup, suite, one } = readCase(text, file, oracles.flatMap(({ setups }) => setups))
  const session = await setup.open({ ...qemuOf(flags), env: { ...io.env } })
  const judged = await session.replay(one, file).finally(() => session.close())
  const requests = judged.map(({ verdict, compare }) => ({ verdict, ...compare() }))
  return await print(io, flags,
    { kind: 'oracle-replay', exit: judged.some(isDifferent) ? 'violated' : 'holds', suite, setup: setup.name,
      requests })
}
