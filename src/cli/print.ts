/** Prints what a verb has found, or what ended it. The one place that picks reporters. */
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { exitClasses } from '../exit.ts'
import type { ExitName } from '../exit.ts'
import type { Report } from '../report/report.ts'
import { reporters } from '../report/reporters.ts'
import { traceStyle } from '../report/trace-style.ts'
import type { View } from '../report/view.ts'
import { wrapMessage } from '../text/layout.ts'
import { theme } from '../text/theme.ts'
import { writeWhole, writeWholeFrom } from '../whole.ts'
import { handedOn, repeatOf } from './handed-on.ts'
import { placed, themeOf, widthOf } from './io.ts'
import type { Io } from './io.ts'
import { outputsOf, outputsOnError, unwritable } from './outputs.ts'
import type { Output, OutputFlags } from './outputs.ts'
import { tool, version } from './package.ts'
import { pageParts } from './page-parts.ts'
import { located } from './samples.ts'

const traces = (io: Io): View['traces'] => ({ ...traceStyle, place: at => located(io, at) })

/** Flags that say how a report is shown; a verb has some of them. */
export interface ShowFlags extends OutputFlags {
  readonly 'no-color'?: boolean
  readonly full?: boolean
  readonly stats?: boolean
  readonly lanes?: boolean
  readonly mermaid?: boolean
  readonly dot?: boolean
}
/** Forms of a trace that have a flag. */
export const forms = ['lanes', 'mermaid', 'dot'] as const

/** Gives the class of the exit code. What cannot be written to its file is printed, so that no search was for nothing.
 *  @throws UserError E-OUT-LATE, after everything else was written. */
export async function print(io: Io, flags: ShowFlags, report: Report): Promise<ExitName> {
  const { full = false, stats = false } = flags
  const form = forms.find(one => flags[one]) ?? 'steps'
  const view = (output: Output): View => ({
    program: { tool, version }, full, stats, form, traces: traces(io),
    theme: output.reporter === 'text' && output.file === null ? themeOf(io, flags) : theme(false, fileColumns),
  })
  let failed: UserError | null = null
  for (const output of outputsOf(flags)) failed = await write(io, output, report, view(output)) ?? failed
  if (flags.report !== undefined)
    failed = await writePages(io, flags.report, report, view({ reporter: 'text', file: '' })) ?? failed
  if (failed !== null) throw failed
  return report.exit
}
const fileColumns = 100
/** The file could be written when the run began. Its report is on stdout. */
const outAfterAll = 'E-OUT-LATE'

async function write(io: Io, output: Output, report: Report, view: View): Promise<UserError | null> {
  const { reporter: name, file } = output
  const reporter = await reporters[name]()
  if (file === null) {
    for await (const piece of reporter(report, view)) io.stdout.write(piece)
    return null
  }
  try { await writeWholeFrom(placed(io, file), reporter(report, view)) } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause // not of the file
    await write(io, { reporter: name, file: null }, report, view)
    return unwritable(file, cause, outAfterAll)
  }
  io.stderr.write(`written  ${file}\n`)
  return null
}

/** `index.html` last: it never leads to a page that is not there. */
async function writePages(io: Io, folder: string, report: Report, view: View): Promise<UserError | null> {
  const { pagesOf } = await import('../report/page/index.ts')
  const pages = pagesOf(report, view, await pageParts(), { repeat: repeatOf(io), handedOn: handedOn(io) })
  for (const { name, text } of pages.toReversed()) {
    try { writeWhole(join(placed(io, folder), name), text) } catch (cause) {
      return unwritable(join(folder, name), cause, outAfterAll)
    }
  }
  io.stderr.write(`written  ${join(folder, pages[0]!.name)}\n`)
  return null
}

/** Ends a command line by a mistake: in words on stderr, and by the reporters that were asked for. Gives the exit
 *  code. */
export async function printError(io: Io, mistake: UserError): Promise<number> {
  const { code, subject, message, next, below } = mistake
  const error = new UserError({ code, subject, below, exit: exitOf(mistake), problem: located(io, message),
    next: located(io, next) })
  io.stderr.write(`${wrapMessage(error.text(), widthOf(io.stderr))}\n`)
  return await printErrorDocument(io, error)
}
const exitOf = ({ exitCode }: UserError): ExitName => exitClasses.find(({ code }) => code === exitCode)!.name

export async function printErrorDocument(io: Io, error: UserError): Promise<number> {
  const { code, subject, message: problem, next, below, exitCode } = error
  const exit = exitOf(error)
  const view: View = { program: { tool, version }, theme: theme(false), full: false, stats: false, form: 'steps',
    traces: traces(io) }
  for (const output of outputsOnError(io.argv)) {
    // Of these, text is on stderr already, and a report that had no place is on stdout.
    if (output.reporter === 'text' || code === outAfterAll) continue
    const unwritten = await write(io, code === 'E-OUT' ? { ...output, file: null } : output,
      { kind: 'error', exit, error: { code, subject, problem, next, below } }, view)
    if (unwritten !== null) io.stderr.write(`${unwritten.text()}\n`)
  }
  return exitCode
}
