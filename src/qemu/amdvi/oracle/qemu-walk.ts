/** The walk as QEMU does it: the manual's with some of its checks left out, each under the name of an exception. With
 *  none left out it is that of `spec/amdvi/walk`, which a test holds it to. */
import { pageSize } from '../../../../spec/amdvi/index.ts'
import type { DeviceEntry, entryReader, PageEntry, rawTables, TranslationUnit } from '../../../../spec/amdvi/index.ts'

export type Tables = ReturnType<typeof rawTables>
export type EntryReader = ReturnType<typeof entryReader>

export interface Request { readonly device: number; readonly address: number; readonly access: 'read' | 'write' }
export interface Permissions { readonly read: boolean; readonly write: boolean }
/** `endless`: from table to table in a ring. `last`: what the entry that maps the page allows, alone. `landing`: where
 *  the address asked for lies; `output`: where its page of `size` bytes begins. */
export type Way = { readonly kind: 'blocked' } | { readonly kind: 'endless' }
  | { readonly kind: 'moved'; readonly landing: number; readonly output: number; readonly size: number
    readonly last: Permissions }

export type WalkException = 'own-reserved-device-bits' | 'no-translation-passes' | 'absent-leaf-used'
  | 'reserved-bits-unchecked' | 'skipped-bits-ignored' | 'level-not-below' | 'page-size-unchecked'
  | 'address-beyond-mode'
type LeftOut = ReadonlySet<WalkException>
/** `refuses`: whether QEMU refuses the device table entry for a bit that it takes for reserved. */
export interface Walked {
  readonly tables: Tables
  readonly unit: TranslationUnit
  readonly refuses: (device: number) => boolean
}
const blocked: Way = { kind: 'blocked' }

/** `anyLast`: whatever the entry that maps the page allows; QEMU holds it before it looks. */
export function qemuWalk({ tables, unit, refuses }: Walked, request: Request, out: LeftOut, anyLast = false): Way {
  const entry = tables.deviceEntry(request.device)
  if (entry === null || entry === 'unreadable') return blocked
  const { address } = request
  const asIs: Way = { kind: 'moved', landing: address, output: address - address % 4096, size: 4096, last: entry }
  const own = out.has('own-reserved-device-bits')
  const isIllegal = entry.reserved || unit.checksIoCtl && entry.portIo === 3
  if (own ? refuses(request.device) : entry.valid && isIllegal) return blocked
  if (!entry.valid) return asIs
  if (!entry.translates && !out.has('no-translation-passes') || !allows(entry, request)) return blocked
  if (entry.mode === 0 || !entry.translates) return asIs
  if (entry.mode > unit.levels) return blocked
  if (unit.checksReach && !out.has('address-beyond-mode') && address >= 2 ** (12 + 9 * entry.mode)) return blocked
  return throughTables(tables, unit, entry, request, out, anyLast)
}
export const allows = ({ read, write }: Permissions, { access }: Request): boolean =>
  access === 'write' ? write : read

function throughTables(tables: Tables, unit: TranslationUnit, { root, mode }: DeviceEntry, request: Request,
  out: LeftOut, anyLast: boolean): Way {
  const seen = new Set<string>()
  let table = root, level = mode
  for (;;) {
    // Levels may rise where they need not fall.
    const at = `${table} ${level}`
    if (seen.has(at)) return { kind: 'endless' }
    seen.add(at)
    const index = Math.floor(request.address / 2 ** (12 + 9 * (level - 1))) % 512
    const entry = tables.pageEntry(table, index, level)
    if (entry === 'unreadable') return blocked
    const size = pageSize(entry, unit.geometry, level)
    const judged = size !== null && anyLast ? { ...entry, read: true, write: true } : entry
    if (isRefused(judged, unit, level, request, out)) return blocked
    if (size !== null) {
      const output = Math.floor(entry.address / size) * size
      return { kind: 'moved', landing: output + request.address % size, output, size,
        last: entry }
    }
    table = entry.address
    level = entry.nextLevel
  }
}
function isRefused(entry: PageEntry, unit: TranslationUnit, level: number, request: Request, out: LeftOut): boolean {
  const { nextLevel } = entry, leaf = nextLevel === 0 || nextLevel === 7
  if (!entry.present && !(leaf && out.has('absent-leaf-used'))) return true
  if (entry.reserved && !out.has('reserved-bits-unchecked') || !allows(entry, request)) return true
  if (nextLevel === 0) return false
  if (nextLevel === 7) return !out.has('page-size-unchecked') && !fits(pageSize(entry, unit.geometry, level)!, level)
  if (nextLevel > unit.levels || nextLevel >= level && !out.has('level-not-below')) return true
  const skipped = request.address % 2 ** (12 + 9 * (level - 1)) >= 2 ** (12 + 9 * nextLevel)
  return nextLevel < level && skipped && !out.has('skipped-bits-ignored')
}
const fits = (size: number, level: number): boolean =>
  size > 2 ** (12 + 9 * (level - 1)) && size < 2 ** (12 + 9 * level)
