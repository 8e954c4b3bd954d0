/** Compressed dumps of kdump, of 4 KiB pages and x86-64 headers, as QEMU and makedumpfile write them (the form is
 *  that of crash's diskdump and makedumpfile's IMPLEMENTATION: header, sub header, two bitmaps, page descriptors,
 *  pages), and the flattened form of such a file, which may be piped. Registers are in none of them. */
import { inflateSync } from 'node:zlib'
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import { cachedMemory, numberAt, pageBytes } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { dumpError } from './errors.ts'

/** Of the header: behind the name of the system, which has six words of 65 bytes. */
const header = { blockSize: 428, subHeaderBlocks: 432, bitmapBlocks: 436, maxPage: 440, version: 8 } as const
const subMaxPage = 96
const compressions: readonly (readonly [flag: number, name: string])[] = [[2, 'lzo'], [4, 'snappy'], [0x20, 'zstd']]
const descriptorBytes = 24
/** Bits set are counted up to here, once a block of that many. */
const countedBits = 4096

/** @throws UserError E-DUMP-KDUMP, -TRUNCATED; of a page that is packed in a way that is not read, when it is asked
 *  for. */
export function kdumpMemory(bytes: Bytes): { readonly memory: PhysicalMemory; readonly bytes: number } {
  const { path } = bytes
  const fail = (code: string, problem: string, next: string): Error => dumpError(code, path, problem, next)
  const head = bytes.read(0, 464)
  if (head.length < 464) throw fail('TRUNCATED', 'the file ends in its header', 'copy it again whole')
  const [blockSize, subBlocks, bitmapBlocks] = [head.readUInt32LE(header.blockSize),
    head.readUInt32LE(header.subHeaderBlocks), head.readUInt32LE(header.bitmapBlocks)]
  if (blockSize !== pageBytes || bitmapBlocks % 2 !== 0 || bitmapBlocks > 1 << 20)
    throw fail('KDUMP', 'a kdump file of another machine than x86-64 with pages of 4096 bytes',
      'dump the memory as an ELF core: makedumpfile -E, or virsh dump --memory-only')
  const version = head.readInt32LE(header.version)
  const sub = bytes.read(blockSize, 104)
  const wide = version >= 6 && sub.length >= 104 ? numberAt(sub, subMaxPage, 8) : 0
  const pages = wide > 0 ? wide : head.readUInt32LE(header.maxPage)
  // The second half says which pages are in the file; the first, which there were.
  const half = bitmapBlocks / 2 * blockSize
  const bitmap = bytes.read((1 + subBlocks) * blockSize + half, half)
  if (bitmap.length < half) throw fail('TRUNCATED', 'the file ends in the list of its pages', 'copy it again whole')
  const ranks = ranksOf(bitmap)
  const descriptors = (1 + subBlocks + bitmapBlocks) * blockSize
  const load = (number: number): Buffer | undefined => {
    if (number < 0 || number >= pages || !bitOf(bitmap, number)) return undefined
    const rank = ranks[Math.floor(number / countedBits)]!
      + countOf(bitmap, Math.floor(number / countedBits) * countedBits, number)
    const of = bytes.read(descriptors + rank * descriptorBytes, descriptorBytes)
    if (of.length < descriptorBytes)
      throw fail('TRUNCATED', 'the file ends in the list of its pages', 'copy it again whole')
    return unpack(bytes, number, numberAt(of, 0, 8), of.readUInt32LE(8), of.readUInt32LE(12))
  }
  return { memory: cachedMemory(load), bytes: (ranks.at(-1) ?? 0) * pageBytes }
}

function unpack(bytes: Bytes, number: number, at: number, size: number, flags: number): Buffer {
  const where = `the page at 0x${(number * pageBytes).toString(16)}`
  const other = compressions.find(([flag]) => (flags & flag) !== 0)
  if (other !== undefined) throw dumpError('PACKED', bytes.path, `${where} is packed by ${other[1]}, which is not read`,
    'dump with zlib or as an ELF core: makedumpfile -c or -E, dump-guest-memory without -l and -s')
  const stored = bytes.read(at, Math.min(size, pageBytes * 2))
  if (stored.length < size)
    throw dumpError('TRUNCATED', bytes.path, `the file ends before ${where}`, 'copy it again whole')
  let page: Buffer
  try { page = (flags & 1) === 0 ? stored : inflateSync(stored, { maxOutputLength: pageBytes }) } catch {
    throw dumpError('KDUMP', bytes.path, `${where} cannot be unpacked: it is damaged`, 'copy it again')
  }
  if (page.length !== pageBytes)
    throw dumpError('KDUMP', bytes.path, `${where} has ${page.length} bytes`, 'copy it again')
  return page
}

const bitOf = (bitmap: Buffer, number: number): boolean => (bitmap[number >> 3]! >> (number & 7) & 1) === 1
/** Bits set from `from` up to `to`. */
function countOf(bitmap: Buffer, from: number, to: number): number {
  let count = 0
  for (let i = from; i < to; i++) if (bitOf(bitmap, i)) count++
  return count
}
/** Bits set before each block of `countedBits`, and at last of all. */
function ranksOf(bitmap: Buffer): Float64Array {
  const blocks = Math.ceil(bitmap.length * 8 / countedBits)
  const ranks = new Float64Array(blocks + 1)
  for (let i = 0; i < blocks; i++)
    ranks[i + 1] = ranks[i]! + countOf(bitmap, i * countedBits, Math.min((i + 1) * countedBits, bitmap.length * 8))
  return ranks
}

const flatHead = 4096, recordHead = 16
interface FlatRecord { readonly to: number; readonly length: number; readonly at: number }
/** A flattened file: records of place, length and bytes (big endian), in the order they were written; later ones come
 *  over earlier ones. @throws UserError E-DUMP-TRUNCATED. */
export function flattened(bytes: Bytes): Bytes {
  const { path } = bytes
  const records: FlatRecord[] = []
  for (let at = flatHead; ;) {
    const head = bytes.read(at, recordHead)
    if (head.length < recordHead)
      throw dumpError('TRUNCATED', path, 'the file ends before its last record', 'copy it again whole')
    const to = Number(head.readBigInt64BE(0)), length = Number(head.readBigInt64BE(8))
    if (to < 0) break
    if (length < 0 || at + recordHead + length > bytes.size)
      throw dumpError('TRUNCATED', path, `the file ends in the record at byte ${at}`, 'copy it again whole')
    records.push({ to, length, at: at + recordHead })
    at += recordHead + length
  }
  const size = records.reduce((end, { to, length }) => Math.max(end, to + length), 0)
  return { path, size, read: readerOf(bytes, records, size) }
}

const lookBytes = 1 << 16

function readerOf(bytes: Bytes, records: readonly FlatRecord[], size: number): Bytes['read'] {
  /** Records by the blocks of the file that they write to, in the order of writing. */
  const byBlock = new Map<number, number[]>()
  records.forEach(({ to, length }, i) => {
    for (let block = Math.floor(to / lookBytes); block * lookBytes < to + length; block++) {
      const known = byBlock.get(block)
      if (known === undefined) byBlock.set(block, [i])
      else known.push(i)
    }
  })
  return (at, length) => {
    const end = Math.min(at + length, size)
    const found = Buffer.alloc(Math.max(0, end - at))
    const touched = new Set<number>()
    for (let block = Math.floor(at / lookBytes); block * lookBytes < end; block++)
      for (const i of byBlock.get(block) ?? []) touched.add(i)
    for (const i of [...touched].sort((a, b) => a - b)) {
      const { to, length: bytesOf, at: from } = records[i]!
      const low = Math.max(at, to), high = Math.min(end, to + bytesOf)
      if (low < high) found.set(bytes.read(from + low - to, high - low), low - at)
    }
    return found
  }
}
