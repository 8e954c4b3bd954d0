/** All that an audit is given: a dump, texts that show tables, tables of the firmware, and what texts say of the
 *  machine; files or folders of them. Each file is known by its content. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { constants, gunzipSync } from 'node:zlib'
import { UserError } from '../errors.ts'
import type { Firmware } from './acpi/firmware.ts'
import { firmwareOf } from './acpi/read.ts'
import { isTable, TableTextReader } from './acpi/text.ts'
import type { TableBytes } from './acpi/text.ts'
import { openDump } from './dump.ts'
import type { AnyDump, DumpOptions } from './dump.ts'
import { dumpError } from './errors.ts'
import { memoryMagic } from './magic.ts'
import { MachineText } from './text/machine.ts'
import { TableTexts } from './text/tables.ts'

/** `firmware`: each with the file it is of. */
export interface Inputs {
  readonly dumps: readonly AnyDump[]
  readonly firmware: readonly (Firmware & { readonly path: string })[]
  readonly machine: MachineText
}

/** Text beyond this is read in part. */
const mostText_bytes = 2 ** 29
const chunk_bytes = 1 << 20
const mostFiles = 10_000

/** @throws UserError E-DUMP-*; E-DUMP-UNIT where texts are of several units and `unit` names none of them. */
export function openInputs(paths: readonly string[], options: DumpOptions = {}, unit?: string): Inputs {
  const texts = new TableTexts(), machine = new MachineText()
  const files = paths.flatMap(path => filesOf(path))
  const { memory, firmware, known, empty } = sorted(files, options.format !== undefined, texts, machine)
  const [first = paths[0]!, second] = memory
  if (second !== undefined) throw dumpError('SEVERAL', second, `a second dump of memory, besides ${first}`,
    'audit one at a time, or compare them: remapcheck audit DUMP --diff LATER')
  if (memory.length === 0 && known === 0) throw empty === files.length
    ? dumpError('EMPTY', first, 'the file is empty', 'make the dump again')
    : dumpError('FOREIGN', first, 'a text that lists no table of an IOMMU', 'give a dump of memory, files of '
      + '/sys/kernel/debug/iommu, or ACPI tables (docs/audit.md); of a kernel log: remapcheck diagnose FILE; '
      + 'of a trace: remapcheck validate FILE')
  return { dumps: dumpsOf(memory[0] ?? null, texts, first, options, unit), firmware, machine }
}

/** Each file by its content. `isMemory`: they are said to be dumps of memory. */
function sorted(files: readonly string[], isMemory: boolean, texts: TableTexts, machine: MachineText) {
  const tables = new TableTextReader()
  const firmware: (Firmware & { path: string })[] = [], memory: string[] = []
  let known = 0, empty = 0
  const add = (path: string, table: TableBytes): void => {
    const of = firmwareOf(table)
    if (of !== null) { firmware.push({ ...of, path }); known++ }
  }
  for (const path of files) {
    const head = headOf(path)
    if (head.isEmpty) empty++
    if (isMemory && !head.isEmpty) { memory.push(path); continue }
    if (head.table !== null) { add(path, head.table); continue }
    if (!head.isText) { memory.push(path); continue }
    texts.amd.from(path)
    for (const line of linesOf(path))
      if (texts.take(line) || tables.take(line) || machine.take(line)) known++
    tables.end()
    for (const one of tables.tables.splice(0)) add(path, one)
  }
  return { firmware, memory, known, empty }
}

function dumpsOf(memory: string | null, texts: TableTexts, path: string, options: DumpOptions,
  unit: string | undefined): AnyDump[] {
  if (memory === null) {
    const units = chosen(texts.units, unit, path)
    return units.length === 0 ? [texts.nothing(path)]
      : units.map(name => texts.dumpOf(name, path, options.values, options.haw))
  }
  // Registers of a dump that has none may stand in the texts beside it.
  const [name] = options.values?.CAP !== undefined ? [] : chosen(texts.units, unit, path)
  const values = name === undefined ? {} : Object.fromEntries(texts.unit(name)?.values ?? [])
  return [openDump(memory, { ...options, values: { ...values, ...options.values } })]
}

function chosen(units: readonly string[], unit: string | undefined, path: string): readonly string[] {
  if (unit === undefined) return units
  if (units.includes(unit)) return [unit]
  throw dumpError('UNIT', path, `it shows no unit '${unit}'`,
    units.length === 0 ? 'leave --unit out' : `there are ${units.join(', ')}`)
}

/** Of a folder all files in it, however deep; of debugfs they have a size of 0 and content all the same. */
export function filesOf(path: string): string[] {
  const found: string[] = []
  const visit = (at: string, isTop: boolean): void => {
    let isFolder: boolean
    try { isFolder = statSync(at).isDirectory() } catch (cause) {
      if (!isTop) return
      throw unreadable(at, cause)
    }
    if (!isFolder) { found.push(at); return }
    for (const name of readdirSync(at).sort()) if (found.length < mostFiles) visit(join(at, name), false)
  }
  visit(path, true)
  if (found.length === 0) throw dumpError('EMPTY', path, 'the folder has no file', 'name a dump, or files with tables')
  return found
}
const unreadable = (path: string, cause: unknown): UserError => {
  const errno = (cause as NodeJS.ErrnoException).code ?? String(cause)
  return errno === 'ENOENT' ? dumpError('MISSING', path, 'there is no such file', 'check the path')
    : dumpError('UNREADABLE', path, `cannot be read (${errno})`, 'check its permissions')
}

function* chunksOf(path: string): Generator<Buffer> {
  let file: number
  try { file = openSync(path, 'r') } catch (cause) { throw unreadable(path, cause) }
  try {
    for (;;) {
      const bytes = Buffer.alloc(chunk_bytes)
      const read = readSync(file, bytes, 0, chunk_bytes, null)
      if (read === 0) return
      yield bytes.subarray(0, read)
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw unreadable(path, cause)
  } finally { closeSync(file) }
}

function firstOf(path: string): Buffer | null {
  for (const chunk of chunksOf(path)) return chunk
  return null
}

interface Head { readonly isEmpty: boolean; readonly isText: boolean; readonly table: TableBytes | null }
/** What the first bytes say; of a packed file, those of what is in it. */
function headOf(path: string): Head {
  const first = firstOf(path)
  if (first === null) return { isEmpty: true, isText: true, table: null }
  let bytes = first
  if (first[0] === 0x1f && first[1] === 0x8b) {
    try { bytes = gunzipSync(first.subarray(0, 1 << 16), { finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: mostText_bytes }) } catch { return { isEmpty: false, isText: false, table: null } }
  }
  if (isTable(bytes)) return { isEmpty: false, isText: false, table: { signature: bytes.toString('latin1', 0, 4),
    bytes, holes: false } }
  const head = bytes.subarray(0, 4096)
  const control = head.filter(byte => byte < 9 || byte > 13 && byte < 32 && byte !== 27).length
  const isText = memoryMagic(head.toString('latin1', 0, 64)) === null && head[0] !== 0x7b && control === 0
  return { isEmpty: false, isText, table: null }
}

/** Bytes are taken as latin1, so that none is refused. */
function* linesOf(path: string): Generator<string> {
  let rest = ''
  for (const chunk of textOf(path)) {
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop()!.slice(0, 4096)
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  if (rest !== '') yield rest
}
function textOf(path: string): Iterable<Buffer> {
  const first = firstOf(path)
  if (first === null || first[0] !== 0x1f || first[1] !== 0x8b) return chunksOf(path)
  try {
    return [gunzipSync(Buffer.concat([...chunksOf(path)]), { maxOutputLength: mostText_bytes / 2 })]
  } catch { throw dumpError('GZIP', path, 'the gzip file is damaged, cut, or unpacks to more than 256 MB', 'unpack '
    + 'it') }
}
