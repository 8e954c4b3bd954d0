/** Memory in the forms that tools write it: ELF cores, kdump files, flattened ones, LiME ranges. */
import { deflateSync } from 'node:zlib'

/** Pages by number. */
export type Pages = ReadonlyMap<number, Uint8Array>
const runsOf = (pages: Pages): readonly (readonly [first: number, bytes: Buffer])[] => {
  const runs: [number, Uint8Array[]][] = []
  for (const number of [...pages.keys()].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last !== undefined && last[0] + last[1].length === number) last[1].push(pages.get(number)!)
    else runs.push([number, [pages.get(number)!]])
  }
  return runs.map(([first, all]) => [first, Buffer.concat(all)])
}

/** As QEMU's dump-guest-memory writes it: a note, then a segment for each run. */
export function elfCore(pages: Pages, bits: 64 | 32 = 64, { type = 4, xnum = false } = {}): Buffer {
  const runs = runsOf(pages), wide = bits === 64
  const head = Buffer.alloc(wide ? 64 : 52), each = wide ? 56 : 32
  head.write('\x7fELF', 'latin1')
  head.set([wide ? 2 : 1, 1, 1], 4)
  head.writeUInt16LE(type, 16)
  head.writeUInt16LE(62, 18)
  head.writeUInt32LE(1, 20)
  const sections = xnum ? 64 : 0
  const put = (into: Buffer, at: number, value: number): void => {
    if (wide) into.writeBigUInt64LE(BigInt(value), at)
    else into.writeUInt32LE(value, at)
  }
  put(head, wide ? 32 : 28, head.length + sections)
  put(head, wide ? 40 : 32, xnum ? head.length : 0)
  head.writeUInt16LE(each, wide ? 54 : 42)
  head.writeUInt16LE(xnum ? 0xffff : runs.length + 1, wide ? 56 : 44)
  const section = Buffer.alloc(sections)
  if (xnum) section.writeUInt32LE(runs.length + 1, 44)
  const note = Buffer.alloc(each)
  note.writeUInt32LE(4)
  let at = head.length + sections + each * (runs.length + 1)
  const segments = runs.map(([first, bytes]) => {
    const of = Buffer.alloc(each)
    of.writeUInt32LE(1)
    const [offset, physical, stored, memory] = wide ? [8, 24, 32, 40] : [4, 12, 16, 20]
    put(of, offset!, at)
    put(of, physical!, first * 4096)
    put(of, stored!, bytes.length)
    // Zeros at the end need not be stored.
    put(of, memory!, bytes.length + 4096)
    at += bytes.length
    return of
  })
  return Buffer.concat([head, section, note, ...segments, ...runs.map(([, bytes]) => bytes)])
}

/** `flags`: 1 zlib, 0 as it is. */
export function kdump(pages: Pages, flags = 1): Buffer {
  const block = 4096, last = Math.max(...pages.keys()), bitmapBlocks = Math.ceil((last + 1) / 8 / block)
  const head = Buffer.alloc(block), sub = Buffer.alloc(block)
  head.write('KDUMP   ', 'latin1')
  head.writeInt32LE(6, 8)
  head.write('Linux', 12)
  head.writeUInt32LE(block, 428)
  head.writeUInt32LE(1, 432)
  head.writeUInt32LE(2 * bitmapBlocks, 436)
  head.writeUInt32LE(last + 1, 440)
  sub.writeBigUInt64LE(BigInt(last + 1), 96)
  const bitmap = Buffer.alloc(bitmapBlocks * block)
  const numbers = [...pages.keys()].sort((a, b) => a - b)
  for (const number of numbers) bitmap[number >> 3]! |= 1 << (number & 7)
  const bodies = numbers.map(number => flags === 1 ? deflateSync(pages.get(number)!) : Buffer.from(pages.get(number)!))
  let at = (2 + 2 * bitmapBlocks) * block + 24 * numbers.length
  const list = bodies.map(body => {
    const of = Buffer.alloc(24)
    of.writeBigUInt64LE(BigInt(at))
    of.writeUInt32LE(body.length, 8)
    of.writeUInt32LE(flags, 12)
    at += body.length
    return of
  })
  return Buffer.concat([head, sub, bitmap, bitmap, ...list, ...bodies])
}

/** Pieces in another order than that of the file; the header comes again at the end, as a writer may do. */
export function flat(file: Buffer, piece = 10_000): Buffer {
  const head = Buffer.alloc(4096)
  head.write('makedumpfile', 'latin1')
  head.writeBigInt64BE(1n, 16)
  head.writeBigInt64BE(1n, 24)
  const record = (to: number, bytes: Uint8Array): Buffer => {
    const of = Buffer.alloc(16)
    of.writeBigInt64BE(BigInt(to))
    of.writeBigInt64BE(BigInt(bytes.length), 8)
    return Buffer.concat([of, bytes])
  }
  const pieces = Array.from({ length: Math.ceil(file.length / piece) }, (_, i) =>
    record(i * piece, i === 0 ? Buffer.alloc(Math.min(piece, file.length), 0x55) : file.subarray(i * piece, (i
      + 1) * piece)))
  const end = Buffer.alloc(16, 0xff)
  return Buffer.concat([head, ...pieces.toReversed(), record(0, file.subarray(0, piece)), end])
}

export const lime = (pages: Pages): Buffer => Buffer.concat(runsOf(pages).flatMap(([first, bytes]) => {
  const head = Buffer.alloc(32)
  head.write('EMiL', 'latin1')
  head.writeUInt32LE(1, 4)
  head.writeBigUInt64LE(BigInt(first * 4096), 8)
  head.writeBigUInt64LE(BigInt(first * 4096 + bytes.length - 1), 16)
  return [head, bytes]
}))
