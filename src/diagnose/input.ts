/** Lines of a file or of stdin, whatever it holds: packed, in UTF-16, binary, cut, endless. Memory is bounded by one
 *  chunk and the longest line kept. No manual: input of `diagnose`. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { createGunzip } from 'node:zlib'
import { UserError } from '../errors.ts'
import { logError, longestLine_chars } from '../logs/lines.ts'
import { kindOfBytes } from './kinds.ts'
import type { FileKind } from './kinds.ts'

/** A gzip file that grows by more than that is no log: repeated lines of one pack to a hundredth at best. */
const largestGrowth = 400
const suspectFrom_bytes = 1 << 26

/** What reading a file came to. */
export interface Source {
  /** Null: text. */
  kind: FileKind | null
  encoding: 'UTF-8' | 'UTF-16'
  packed: boolean
  /** Why the rest was not read; null where all was. */
  stopped: string | null
  /** Lines longer than is kept. */
  long: number
}
export const newSource = (): Source =>
  ({ kind: null, encoding: 'UTF-8', packed: false, stopped: null, long: 0 })

/** Lines in batches; `source` is filled meanwhile. Stops at once where the bytes are of a kind that is no text.
 *  @throws UserError E-LOG-MISSING, E-LOG-DIRECTORY, E-LOG-EMPTY, E-LOG-UNREADABLE. */
export async function* linesOf(path: string, stdin: Readable | null,
  source: Source): AsyncGenerator<readonly string[], void, undefined> {
  const file = stdin ?? await opened(path)
  const splitter = new Splitter(source)
  let any = false
  try {
    for await (const bytes of unpacked(file, source)) {
      any = true
      if (!splitter.started) splitter.start(bytes)
      if (source.kind !== null) return
      yield splitter.lines(bytes)
    }
    yield splitter.end()
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
    if (!any && !code.startsWith('Z_'))
      throw logError('UNREADABLE', path, `cannot be read (${code})`, 'check its permissions')
    source.stopped = code === 'Z_BUF_ERROR' ? 'the gzip file ends too early: it was cut off'
      : `it cannot be read further (${code})`
    yield splitter.end()
  } finally { file.destroy() }
  if (!any && source.stopped === null) throw logError('EMPTY', path, 'it is empty', 'give the text of dmesg, for '
    + 'example `dmesg > boot.log`')
}

async function opened(path: string): Promise<Readable> {
  const found = await stat(path).catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw code === 'ENOENT' ? logError('MISSING', path, 'there is no such file', 'check the path')
      : logError('UNREADABLE', path, `cannot be read (${code})`, 'check its permissions')
  })
  if (found.isDirectory()) throw logError('DIRECTORY', path, 'is a folder, not a log', 'name the files in it')
  return createReadStream(path, { highWaterMark: 1 << 18 })
}

async function* unpacked(file: Readable, source: Source): AsyncGenerator<Buffer, void, undefined> {
  const chunks = file[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first = await chunks.next()
  if (first.done === true) return
  let given = 0, grown = 0
  const all = async function* (): AsyncGenerator<Buffer, void, undefined> {
    for (let next: IteratorResult<Buffer> = first; next.done !== true; next = await chunks.next()) {
      given += next.value.length
      yield Buffer.from(next.value)
    }
  }
  source.packed = first.value[0] === 0x1f && first.value[1] === 0x8b
  if (!source.packed) { yield* all(); return }
  const gunzip = createGunzip({ chunkSize: 1 << 18 })
  // What goes wrong comes out of the loop below.
  pipeline(Readable.from(all()), gunzip, () => {})
  try {
    for await (const bytes of gunzip) {
      grown += (bytes as Buffer).length
      yield bytes as Buffer
      if (grown > suspectFrom_bytes && grown > given * largestGrowth) {
        source.stopped = `it unpacks to more than ${largestGrowth} times its size: no log does`
        return
      }
    }
  } finally { gunzip.destroy() }
}

/** Cuts bytes into lines. */
class Splitter {
  started = false
  readonly #source: Source
  #decoder: { write(bytes: Buffer): string } = new StringDecoder('utf8')
  #rest = ''
  #wasLong = false

  constructor(source: Source) { this.#source = source }

  start(bytes: Buffer): void {
    this.started = true
    const wide = wideOf(bytes)
    this.#source.kind = wide === null ? kindOfBytes(bytes) : null
    if (wide === null) return
    this.#source.encoding = 'UTF-16'
    const slow = new TextDecoder(wide)
    this.#decoder = wide === 'utf-16le' ? new StringDecoder('utf16le')
      : { write: more => slow.decode(more, { stream: true }) }
  }
  lines(bytes: Buffer): readonly string[] {
    const text = this.#rest + this.#decoder.write(bytes)
    const lines = text.split('\n')
    this.#rest = this.#short(lines.pop()!)
    if (lines.length > 0) this.#wasLong = this.#rest.length >= longestLine_chars
    return lines.map(line => this.#whole(line))
  }
  end(): readonly string[] {
    const rest = this.#rest
    this.#rest = ''
    return rest === '' ? [] : [this.#whole(rest)]
  }
  #short(rest: string): string {
    if (rest.length <= longestLine_chars) return rest
    if (!this.#wasLong) this.#source.long++
    this.#wasLong = true
    return rest.slice(0, longestLine_chars)
  }
  #whole(line: string): string {
    if (line.length > longestLine_chars && !this.#wasLong) this.#source.long++
    const text = line.length > longestLine_chars ? line.slice(0, longestLine_chars) : line
    return text.endsWith('\r') ? text.slice(0, -1) : text
  }
}

/** PowerShell writes UTF-16 with a mark; some tools leave it out, and every second byte of Latin text is 0. */
function wideOf(bytes: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const part = bytes.subarray(0, 512)
  const zeros = (odd: number): number => part.filter((byte, i) => i % 2 === odd && byte === 0).length
  const half = part.length / 2
  if (half < 8) return null
  if (zeros(1) > half * 0.9 && zeros(0) < half * 0.1) return 'utf-16le'
  return zeros(0) > half * 0.9 && zeros(1) < half * 0.1 ? 'utf-16be' : null
}
