/** Spin's compiled checker: built from Promela, run, and its output read. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../src/errors.ts'
import type { Figures } from './figures.ts'

export interface Mode {
  readonly title: string
  readonly compile: readonly string[]
  readonly run: readonly string[]
  /** Stores every state whole, so that its counts are facts. */
  readonly exact: boolean
  readonly breadthFirst: boolean
}
export const bfs: Mode = { title: 'pan -DBFS', compile: ['-DBFS'], run: [], exact: true, breadthFirst: true }
/** For information: pan's own alternatives. The parallel one stores fingerprints unless told otherwise, and then needs
 *  ten times the memory. */
export const otherModes: readonly Mode[] = [
  { title: 'pan, depth first', compile: [], run: [], exact: true, breadthFirst: false },
  { title: 'pan -DBFS_PAR -u2', compile: ['-DBFS_PAR'], run: ['-u2'], exact: false, breadthFirst: true },
]
const flags = ['-w', '-O2', '-DSAFETY', '-DNOREDUCE']
export const buildLine = `spin -a; gcc ${flags.slice(1).join(' ')}`

/** pan leaves by exit(3), so the last thing it does can be to tell its peak: no tool beside spin and gcc is needed. */
const tellPeak = `#include <stdio.h>
#include <string.h>
__attribute__((destructor)) static void tell_peak(void) {
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status)) if (!strncmp(line, "VmHWM:", 6)) fputs(line, stderr);
}
`

/** What is needed and not installed. */
export const absent = (): string[] => [['spin', '-V'], ['gcc', '--version']]
  .filter(([tool, version]) => spawnSync(tool!, [version!]).error !== undefined).map(([tool]) => tool!)

/** Runs to the end. @throws UserError with the tool's last lines when it fails, or when interrupted. */
export function runTool(tool: string, args: readonly string[],
  cwd: string): { readonly out: string; readonly seconds: number } {
  const start = performance.now()
  const { status, signal, error, stdout, stderr } = spawnSync(tool, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (signal === 'SIGINT')
    throw new UserError({ code: 'E-INTERRUPTED', subject: tool, problem: 'interrupted', next: 'run it again',
      exit: 'interrupted' })
  if (status !== 0) {
    const said = `${stdout}${stderr}`.trimEnd().split('\n').slice(-3).join(' | ')
    throw new UserError({ code: 'E-PEER', subject: [tool, ...args].join(' '),
      problem: `failed (${error?.message ?? signal ?? `exit code ${status}`})`, next: `it said: ${said}` })
  }
  return { out: `${stdout}\n${stderr}`, seconds: (performance.now() - start) / 1000 }
}

/** Writes and compiles `name` in `dir`; gives the seconds that took. pan rounds counts to eight digits, which hides
 *  what is to be compared:
 *  the only thing changed in it is that it prints all of them. */
export function build(dir: string, name: string, promela: string,
  mode: Mode): { readonly program: string; readonly seconds: number } {
  writeFileSync(join(dir, `${name}.pml`), promela)
  writeFileSync(join(dir, 'peak.c'), tellPeak)
  const generated = runTool('spin', ['-a', `${name}.pml`], dir)
  const source = join(dir, 'pan.c')
  writeFileSync(source, readFileSync(source, 'utf8').replaceAll('%9.8g', '%9.15g'))
  const limit_MiB = Math.floor(totalmem() * 0.8 / 2 ** 20)
  const program = `pan-${name}${mode.compile.join('')}`
  const compiled = runTool('gcc',
    [...flags, ...mode.compile, `-DMEMLIM=${limit_MiB}`, '-include', 'peak.c', '-o', program, 'pan.c'], dir)
  return { program: join(dir, program), seconds: generated.seconds + compiled.seconds }
}

/** Four to eight slots a state, so that pan never spends time on a short table or on growing one; the stack of a
 *  depth-first run likewise. */
const runFlags = (states: number, mode: Mode): string[] =>
  [`-w${Math.max(16, Math.ceil(Math.log2(states)) + 2)}`, `-m${states + 1000}`, '-E', ...mode.run]

/** `errors`: how many end the search; 0 for the whole space whatever is found. */
export function runPan(dir: string, program: string, states: number, mode: Mode, errors = 0): Figures {
  return readPan(runTool(program, [...runFlags(states, mode), `-c${errors}`], dir).out, mode.title)
}

/** @throws UserError when a figure is missing. */
export function readPan(out: string, engine: string): Figures {
  const figure = (what: string, pattern: RegExp): number => {
    const found = pattern.exec(out)
    if (found === null)
      throw new UserError({ code: 'E-PEER', subject: engine, problem: `does not tell ${what}`,
        next: 'this reads the output of Spin 6.5; see bench/peers/pan.ts' })
    return Number(found[1])
  }
  const states = figure('its states', /^\s*(\d+) states, stored/m)
  const peaks = [...out.matchAll(/^VmHWM:\s*(\d+) kB/gm)].map(([, kB]) => Number(kB) * 1024)
  // Processes of the parallel search share their table: the largest holds nearly all of it.
  const rssBytes = peaks.length === 0 ? null : Math.max(...peaks)
  return {
    states, transitions: figure('its transitions', /^\s*(\d+) transitions/m),
    depth: figure('its depth', /depth reached (\d+)/),
    seconds: figure('its time', /elapsed time ([\d.]+) seconds/), rssBytes,
    bytesPerState: rssBytes === null ? null : rssBytes / states, storedBytes: null, engine,
    complete: !/Search not completed|max search depth too small|out of memory|states lost/i.test(out),
    violated: figure('its errors', /errors: (\d+)/) > 0,
  }
}
