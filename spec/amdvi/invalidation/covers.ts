/** Commands that remove entries of caches, and what each removes (AMD 48882 rev 3.05, 2.4). One predicate a cache. */
import { hardwareGeometry } from '../../iommu/geometry.ts'
import { sizeOf } from '../walk/walk.ts'

/** Pages are 4 KiB page numbers (address >> 12). `pages`: how many, from `page` rounded down; Infinity is all of the
 *  domain. `pasid`: of guest translations (GN=1), which are others than those of the host. */
export type Command =
  | { readonly type: 'devtab'; readonly device: number }
  | { readonly type: 'pages'; readonly domain: number; readonly page: number; readonly pages: number
    readonly directories: boolean; readonly pasid?: number }
  | { readonly type: 'interrupts'; readonly device: number }
  | { readonly type: 'all' }

/** A cached translation, or a cached directory entry with the pages below it. */
export interface PageTag { readonly domain: number; readonly page: number; readonly pages: number
  readonly pasid?: number }

export const coversDevice = (command: Command, device: number): boolean =>
  command.type === 'all' || command.type === 'devtab' && command.device === device

export function coversPages(command: Command, { domain, page, pages, pasid }: PageTag): boolean {
  if (command.type !== 'pages') return command.type === 'all'
  const first = command.pages === Infinity ? 0 : Math.floor(command.page / command.pages) * command.pages
  return command.domain === domain && command.pasid === pasid && page < first + command.pages && first < page + pages
}
/** PDE=0 keeps cached directory entries. */
export const coversDirectory = (command: Command, tag: PageTag): boolean =>
  (command.type !== 'pages' || command.directories) && coversPages(command, tag)

/** Never one entry of a table: all that were cached for the device. */
export const coversInterrupts = (command: Command, device: number): boolean =>
  command.type === 'all' || command.type === 'interrupts' && command.device === device

/** 7FFFFFFFFFFFF000, the address of all pages of a domain with S=1, in pages (2.4.3). */
export const wholeDomain = 0x7_ffff_ffff_ffff
/** Bits 51:12 of an address say how many pages S=1 means: those above are its sign. Log2 of pages. */
const mostPages = 40

/** What an address (in pages) and S mean; null where that is undefined: S=1, and no bit of 51:12 is 0. */
export function rangeOf(page: number, s: boolean): { readonly page: number; readonly pages: number } | null {
  if (!s) return { page, pages: 1 }
  if (page === wholeDomain) return { page: 0, pages: Infinity }
  const told = page % 2 ** mostPages
  if (told === 2 ** mostPages - 1) return null
  const pages = sizeOf(told * 4096, hardwareGeometry) / 4096
  return { page: Math.floor(page / pages) * pages, pages }
}
/** The address (in pages) and S of the smallest command that covers the pages from `first` to `last`: all bits below
 *  the highest that differs are ones. Where that is above bit 51 it is the one of the whole domain. */
export function commandFor(first: number, last: number): { readonly page: number; readonly s: boolean } {
  if (first === last) return { page: first, s: false }
  let pages = 2
  while (Math.floor(first / pages) !== Math.floor(last / pages)) pages *= 2
  if (pages > 2 ** mostPages) return { page: wholeDomain, s: true }
  return { page: Math.floor(first / pages) * pages + pages / 2 - 1, s: true }
}
