/** Which reporters a command line asks for, and where each of them writes. */
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { suggest, usage, UserError } from '../errors.ts'
import { reporterNames } from '../report/reporters.ts'
import type { ReporterName } from '../report/reporters.ts'
import { makeFolder } from '../trace/folders.ts'
import { placed } from './io.ts'
import type { Io } from './io.ts'

export interface Output {
  readonly reporter: ReporterName
  /** Null: stdout. */
  readonly file: string | null
}
export interface OutputFlags {
  readonly reporter?: string | undefined
  readonly out?: string | undefined
  readonly json?: boolean | undefined
  readonly markdown?: boolean | undefined
  /** Folder of web pages. */
  readonly report?: string | undefined
}

/** A document is all that its reader expects on stdout. */
const documents: readonly ReporterName[] = ['json', 'junit', 'sarif', 'markdown']

/** @throws UserError E-USAGE where the flags contradict each other. */
export function outputsOf({ reporter, out, json, markdown }: OutputFlags): readonly Output[] {
  const short = [...json ? ['json'] : [], ...markdown ? ['markdown'] : []]
  const other = reporter !== undefined ? '--reporter' : '--markdown'
  if (short.length + (reporter === undefined ? 0 : 1) > 1)
    throw usage(`--${short[0]}`, `cannot be combined with ${other}`, 'give one of the two')
  const names = (reporter ?? short[0] ?? 'text').split(',')
  const unknown = names.find(name => !reporterNames.includes(name as ReporterName))
  if (unknown !== undefined)
    throw usage('--reporter', `no reporter is named '${unknown}'`,
      suggest(unknown, reporterNames, `there are ${reporterNames.join(', ')}`))
  // A file of one reporter may have commas in its name.
  const given = names.length === 1 ? [out ?? '-'] : out?.split(',')
  const files = given ?? names.map(() => '-')
  if (files.length !== names.length)
    throw usage('--out', `${names.length} reporters need as many files, given ${files.length}`,
      'for example --reporter text,junit --out -,junit.xml')
  const outputs = names.map((name, i): Output =>
    ({ reporter: name as ReporterName, file: files[i] === '-' ? null : files[i]! }))
  const printed = outputs.filter(({ file }) => file === null)
  const document = printed.find(one => documents.includes(one.reporter))
  if (document !== undefined && printed.length > 1)
    throw usage('--reporter', `${document.reporter} cannot share stdout with another report`,
      'give each but one a file: --reporter text,junit --out -,junit.xml')
  return outputs
}

/** The same of a command line with a mistake in it: a program that waits for a document gets one. */
export function outputsOnError(argv: readonly string[]): readonly Output[] {
  const { values } = parseArgs({
    args: [...argv], strict: false, allowPositionals: true,
    options: { reporter: { type: 'string' }, out: { type: 'string' }, json: { type: 'boolean' },
      markdown: { type: 'boolean' } },
  })
  const textOf = (value: unknown): string | undefined => typeof value === 'string' ? value : undefined
  const asked = { reporter: textOf(values['reporter']), out: textOf(values['out']), json: values['json'] === true,
    markdown: values['markdown'] === true }
  try { return outputsOf(asked) } catch {
    return asked.json || asked.reporter === 'json' ? [{ reporter: 'json', file: null }] : []
  }
}

/** Before anything is searched for: whether the files can be written. Makes their folders.
 *  @throws UserError E-OUT. */
export function checkOutputs(io: Io, outputs: readonly Output[]): void {
  for (const { file } of outputs) {
    if (file === null) continue
    const path = placed(io, file)
    try {
      if (existsSync(path) && !statSync(path).isFile()) throw new Error('it is no regular file')
      makeFolder(dirname(path))
      const trial = `${path}.${process.pid}.trial`
      writeFileSync(trial, '', { flag: 'wx' })
      rmSync(trial)
    } catch (cause) { throw unwritable(file, cause) }
  }
}
/** The same of the folder that `--report` names. @throws UserError E-OUT. */
export function checkFolder(io: Io, folder: string): void {
  const path = placed(io, folder)
  try {
    if (existsSync(path) && !statSync(path).isDirectory()) throw new Error('it is no folder')
    makeFolder(path)
    const trial = join(path, `.${process.pid}.trial`)
    writeFileSync(trial, '', { flag: 'wx' })
    rmSync(trial)
  } catch (cause) { throw unwritable(folder, cause, 'E-OUT', 'name a folder that can be written, or one to be made') }
}
export function unwritable(file: string, cause: unknown, as = 'E-OUT',
  next = 'name a file in a folder that can be written, or - for stdout'): UserError {
  const { code, message } = cause as NodeJS.ErrnoException
  return new UserError({ code: as, subject: file, problem: `cannot be written (${code ?? message})`, next })
}
