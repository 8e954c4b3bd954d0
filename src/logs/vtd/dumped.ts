/** The tables of a dump as the log prints their entries, found as the unit finds them (VT-d rev 5.10, 3.7 and ch.
 *  9). */
import {
  contextEntry, entryReader, faultReason, newTrail, postedIrte, rawTables, remappedIrte, rootsOf, rulesOf,
  scalableContextEntry, show, translate, translationUnitOf,
} from '../../../spec/vtd/index.ts'
import type { DmaRequest, Mapping } from '../../../spec/vtd/index.ts'
import type { Dump } from '../../dump/dump.ts'
import type { Found } from '../tables/agreement.ts'
import { WatchedMemory } from '../tables/watched.ts'

export interface Tables {
  readonly roots: { readonly 'root table': number; readonly 'interrupt table': number }
  /** Of an access to `address`, the whole page. */
  translation(request: Pick<DmaRequest, 'sid' | 'access' | 'address'>): Found
  context(sid: number): Found
  irte(index: number): Found
  readonly isScalable: boolean
}

type Said = Pick<Mapping, 'did' | 'input' | 'output' | 'pages' | 'read' | 'write'>
const hex = (value: number): string => `0x${value.toString(16)}`
const sizes: Readonly<Record<number, string>> = { 1: '4 KiB', 512: '2 MiB' }
/** Pages and domain of a translation, in words that can be compared; `read` and `write` are those of the leaf. */
export function translationText({ did, input, output, pages, read, write }: Said): string {
  const rights = `${read ? 'r' : '-'}${write ? 'w' : '-'}`
  return `domain ${did}: ${hex(input)} -> ${hex(output)} ${rights}, ${sizes[pages] ?? '1 GiB'}`
}
export const passThroughText = (from: number, to: number): string => `passes through: ${hex(from)} -> ${hex(to)}`
/** All fields of the lower 128 bits. */
export function contextText(words: Uint32Array, isScalable: boolean): string {
  const of = isScalable ? scalableContextEntry : contextEntry
  const whole = new Uint32Array(of.bits / 32)
  whole.set(words.subarray(0, 4))
  return show(of, whole)
}
export function irteText(words: Uint32Array): string {
  return show((words[0]! & 1 << 15) === 0 ? remappedIrte : postedIrte, words)
}

export function tablesOf({ memory, registers, haw }: Dump): Tables {
  const unit = translationUnitOf(registers, haw)
  const roots = rootsOf(registers)
  const watched = new WatchedMemory(memory)
  const reader = entryReader(rulesOf(registers, haw))
  const tables = rawTables(watched, roots, reader)
  const isScalable = unit.ttm === 1
  const raw = (address: number, dwords: number): Uint32Array | undefined =>
    watched.page(Math.floor(address / 4096))?.slice(address % 4096 / 4, address % 4096 / 4 + dwords)
  const watch = (look: () => Pick<Found, 'says' | 'isPresent'>): Found => {
    watched.isMissing = false
    const found = look()
    return { ...found, isMissing: watched.isMissing }
  }
  const absent = (says: string) => ({ says, isPresent: false })

  return {
    isScalable, roots: { 'root table': roots.rootTable, 'interrupt table': roots.interruptTable },
    translation: ({ sid, access, address }) => watch(() => {
      const trail = newTrail()
      const result = translate(tables, unit,
        { sid, access, address, type: 'untranslated', dword: false, pasid: null, privileged: false, execute: false },
        trail)
      if (result.kind === 'fault')
        return absent(`fault ${result.reason.toString(16)}h: `
          + `${faultReason(result.reason)?.says ?? 'no reason of the manual'}`)
      if (result.kind !== 'translated') return absent(`no translation: ${result.kind}`)
      const last = trail.visited.at(-1)
      if (last === undefined)
        return { says: passThroughText(result.mapping.input, result.mapping.output), isPresent: true }
      const leaf = last.stage === 2 ? tables.secondStageEntry(last.table, last.index, last.level) : 'unreadable'
      return {
        says: translationText({ ...result.mapping,
          ...leaf === 'unreadable' ? {} : { read: leaf.read, write: leaf.write } }), isPresent: true,
      }
    }),
    context: sid => watch(() => {
      const upper = (sid & 0x80) !== 0
      const root = isScalable ? tables.scalableRootEntry(sid >> 8, upper) : tables.rootEntry(sid >> 8)
      if (root === 'unreadable' || !root.present) return absent('no root entry')
      const words = raw(root.contextTable + (isScalable ? (sid & 0x7f) * 32 : (sid & 0xff) * 16), 4)
      return words === undefined ? absent('no context table')
        : { says: contextText(words, isScalable), isPresent: (words[0]! & 1) !== 0 }
    }),
    irte: index => watch(() => {
      const words = raw(roots.interruptTable + index * 16, 4)
      return words === undefined ? absent('no interrupt table')
        : { says: irteText(words), isPresent: (words[0]! & 1) !== 0 }
    }),
  }
}
