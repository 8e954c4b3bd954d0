/** Memory of the machine by dwords and pages: what tables are made of. */
import { MemoryImage } from '../../spec/iommu/image.ts'
import type { Qtest } from './qtest.ts'

const page_bytes = 4096

/** The bytes of dwords, little endian; not copied. */
export const bytesOf = (words: Uint32Array): Uint8Array =>
  new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
/** The dwords of bytes, little endian. */
export const wordsOf = (bytes: Uint8Array): Uint32Array => new Uint32Array(new Uint8Array(bytes).buffer)

/** Zeros are not sent in runs longer than this: they cost less as a command of their own. */
const run_dwords = 64
/** Makes the machine's memory what the image says; pages that it does not hold stay as they are. Posted. */
export function placeImage(qtest: Qtest, image: MemoryImage): void {
  for (const number of image.pageNumbers) {
    const words = image.page(number)!
    qtest.fill(number * page_bytes, page_bytes)
    for (let at = nextSet(words, 0); at < words.length;) {
      let end = at + 1
      for (let next = nextSet(words, end); next < words.length && next - end < run_dwords; next = nextSet(words, end))
        end = next + 1
      qtest.memwrite(number * page_bytes + at * 4, bytesOf(words.subarray(at, end)))
      at = nextSet(words, end)
    }
  }
}
function nextSet(words: Uint32Array, from: number): number {
  let at = from
  while (at < words.length && words[at] === 0) at++
  return at
}

/** Pages as they are in the machine, by number (address / 4096). One batch. */
export async function readImage(qtest: Qtest, pages: readonly number[]): Promise<MemoryImage> {
  const read = await Promise.all(pages.map(number => qtest.memread(number * page_bytes, page_bytes)))
  const image = new MemoryImage()
  pages.forEach((number, i) => { image.place(number, wordsOf(read[i]!)) })
  return image
}
