/** The search against Spin's compiled checker, on equal counts: `npm run bench:peers -- [--configs s,m] [--rounds 3]`.
 *  See docs/speed.md. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../../src/errors.ts'
import { cases } from './cases.ts'
import type { Case } from './cases.ts'
import { disagreements, panExtra, verdict } from './figures.ts'
import type { Figures, Timed } from './figures.ts'
import { absent, bfs, build, buildLine, otherModes, runPan, runTool } from './pan.ts'
import type { Mode } from './pan.ts'
import { settingsOf, verb } from './settings.ts'
import type { Settings } from './settings.ts'
import { legend, table } from './table.ts'

/** Microseconds in which some task waited for a core, since the machine started. Linux only. */
function waited_us(): number | null {
  try {
    return Number(/^some .*total=(\d+)/m.exec(readFileSync('/proc/pressure/cpu', 'utf8'))![1])
  } catch { return null }
}
function timed(run: () => Figures): Timed {
  const before = waited_us(), start = performance.now()
  const figures = run()
  const process_s = (performance.now() - start) / 1000, after = waited_us()
  return { ...figures, process_s,
    waited: before === null || after === null ? null : Math.min(1, (after - before) / 1e6 / process_s) }
}

const here = fileURLToPath(new URL('.', import.meta.url))
const runOurs = (name: string, flags: readonly string[]): Figures =>
  JSON.parse(runTool(process.execPath, ['--import', 'tsx', join(here, 'ours.ts'), name, ...flags], here).out) as Figures

/** `exact`: its counts must be those of pan -DBFS. `judged`: its verdict must. `told`: it may lose states. */
interface Runner {
  readonly title: string
  readonly run: () => Figures
  readonly only?: number
  readonly must: 'exact' | 'judged' | 'told'
  readonly mode?: Mode
  readonly results: Timed[]
}

function runnersOf(name: string, { states }: Case, settings: Settings, programs: ReadonlyMap<Mode, string>,
  dir: string): Runner[] {
  const pans = [...programs].map(([mode, program]): Runner => ({
    title: mode.title, run: () => runPan(dir, program, states, mode), must: mode.exact ? 'exact' : 'told', mode,
    results: [], ...mode === bfs ? {} : { only: 0 },
  }))
  const ours = settings.workers.map((workers): Runner => {
    const flags = workers === 'default' ? [] : ['--workers', workers]
    return { title: ['ours', ...flags].join(' '), run: () => runOurs(name, flags), must: 'exact', results: [] }
  })
  const most = settings.workers.at(-1) === 'default' ? [] : ['--workers', settings.workers.at(-1)!]
  const warm: Runner = { title: ['ours', ...most, '--warm'].join(' '), run: () => runOurs(name, [...most, '--warm']),
    must: 'exact', results: [] }
  const flags = [...most, '--symmetry']
  const symmetric: Runner = { title: ['ours', ...flags].join(' '), run: () => runOurs(name, flags), must: 'judged',
    results: [] }
  return [...pans, ...ours, warm, ...settings.symmetry ? [symmetric] : []]
}

/** All rounds of one model; prints its table. @returns what disagrees. */
function compare(name: string, settings: Settings, dir: string): string[] {
  const one = cases[name]!
  const promela = one.promela(), extra = panExtra(promela)
  const built: string[] = []
  const programs = new Map([bfs, ...settings.everyMode ? otherModes : []].map(mode => {
    const { program, seconds } = build(dir, name, promela, mode)
    built.push(`${mode.title} ${seconds.toFixed(1)} s`)
    return [mode, program] as const
  }))
  const runners = runnersOf(name, one, settings, programs, dir)
  for (let round = 0; round < settings.rounds; round++) {
    // Each round starts with another search, so that what disturbs the machine for a while does not always meet the
    // same one.
    const turn = runners.map((_, i) => runners[(i + round) % runners.length]!)
    for (const { run, only, results } of turn) if (only === undefined || only === round) results.push(timed(run))
  }
  const pan = runners[0]!.results[0]!
  const reference = { ...pan, states: pan.states - extra.states, transitions: pan.transitions - extra.transitions,
    depth: pan.depth - extra.depth }
  const wrong = runners.flatMap(({ title, must, mode, results }) => results.flatMap((figures, round) => {
    const found = mode === undefined ? disagreements(figures, pan, extra)
      : disagreements(reference, figures, extra, mode.breadthFirst)
    const verdicts = found.filter(text => !/^(?:states|transitions|depth):/.test(text))
    const counted = { exact: found, judged: verdicts, told: [] }[must]
    return counted.map(text => `${one.title}, ${title}, round ${round + 1}: ${text}`)
  }))
  const more = extra.states > 0
    ? 'pan reports one state and one level more, before its first step, and two transitions, to there and to the '
      + 'initial state'
    : 'pan reports one transition more, to the initial state'
  console.log(`\n${one.title}: ${wrong.length > 0 ? 'UNEQUAL' : 'equal'}: ${showCounts(reference)}\n  (${more}: taken `
    + `off here); built: ${built.join(', ')}`)
  console.log(table(runners.map(runner => ({ title: runner.title, rounds: runner.results }))))
  for (const { title, must, results: [figures] } of runners) {
    if (must === 'judged') console.log(`  ${title}: ${showCounts(figures!)}`)
    if (must === 'told')
      console.log(`  ${title} stores fingerprints and may lose states: here it lost ${pan.states - figures!.states}`)
  }
  for (const text of wrong) console.log(`  UNEQUAL ${text}`)
  return wrong
}
const showCounts = (figures: Figures): string =>
  `${figures.states.toLocaleString('en-US')} states, ${figures.transitions.toLocaleString('en-US')} transitions, `
    + `depth ${figures.depth}, ${verdict(figures)}`

interface Flag { readonly value?: string; readonly says: string }
const help = `npm run bench:peers -- [flags]    ${verb.says}\n${Object.entries<Flag>(verb.options)
  .map(([name, { value, says }]) => `  --${`${name} ${value ?? ''}`.padEnd(18)}${says}`).join('\n')}`

function main(): number {
  if (process.argv.includes('--help')) {
    console.log(help)
    return 0
  }
  const settings = settingsOf(process.argv.slice(2))
  const missing = absent()
  if (missing.length > 0) {
    console.log(`bench:peers skipped, nothing was compared: no ${missing.join(' and no ')} here; on Debian: apt-get `
      + 'install spin gcc libc6-dev')
    return 0
  }
  const version = (tool: string, flag: string): string =>
    spawnSync(tool, [flag], { encoding: 'utf8' }).stdout.split('\n')[0]!.trim()
  console.log(`ours on node ${process.version}; peer: ${version('spin', '-V')}, ${version('gcc', '--version')}; `
    + `${buildLine}`)
  console.log(`${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}; load at the start `
    + `${loadavg()[0]!.toFixed(2)}\n${legend}`)
  const dir = mkdtempSync(join(tmpdir(), 'remapcheck-peers-'))
  let wrong: string[]
  try {
    wrong = settings.configs.flatMap(name => compare(name, settings, dir))
  } finally { rmSync(dir, { recursive: true, force: true }) }
  const { configs, rounds, workers, symmetry, everyMode } = settings
  const outcome = wrong.length === 0 ? `equal counts and verdicts in: ${configs.join(', ')}`
    : `UNEQUAL: ${wrong.length} disagreements, named above`
  console.log(`\n${outcome}; load at the end ${loadavg()[0]!.toFixed(2)}`)
  console.log(`repeat: npm run bench:peers -- --configs ${configs.join(',')} --rounds ${rounds} --workers `
    + `${workers.join(',')}${symmetry ? ' --symmetry' : ''}${everyMode ? ' --every-mode' : ''}`)
  return wrong.length === 0 ? 0 : 1
}

// Without a listener Ctrl-C would end this process before its temporary folder is gone; the child it also ends is what
// is noticed.
process.on('SIGINT', () => {})
try { process.exitCode = main() } catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.text())
  process.exitCode = error.exitCode
}
