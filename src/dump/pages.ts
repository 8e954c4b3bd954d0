/** The trimmed dump: one line of JSON with register values and addresses of pages, then those pages in that order;
 *  plain or gzip. */
import { readSync } from 'node:fs'
import { constants, gunzipSync } from 'node:zlib'
import * as v from 'valibot'
import { jsonFault } from '../text/json-position.ts'
import { MemoryImage, pageDwords } from '../../spec/iommu/image.ts'
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import { dumpError } from './errors.ts'
import { registerNames } from './registers.ts'
import type { RegisterName, RegisterValues } from './registers.ts'

const pageBytes = 4 * pageDwords
/** Of the unpacked file: what is larger is given as an image, which is not read whole. */
const most_bytes = 256 * 2 ** 20
/** Of the first line: twice what so many pages take, and small enough for any JSON. */
const mostHead_bytes = 4 * 2 ** 20

const word = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{1,16}$/i, 'a hexadecimal number like "0x1000"'))
const page = v.pipe(
  word, v.check(text => BigInt(text) % 4096n === 0n, 'a multiple of 0x1000'),
  v.check(text => BigInt(text) < 1n << 52n, 'an address below 2^52'))
/** Other fields are for people. */
const schema = v.looseObject({
  ...Object.fromEntries(registerNames.map(name =>
    [name, v.exactOptional(word)])) as Record<RegisterName, v.ExactOptionalSchema<typeof word, undefined>>,
  unit: v.exactOptional(v.string()),
  registers: v.exactOptional(v.record(v.pipe(v.string(), v.regex(/^[0-9a-f]{1,4}$/i, 'an offset like "2000"')), word)),
  HAW: v.exactOptional(v.pipe(v.number(), v.integer('a whole number'), v.minValue(32, 'at least 32'),
    v.maxValue(52, 'at most 52'))),
  pages: v.array(page),
})

export interface Pages {
  readonly memory: PhysicalMemory; readonly bytes: number
  /** Registers that the dump names. */
  readonly stored: Partial<RegisterValues>
  /** What kind of unit it names, and registers by their offsets in hexadecimal, where it names them so. */
  readonly unit: string | null
  readonly byOffset: Readonly<Record<string, string>>
  readonly storedHaw: number | undefined
}

/** @throws UserError E-DUMP-SIZE, -GZIP, -JSON, -FIELD, -PAGES, -TRUNCATED, -TOO-LONG. */
export function readPages(path: string, file: number, size: number): Pages {
  const fail = failure(path)
  if (size > most_bytes)
    fail('SIZE', `${size} bytes, and a dump of pages has at most ${most_bytes}`,
      'leave out pages that hold no table, or give a plain image of memory, unpacked')
  const packed = Buffer.alloc(size)
  readSync(file, packed, 0, size, 0)
  const { bytes, cut } = unpack(packed, fail)
  const lineEnd = bytes.indexOf(0x0a)
  const mend = 'name each page once, and leave out fields that no reader knows'
  if (lineEnd > mostHead_bytes)
    fail('SIZE', `the first line has ${lineEnd} bytes, and at most ${mostHead_bytes} are read`, mend)
  const text = bytes.toString('utf8', 0, lineEnd < 0 ? Math.min(bytes.length, 1 << 20) : lineEnd)
  const head = headOf(text, fail)
  if (lineEnd < 0) fail('TRUNCATED', 'the file ends after its first line: no page is there', 'copy it again whole')
  return { ...pagesOf(head.pages, bytes.subarray(lineEnd + 1), cut, fail), stored: registersIn(head),
    unit: head.unit ?? null, byOffset: head.registers ?? {}, storedHaw: head.HAW }
}

type Fail = (code: string, problem: string, next: string, place?: string) => never
const failure = (path: string): Fail =>
  (code, problem, next, place = '') => { throw dumpError(code, path + place, problem, next) }

/** What can be unpacked; `cut` where the end is missing. */
function unpack(packed: Buffer, fail: Fail): { readonly bytes: Buffer; readonly cut: boolean } {
  if (packed[0] !== 0x1f || packed[1] !== 0x8b) return { bytes: packed, cut: false }
  const options = { maxOutputLength: most_bytes }
  try { return { bytes: gunzipSync(packed, options), cut: false } } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ERR_BUFFER_TOO_LARGE')
      fail('SIZE', `unpacks to more than ${most_bytes} bytes`,
        'leave out pages that hold no table, or give a plain image of memory, unpacked')
    if (code !== 'Z_BUF_ERROR') fail('GZIP', 'the gzip file is damaged', 'copy it again')
  }
  try { return { bytes: gunzipSync(packed, { ...options, finishFlush: constants.Z_SYNC_FLUSH }), cut: true } } catch {
    return fail('GZIP', 'the gzip file is damaged', 'copy it again')
  }
}

type Head = v.InferOutput<typeof schema>
function headOf(text: string, fail: Fail): Head {
  const fault = jsonFault(text)
  const mend = 'the first line is JSON with the registers of the unit and pages: docs/audit.md has one of each vendor; '
    + 'a plain image of memory is given unpacked, with --format image'
  if (fault?.truncated)
    fail('TRUNCATED', 'the file ends in the middle of its first line', 'copy it again whole',
      `:${fault.line}:${fault.column}`)
  if (fault !== null) fail('JSON', 'not JSON from here on', mend, `:${fault.line}:${fault.column}`)
  const result = v.safeParse(schema, JSON.parse(text), { abortEarly: true })
  if (result.success) return result.output
  const issue = result.issues[0]
  const wanted = (issue as v.BaseIssue<unknown>).kind === 'validation' ? issue.message : issue.expected ?? issue.message
  return fail('FIELD',
    `${v.getDotPath(issue) ?? 'the first line'}: `
      + `${issue.received === 'undefined' ? 'missing' : `${issue.received}, expected ${wanted}`}`, mend)
}

const registersIn = (head: Head): Partial<RegisterValues> =>
  Object.fromEntries(registerNames.flatMap(name => head[name] === undefined ? [] : [[name, BigInt(head[name])]]))

function pagesOf(addresses: readonly string[], body: Buffer, cut: boolean,
  fail: Fail): { readonly memory: PhysicalMemory; readonly bytes: number } {
  const whole = Math.floor(body.length / pageBytes)
  const again = 'copy it again whole'
  if (whole < addresses.length)
    fail('TRUNCATED',
      `the file ends too early: of ${addresses.length} pages ${whole} are there, and ${addresses[whole]!} is the `
        + 'first that is missing', again)
  if (cut) fail('TRUNCATED',
    `all ${whole} pages are there, but the end of the gzip file is not, so that nothing says they are right`, again)
  if (body.length > addresses.length * pageBytes)
    fail('TOO-LONG',
      `${body.length - addresses.length * pageBytes} bytes follow the ${addresses.length} pages that the first line `
        + 'names',
      'name every page, 4096 bytes each, or dump it again')
  const memory = new MemoryImage()
  addresses.forEach((text, i) => {
    const number = Number(BigInt(text) >> 12n)
    if (memory.page(number) !== undefined)
      fail('PAGES', `pages[${i}]: ${text} is named twice`, 'leave one of them out, with its 4096 bytes')
    const dwords = new Uint32Array(pageDwords)
    Buffer.from(dwords.buffer).set(body.subarray(i * pageBytes, (i + 1) * pageBytes))
    memory.place(number, dwords)
  })
  return { memory, bytes: addresses.length * pageBytes }
}
