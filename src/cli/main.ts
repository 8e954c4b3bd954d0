/** The command line: finds the verb, and turns every mistake into text and an exit code. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { printable, suggest, usage, UserError } from '../errors.ts'
import { exitCode } from '../exit.ts'
import { ModelError } from '../model/index.ts'
import { parse } from './args.ts'
import { helpText, verbHelp } from './help.ts'
import { placed, themeOf } from './io.ts'
import type { Io } from './io.ts'
import { checkFolder, checkOutputs, outputsOf } from './outputs.ts'
import { tool, version } from './package.ts'
import { printError, printErrorDocument } from './print.ts'
import { located } from './samples.ts'
import { allVerbs, verbNamed, verbNames } from './verbs/index.ts'

/** Runs one command line. Never throws; gives the exit code. */
export async function main(io: Io): Promise<number> {
  try {
    return await dispatch(io)
  } catch (cause) {
    if (cause instanceof UserError) return await printError(io, cause)
    io.stderr.write(bugText(io, cause))
    return await printErrorDocument(io, bugOf(cause))
  }
}

async function dispatch(io: Io): Promise<number> {
  const [first, ...rest] = io.argv
  const theme = themeOf(io, {})
  if (first === undefined || first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    io.stdout.write(helpText(await allVerbs(), theme))
    return exitCode('holds')
  }
  if (first === '--version' || first === '-v') {
    io.stdout.write(`${tool} ${version}\n`)
    return exitCode('holds')
  }
  const [name, args] = first === 'help' ? [rest[0]!, ['--help']] : [first, rest]
  const found = await verbNamed(name)
  if (found === null) {
    const what = name.startsWith('-') ? 'a verb comes before its flags' : `no verb is named '${name}'`
    const next = existsSync(placed(io, name)) ? `for what a file says: remapcheck diagnose ${name}`
      : suggest(name, verbNames, `there are ${verbNames.join(', ')}`)
    throw usage(tool, what, next, 'VERB')
  }
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(verbHelp(found, theme, text => located(io, text)))
    return exitCode('holds')
  }
  const { flags } = parse(found, args)
  checkOutputs(io, outputsOf(flags))
  if (typeof flags['report'] === 'string') checkFolder(io, flags['report'])
  return exitCode(await found.run(args, io))
}

const bugOf = (cause: unknown): UserError => new UserError({
  code: 'E-BUG', subject: tool, problem: `a bug: ${cause instanceof Error ? cause.message : String(cause)}`,
  next: 'please report it with the command; stderr says more', exit: 'internal',
})

/** For our own mistakes: what to report, and where the steps that led there are kept. A stack only on request. */
function bugText(io: Io, cause: unknown): string {
  const { name, message, stack } = cause instanceof Error ? cause
    : { name: 'thrown', message: String(cause), stack: undefined }
  const trace = cause instanceof ModelError ? cause.trace : null
  const where = trace === null ? ''
    : '  the steps that lead there are in '
      + `${writeBugFile({ tool, version, argv: io.argv, error: `${name}: ${message}`, ops: trace })}\n`
  return `${tool} ${version} has a bug: ${printable(`${name}: ${message}`)}\n${where}`
    + `  please report it with this text and the command: ${printable([tool, ...io.argv].join(' '))}\n`
    + (io.env['REMAPCHECK_DEBUG'] ? `${stack ?? ''}\n` : '  REMAPCHECK_DEBUG=1 shows where in the program\n')
}
function writeBugFile(document: object): string {
  try {
    // A folder of its own: in the one that all share, somebody could have laid a link with the name of the file.
    const path = join(mkdtempSync(join(tmpdir(), 'remapcheck-bug-')), 'bug.json')
    writeFileSync(path, JSON.stringify(document, null, 2) + '\n')
    return path
  } catch { return 'no file: the temporary folder cannot be written' }
}
