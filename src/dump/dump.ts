/** Memory of a machine and registers of its unit, read from a file: a trimmed dump of pages, a plain image of all
 *  memory, a core or kdump file of a machine, or texts that show tables (text/). */
import { closeSync, fstatSync, openSync, statSync } from 'node:fs'
import { UserError } from '../errors.ts'
import type { Dwords, UnitRegisters } from '../../spec/vtd/index.ts'
import { pageDwords } from '../../spec/iommu/image.ts'
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import type { RegisterName, UnitRegisters as AmdviRegisters } from '../../spec/amdvi/index.ts'
import { amdviNeeded, amdviRegistersOf, amdviStored } from './amdvi.ts'
import type { AmdviValues } from './amdvi.ts'
import { fileBytes } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { dumpError } from './errors.ts'
import { imageMemory } from './image.ts'
import { flattened, kdumpMemory } from './kdump.ts'
import { memoryMagic } from './magic.ts'
import { readPages } from './pages.ts'
import { neededFlags, registersOf } from './registers.ts'
import type { RegisterValues } from './registers.ts'
import { elfMemory, limeMemory } from './segments.ts'
import type { Queue } from './text/units.ts'

/** `pages`: a line of JSON, then the pages it names, plain or gzip. `image`: a file whose offsets are physical
 *  addresses. `elf`: a core of a machine. `kdump`: a compressed one, flattened or not. `lime`: ranges of memory. */
export const dumpFormats = ['pages', 'image', 'elf', 'kdump', 'lime'] as const
export type DumpFormat = (typeof dumpFormats)[number]

export interface Dump {
  readonly iommu: 'vtd'
  readonly path: string
  /** `text`: texts that list entries. `none`: nothing of a unit, only what stands beside a dump. */
  readonly format: DumpFormat | 'text' | 'none'
  /** Of texts, which may be about several; null where the dump is of one. */
  readonly unit: string | null
  /** What of the unit the dump shows at all: of texts perhaps a part. */
  readonly shows: { readonly translation: boolean; readonly interrupts: boolean; readonly root: boolean }
  /** The queue of commands as a text lists it; null where none does. */
  readonly queue: Queue | null
  readonly registers: UnitRegisters
  /** Names of registers that a text gave; empty of other dumps. */
  readonly told: readonly string[]
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
export interface AmdviDump extends Omit<Dump, 'iommu' | 'registers' | 'iqa' | 'told'> {
  readonly iommu: 'amdvi'
  readonly registers: AmdviRegisters
  /** Registers as a text gave them; of those of which there are several, which one. */
  readonly told: readonly { readonly name: RegisterName; readonly index: number; readonly value: bigint }[]
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

/** @throws UserError E-DUMP-MISSING, -DIRECTORY, -EMPTY, -UNREADABLE, -REGISTER, -MIXED, -FOREIGN; of a trimmed dump
 *  -GZIP, -JSON, -FIELD, -PAGES, -TRUNCATED, -TOO-LONG, -SIZE; of an image -SIZE; of all but trimmed ones -ABSENT;
 *  -ELF, -LIME, -KDUMP and -TRUNCATED of those. */
export function openDump(path: string, { format, values = {}, amdviValues = {}, haw,
  absentZero = false }: DumpOptions = {}): AnyDump {
  const file = open(path)
  let keep = false
  try {
    const size = fstatSync(file).size
    if (size === 0) throw dumpError('EMPTY', path, 'the file is empty', 'make the dump again')
    const bytes = fileBytes(path, file, size)
    const found = formatOf(bytes, format)
    if (absentZero && (found === 'image' || found === 'lime'))
      throw dumpError('ABSENT', path, 'an image leaves no page out', 'give the flag with a trimmed dump only')
    const { memory, bytes: held, stored, storedHaw, unit, byOffset } = found === 'pages' ? readPages(path, file, size)
      : { ...readers[found](bytes), stored: {}, storedHaw: undefined, unit: null, byOffset: {} }
    const { assumed, ...own } = unitOf(path, kindNamed(path, unit),
      { vtd: { ...stored, ...values }, amdvi: { ...amdviStored(offsetsOf(byOffset)), ...amdviValues } })
    const width = haw ?? storedHaw
    keep = found !== 'pages'
    return {
      ...own, path, format: found, unit: null, shows: { translation: true, interrupts: true, root: true },
      haw: width ?? 52, memory: absentZero ? zerosAround(memory) : memory, bytes: held,
      assumed: [
        ...assumed,
        ...absentZero ? ['pages that the dump leaves out hold zeros'] : [],
        ...width === undefined ? ['the host address width is not known: no address is found too wide'] : [],
      ],
      close: () => { if (keep) { keep = false; closeSync(file) } },
    }
  } finally { if (!keep) closeSync(file) }
}

/** A trimmed dump has registers by their offsets, as text. */
const offsetsOf = (byOffset: Readonly<Record<string, string>>): ReadonlyMap<number, bigint> =>
  new Map(Object.entries(byOffset).map(([at, text]) => [Number.parseInt(at, 16), BigInt(text)]))

/** How a trimmed dump names a unit whose registers it has by their offsets. */
const unitNames: Readonly<Record<string, keyof Values>> = { 'amd-vi': 'amdvi' }
/** @throws UserError E-DUMP-FIELD where it names one that no audit knows. */
function kindNamed(path: string, name: string | null): keyof Values | null {
  if (name === null) return null
  const kind = unitNames[name]
  if (kind !== undefined) return kind
  throw dumpError('FIELD', path, `unit: '${name}' is no kind of unit that an audit knows`,
    `registers by their offsets are of ${Object.keys(unitNames).join(', ')}; other dumps leave the field out`)
}

/** Values of registers, by the kind of unit that has them. */
interface Values { readonly vtd: Partial<RegisterValues>; readonly amdvi: AmdviValues }
const unitReaders = {
  vtd: (path: string, { vtd }: Values) => ({ iommu: 'vtd', queue: null, told: [], ...registersOf(path, vtd) }) as const,
  amdvi: (path: string, { amdvi }: Values) => ({ iommu: 'amdvi', queue: null, told: [],
    ...amdviRegistersOf(path, amdvi) }) as const,
}
/** Names, the first few of many. */
function someOf(values: Values[keyof Values]): string {
  const names = Object.keys(values)
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`
}
/** @throws UserError E-DUMP-MIXED where registers of two kinds of unit are given. */
function unitOf(path: string, named: keyof Values | null, values: Values) {
  const [one, other] = (['vtd', 'amdvi'] as const).filter(kind => Object.keys(values[kind]).length > 0)
  if (other !== undefined || one !== undefined && named !== null && one !== named)
    throw dumpError('MIXED', path, `registers of two vendors' units: ${someOf(values.vtd)}, and `
      + `${someOf(values.amdvi) || named}`, 'give those of one')
  const kind = named ?? one
  if (kind === undefined)
    throw dumpError('REGISTER', path, 'the dump does not say what the registers of the unit held',
      `read them and give them, ${neededFlags}; ${amdviNeeded}`)
  return unitReaders[kind](path, values)
}

function zerosAround(memory: PhysicalMemory): PhysicalMemory {
  const zeros = new Uint32Array(pageDwords)
  return { page: number => memory.page(number) ?? zeros }
}

const readers = {
  image: imageMemory, elf: elfMemory, lime: limeMemory,
  kdump: (bytes: Bytes) =>
    kdumpMemory(headOf(bytes).startsWith('makedumpfile') ? flattened(bytes) : bytes),
} as const
const headOf = (bytes: Bytes): string => bytes.read(0, 64).toString('latin1')

/** All but a plain image tell themselves by their first bytes, so that nothing else is read as one. */
function formatOf(bytes: Bytes, asked: DumpFormat | undefined): DumpFormat {
  const head = headOf(bytes)
  const magic = memoryMagic(head)
  if (magic?.as === null) throw dumpError('FOREIGN', bytes.path, `this is ${magic.what}`, magic.next)
  const own = magic?.as ?? null
  const plain = head.startsWith('\x1f\x8b') || head.startsWith('{') ? 'pages' : 'image'
  const found = own === 'flat-kdump' ? 'kdump' : own ?? plain
  if (asked === undefined || asked === found) return found
  if (own !== null)
    throw dumpError('FOREIGN', bytes.path, `this is ${magic!.what}`, `leave --format out, or give --format ${found}`)
  return asked
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
