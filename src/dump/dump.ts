/** Memory of a machine and registers of its unit, read from a file: a trimmed dump of pages, or a plain image of all
 *  memory. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { UserError } from '../errors.ts'
import type { Dwords, UnitRegisters } from '../../spec/vtd/index.ts'
import { pageDwords } from '../../spec/iommu/image.ts'
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import { dumpError } from './errors.ts'
import { imageMemory } from './image.ts'
import { readPages } from './pages.ts'
import { registersOf } from './registers.ts'
import type { RegisterValues } from './registers.ts'

/** `pages`: a line of JSON, then the pages it names, plain or gzip. `image`: a file whose offsets are physical
 *  addresses. */
export const dumpFormats = ['pages', 'image'] as const
export type DumpFormat = (typeof dumpFormats)[number]

export interface Dump {
  readonly path: string
  readonly format: DumpFormat
  readonly registers: UnitRegisters
  /** IQA; null where nobody told it. */
  readonly iqa: Dwords | null
  /** Host address width in bits; 52 where nobody told it, which finds no address too wide. */
  readonly haw: number
  readonly memory: PhysicalMemory
  /** Of memory that it holds. */
  readonly bytes: number
  /** What was assumed, because nobody told it: sentences. */
  readonly assumed: readonly string[]
  /** Closes the file; pages can no longer be read. */
  close(): void
}

export interface DumpOptions {
  /** By its first bytes where not given. */
  readonly format?: DumpFormat | undefined
  /** Of a plain image, which has none; of a trimmed dump in place of its own. */
  readonly values?: Partial<RegisterValues>
  readonly haw?: number | undefined
  /** Pages that a trimmed dump leaves out hold zeros. */
  readonly absentZero?: boolean | undefined
}

/** @throws UserError E-DUMP-MISSING, -DIRECTORY, -EMPTY, -UNREADABLE, -REGISTER; of a trimmed dump -GZIP, -JSON,
 *  -FIELD, -PAGES, -TRUNCATED, -TOO-LONG, -SIZE; of an image -SIZE and -ABSENT. */
export function openDump(path: string, { format, values = {}, haw, absentZero = false }: DumpOptions = {}): Dump {
  const file = open(path)
  let keep = false
  try {
    const size = fstatSync(file).size
    if (size === 0) throw dumpError('EMPTY', path, 'the file is empty', 'make the dump again')
    const found = format ?? formatOf(file)
    if (absentZero && found === 'image')
      throw dumpError('ABSENT', path, 'an image leaves no page out', 'give the flag with a trimmed dump only')
    const { memory, bytes, stored, storedHaw } = found === 'pages' ? readPages(path, file, size)
      : { ...imageMemory(path, file, size), stored: {}, storedHaw: undefined }
    const { registers, iqa, assumed } = registersOf(path, { ...stored, ...values })
    const width = haw ?? storedHaw
    keep = found === 'image'
    return {
      path, format: found, registers, iqa, haw: width ?? 52, memory: absentZero ? zerosAround(memory) : memory, bytes,
      assumed: [
        ...assumed,
        ...absentZero ? ['pages that the dump leaves out hold zeros'] : [],
        ...width === undefined ? ['the host address width is not known: no address is found too wide'] : [],
      ],
      close: () => { if (keep) { keep = false; closeSync(file) } },
    }
  } finally { if (!keep) closeSync(file) }
}

function zerosAround(memory: PhysicalMemory): PhysicalMemory {
  const zeros = new Uint32Array(pageDwords)
  return { page: number => memory.page(number) ?? zeros }
}

/** Gzip and JSON tell themselves by their first bytes. */
function formatOf(file: number): DumpFormat {
  const head = Buffer.alloc(2)
  readSync(file, head, 0, 2, 0)
  return head[0] === 0x1f && head[1] === 0x8b || head[0] === 0x7b ? 'pages' : 'image'
}

function open(path: string): number {
  try {
    if (statSync(path).isDirectory())
      throw dumpError('DIRECTORY', path, 'is a folder, not a dump', 'name one file in it')
    return openSync(path, 'r')
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    const errno = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw errno === 'ENOENT' ? dumpError('MISSING', path, 'there is no such file', 'check the path')
      : dumpError('UNREADABLE', path, `cannot be read (${errno})`, 'check its permissions')
  }
}
