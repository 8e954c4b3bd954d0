/** A plain image of physical memory: offsets in the file are addresses. */
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import { cachedMemory, pageBytes } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { dumpError } from './errors.ts'

/** @throws UserError E-DUMP-SIZE. */
export function imageMemory(bytes: Bytes): { readonly memory: PhysicalMemory; readonly bytes: number } {
  const { path, size } = bytes
  if (size % pageBytes !== 0)
    throw dumpError('SIZE', path,
      `${size} bytes are not whole pages of ${pageBytes}: this is no plain image of memory, or its last page is cut `
        + 'off',
      'copy or dump it again whole')
  const load = (number: number): Buffer | undefined =>
    number >= 0 && number < size / pageBytes ? bytes.read(number * pageBytes, pageBytes) : undefined
  return { memory: cachedMemory(load), bytes: size }
}
