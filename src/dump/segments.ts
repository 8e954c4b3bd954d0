/** Memory in pieces of a file: ELF cores of a machine (QEMU dump-guest-memory, virsh dump --memory-only, /proc/vmcore;
 *  ELF-64 and ELF-32, System V gABI ch. 2), and LiME images. Registers are in none of them. */
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import { cachedMemory, numberAt, pageBytes } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { dumpError } from './errors.ts'

/** `address` is physical; of `bytes` the file holds the first `stored`, the rest are zeros. */
interface Segment { readonly address: number; readonly bytes: number; readonly at: number; readonly stored: number }
export interface Segments { readonly memory: PhysicalMemory; readonly bytes: number }

const ptLoad = 1, etCore = 4
/** More of them than that no core has. */
const mostSegments = 1 << 20

interface ElfHead { readonly is64: boolean; readonly table: number; readonly each: number; readonly count: number }

const elfError = (path: string, problem: string): Error => dumpError('ELF', path, problem, 'give a core of a whole '
  + 'machine: dump-guest-memory of QEMU, virsh dump --memory-only, or /proc/vmcore')
const cut = (path: string, problem: string): Error => dumpError('TRUNCATED', path, problem, 'copy it again whole')

function elfHead(bytes: Bytes): ElfHead {
  const { path } = bytes
  const head = bytes.read(0, 64)
  const is64 = head[4] === 2
  if (head.length < (is64 ? 64 : 52)) throw cut(path, 'the file ends in its ELF header')
  if (head[5] !== 1 || !is64 && head[4] !== 1)
    throw elfError(path, 'an ELF file, but none of little endian 32 or 64 bits')
  if (head.readUInt16LE(16) !== etCore) throw elfError(path, 'an ELF file, but no core: a program or a library')
  const width = is64 ? 8 : 4
  const table = numberAt(head, is64 ? 32 : 28, width), sections = numberAt(head, is64 ? 40 : 32, width)
  const each = head.readUInt16LE(is64 ? 54 : 42)
  let count = head.readUInt16LE(is64 ? 56 : 44)
  // PN_XNUM: more than 16 bits can say, so that section 0 says it.
  if (count === 0xffff && sections > 0) {
    const section = bytes.read(sections, 64)
    count = section.length < (is64 ? 48 : 32) ? 0 : section.readUInt32LE(is64 ? 44 : 28)
  }
  if (each < (is64 ? 56 : 32) || count > mostSegments)
    throw elfError(path, 'an ELF file whose list of segments makes no sense')
  return { is64, table, each, count }
}

/** @throws UserError E-DUMP-ELF, -TRUNCATED. */
export function elfMemory(bytes: Bytes): Segments {
  const { path, size } = bytes
  const { is64, table, each, count } = elfHead(bytes)
  const list = bytes.read(table, count * each)
  if (list.length < count * each) throw cut(path, `the file ends before its ${count} segments`)
  const [at, address, stored, memory] = is64 ? [8, 24, 32, 40] as const : [4, 12, 16, 20] as const
  const found: Segment[] = []
  for (let i = 0; i < count; i++) {
    const of = list.subarray(i * each, (i + 1) * each)
    const value = (from: number): number => numberAt(of, from, is64 ? 8 : 4)
    if (of.readUInt32LE(0) === ptLoad)
      found.push({ at: value(at), address: value(address), stored: value(stored), bytes: value(memory) })
  }
  if (found.length === 0) throw elfError(path, 'an ELF core without memory (no PT_LOAD)')
  const short = found.find(one => one.at + one.stored > size)
  if (short !== undefined) throw cut(path, `the file ends before the memory at 0x${short.address.toString(16)}`)
  return segmentsMemory(bytes, found)
}

const limeMagic = 0x4c694d45, limeHead = 32

/** Ranges, each behind its own header; ends are inclusive. @throws UserError E-DUMP-LIME, -TRUNCATED. */
export function limeMemory(bytes: Bytes): Segments {
  const { path, size } = bytes
  const found: Segment[] = []
  for (let at = 0; at < size;) {
    const head = bytes.read(at, limeHead)
    if (head.length < limeHead || head.readUInt32LE(0) !== limeMagic)
      throw dumpError('LIME', path, `byte ${at}: a LiME range should begin here`, 'record it again with format=lime')
    const from = numberAt(head, 8, 8), length = numberAt(head, 16, 8) - from + 1
    if (!(length > 0) || at + limeHead + length > size)
      throw cut(path, `the file ends before the memory at 0x${from.toString(16)}`)
    found.push({ address: from, bytes: length, stored: length, at: at + limeHead })
    at += limeHead + length
    if (found.length > mostSegments) throw dumpError('LIME', path, 'more ranges than any machine has', 'record it '
      + 'again')
  }
  return segmentsMemory(bytes, found)
}

/** A page may be in two segments. */
function segmentsMemory(bytes: Bytes, all: readonly Segment[]): Segments {
  const sorted = all.filter(one => one.bytes > 0).toSorted((a, b) => a.address - b.address)
  // Segments may overlap, where a core has a view of one memory twice: none is missed from the longest back.
  const longest = Math.max(0, ...sorted.map(one => one.bytes))
  const load = (number: number): Buffer | undefined => {
    const from = number * pageBytes, end = from + pageBytes
    let page: Buffer | undefined
    for (let i = lastBelow(sorted, end); i >= 0 && sorted[i]!.address + longest > from; i--) {
      const { address, at, stored, bytes: length } = sorted[i]!
      const low = Math.max(from, address), high = Math.min(end, address + length)
      if (low >= high) continue
      page ??= Buffer.alloc(pageBytes)
      const there = Math.min(high, address + stored)
      if (there > low) page.set(bytes.read(at + low - address, there - low), low - from)
    }
    return page
  }
  return { memory: cachedMemory(load), bytes: sorted.reduce((sum, one) => sum + one.bytes, 0) }
}
/** Index of the last segment that begins below an address. */
function lastBelow(sorted: readonly Segment[], address: number): number {
  let low = 0, high = sorted.length
  while (low < high) {
    const middle = low + high >>> 1
    if (sorted[middle]!.address < address) low = middle + 1
    else high = middle
  }
  return low - 1
}
