/** Memory of a machine and registers of its unit, read from a file: a trimmed dump of pages, or a plain image of all
 *  memory. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { UserError } from '../errors.ts'
import type { Dwords, UnitRegisters } from '../../spec/vtd/index.ts'
import { pageDwords } from '../../spec/iommu/image.ts'
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import type { UnitRegisters as AmdviRegisters } from '../../spec/amdvi/index.ts'
import { amdviRegistersOf, amdviStored } from './amdvi.ts'
import type { AmdviValues } from './amdvi.ts'
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
  readonly iommu: 'vtd'
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

/** Of a machine with an AMD unit. */
export interface AmdviDump extends Omit<Dump, 'iommu' | 'registers' | 'iqa'> {
  readonly iommu: 'amdvi'
  readonly registers: AmdviRegisters
}
export type AnyDump = Dump | AmdviDump
/** What there is for each kind of unit. */
export interface ByUnit<R> { readonly vtd: (dump: Dump) => R; readonly amdvi: (dump: AmdviDump) => R }
export const byUnit = <R>(dump: AnyDump, of: ByUnit<R>): R => (of[dump.iommu] as (dump: AnyDump) => R)(dump)

export interface DumpOptions {
  /** By its first bytes where not given. */
  readonly format?: DumpFormat | undefined
  /** Of a plain image, which has none; of a trimmed dump in place of its own. */
  readonly values?: Partial<RegisterValues>
  /** Likewise of an AMD unit. */
  readonly amdviValues?: AmdviValues
  readonly haw?: number | undefined
  /** Pages that a trimmed dump leaves out hold zeros. */
  readonly absentZero?: boolean | undefined
}

/** @throws UserError E-DUMP-MISSING, -DIRECTORY, -EMPTY, -UNREADABLE, -REGISTER; of a trimmed dump -GZIP, -JSON,
 *  -FIELD, -PAGES, -TRUNCATED, -TOO-LONG, -SIZE; of an image -SIZE and -ABSENT. */
export function openDump(path: string, { format, values = {}, amdviValues = {}, haw,
  absentZero = false }: DumpOptions = {}): AnyDump {
  const file = open(path)
  let keep = false
  try {
    const size = fstatSync(file).size
    if (size === 0) throw dumpError('EMPTY', path, 'the file is empty', 'make the dump again')
    const found = format ?? formatOf(file)
    if (absentZero && found === 'image')
      throw dumpError('ABSENT', path, 'an image leaves no page out', 'give the flag with a trimmed dump only')
    const { memory, bytes, stored, storedHaw, unit, byOffset } = found === 'pages' ? readPages(path, file, size)
      : { ...imageMemory(path, file, size), stored: {}, storedHaw: undefined, unit: null, byOffset: {} }
    const { assumed, ...registers } = unitOf(path, unitNames[unit ?? ''] ?? null, { vtd: { ...stored, ...values },
      amdvi: { ...amdviStored(byOffset), ...amdviValues } })
    const width = haw ?? storedHaw
    keep = found === 'image'
    return {
      path, format: found, ...registers, haw: width ?? 52, memory: absentZero ? zerosAround(memory) : memory, bytes,
      assumed: [
        ...assumed,
        ...absentZero ? ['pages that the dump leaves out hold zeros'] : [],
        ...width === undefined ? ['the host address width is not known: no address is found too wide'] : [],
      ],
      close: () => { if (keep) { keep = false; closeSync(file) } },
    }
  } finally { if (!keep) closeSync(file) }
}

/** How a trimmed dump names a unit whose registers it has by their offsets. */
const unitNames: Readonly<Record<string, keyof Values>> = { 'amd-vi': 'amdvi' }

/** Values of registers, by the kind of unit that has them. */
interface Values { readonly vtd: Partial<RegisterValues>; readonly amdvi: AmdviValues }
const readers = {
  vtd: (path: string, { vtd }: Values) => ({ iommu: 'vtd', ...registersOf(path, vtd) }) as const,
  amdvi: (path: string, { amdvi }: Values) => ({ iommu: 'amdvi', ...amdviRegistersOf(path, amdvi) }) as const,
}
/** @throws UserError E-DUMP-UNIT where registers of two kinds of unit are given. */
function unitOf(path: string, named: keyof Values | null, values: Values) {
  const [one, other] = (['vtd', 'amdvi'] as const).filter(kind => Object.keys(values[kind]).length > 0)
  if (other !== undefined || one !== undefined && named !== null && one !== named)
    throw dumpError('UNIT', path, `registers of two vendors' units: ${Object.keys(values.vtd).join(', ')}, and `
      + `${Object.keys(values.amdvi).join(', ') || named}`, 'give those of one')
  return readers[named ?? one ?? 'vtd'](path, values)
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
