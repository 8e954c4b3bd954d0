/** Reading a log by lines: plain or gzip by content, in memory bounded by the longest line kept. No manual: input of
 *  `validate`. */
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { UserError } from '../errors.ts'

/** What is kept of a line; the rest of a longer one is dropped, and no event is as long. */
export const longestLine_chars = 4096

/** How far a file may go without one line that it should have before it is taken for something else. */
export const patience_lines = 2000

/** The path of a file, or a stream that is read to its end, with the name that it has in messages; or one whose first
 *  lines were looked at. */
export type LogSource = string | { readonly name: string; readonly stream: Readable } | Begun
export interface Begun {
  readonly name: string
  readonly first: readonly string[]
  readonly batches: AsyncIterable<Batch>
}
export const nameOf = (source: LogSource): string => typeof source === 'string' ? source : source.name

export interface Batch {
  readonly lines: readonly string[]
  /** The last line of the last batch had no line end: the log may have been cut there. */
  readonly unterminated: boolean
}

export function logError(code: string, subject: string, problem: string, next: string): UserError {
  return new UserError({ code: `E-LOG-${code}`, subject, problem, next })
}

/** Lines without their ends (LF or CRLF), in batches; `again` is how such a log is made. Bytes are taken as latin1, so
 *  that no byte is lost or refused.
 *  @throws UserError E-LOG-MISSING, E-LOG-DIRECTORY, E-LOG-EMPTY, E-LOG-UNREADABLE, E-LOG-GZIP. */
export async function* readLines(source: LogSource, again: string): AsyncGenerator<Batch, void, undefined> {
  if (typeof source !== 'string' && 'batches' in source) return yield* source.batches
  const path = nameOf(source)
  const { packed, file } = typeof source === 'string' ? await openFile(source, again)
    : await openStream(source, again)
  const bytes: Readable = packed ? file.pipe(createGunzip({ chunkSize: 1 << 18 })) : file
  if (bytes !== file) file.on('error', cause => bytes.destroy(cause))
  let rest = ''
  try {
    for await (const chunk of bytes) {
      const lines = (rest + (chunk as Buffer).toString('latin1')).split('\n')
      rest = lines.pop()!.slice(0, longestLine_chars)
      yield { lines: lines.map(clean), unterminated: false }
    }
  } catch (cause) { throw broken(path, packed, cause) } finally { file.destroy() }
  if (rest !== '') yield { lines: [clean(rest)], unterminated: true }
}
const clean = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line).slice(0, longestLine_chars)

/** Looks at the first lines, to say what a log is. @throws UserError as `readLines` does. */
export async function begin(source: LogSource, again: string): Promise<Begun> {
  const batches = readLines(source, again)
  const first = await batches.next()
  async function* all(): AsyncGenerator<Batch, void, undefined> {
    if (first.done !== true) yield first.value
    yield* batches
  }
  return { name: nameOf(source), first: first.done === true ? [] : first.value.lines, batches: all() }
}

interface Opened { readonly packed: boolean; readonly file: Readable }
const openFile = async (path: string, again: string): Promise<Opened> =>
  ({ packed: await isGzip(path, again), file: createReadStream(path, { highWaterMark: 1 << 18 }) })

/** The first bytes say whether it is packed. */
async function openStream({ name, stream }: Extract<LogSource, { stream: Readable }>, again: string): Promise<Opened> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>
  const first = await chunks.next().catch((cause: unknown) => { throw unreadable(name, cause) })
  if (first.done === true) throw logError('EMPTY', name, 'there is nothing in it', again)
  const head = Buffer.from(first.value)
  async function* all(): AsyncGenerator<Buffer | string> {
    yield head
    yield* { [Symbol.asyncIterator]: () => chunks }
  }
  return { packed: head[0] === 0x1f && head[1] === 0x8b, file: Readable.from(all()) }
}

async function isGzip(path: string, again: string): Promise<boolean> {
  const found = await stat(path).catch((cause: unknown) => { throw unreadable(path, cause) })
  if (found.isDirectory()) throw logError('DIRECTORY', path, 'is a folder, not a log', 'name one file in it')
  const file = await open(path).catch((cause: unknown) => { throw unreadable(path, cause) })
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2)
    if (bytesRead === 0 && found.isFile()) {
      throw logError('EMPTY', path, 'the file is empty', again)
    }
    return buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally { await file.close() }
}

const errno = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? String(cause)
function unreadable(path: string, cause: unknown): UserError {
  return errno(cause) === 'ENOENT' ? logError('MISSING', path, 'there is no such file', 'check the path')
    : logError('UNREADABLE', path, `cannot be read (${errno(cause)})`, 'check its permissions')
}
function broken(path: string, packed: boolean, cause: unknown): unknown {
  if (cause instanceof UserError) return cause
  if (!packed || !/^(Z_|ERR_)/.test(errno(cause))) return unreadable(path, cause)
  const cut = errno(cause) === 'Z_BUF_ERROR'
  return logError('GZIP', path, cut ? 'the gzip file ends too early: it was cut off' : 'the gzip file is damaged',
    cut ? 'copy it again whole; to use what is there: zcat FILE > LOG' : 'copy it again')
}
