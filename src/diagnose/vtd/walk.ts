/** The walk that Linux prints below a fault: what the CPU reads of the tables, held against what the unit said. Linux
 *  5.14 on, CONFIG_DMAR_DEBUG (VT-d rev 5.10, ch. 9: root, context, PASID and paging entries). */
import { decode, dwordsOf, pasidEntry, scalableContextEntry } from '../../../spec/vtd/index.ts'
import type { Conclusion, Known } from '../happening.ts'
import { bitsOf, hex } from '../text.ts'
import { hexReason, modeOf } from './reason.ts'
import { leafCodes } from './rulings.ts'
import type { Told } from './rulings.ts'

export interface Walk {
  readonly unit: string
  readonly address: bigint
  mode: 'legacy' | 'scalable' | null
  root: readonly bigint[]
  /** Lowest quadword first. */
  context: readonly bigint[]
  directory: bigint | null
  readonly pasid: bigint[]
  readonly levels: { readonly level: number; readonly value: bigint }[]
  /** The table or level where the kernel's own walk ended. */
  missing: string | null
}
export const newWalk = (unit: string, address: bigint): Walk =>
  ({ unit, address, mode: null, root: [], context: [], directory: null, pasid: [], levels: [], missing: null })

/** The type of translation that the dumped PASID entry asks for: PGTT. */
const pgttOf = (walk: Walk): number | null => walk.pasid[0] === undefined ? null
  : decode(pasidEntry, dwordsOf(...Array.from({ length: 8 }, (_, i) => walk.pasid[i] ?? 0n)))['PGTT']
const kindsOfTranslation = ['', 'first stage', 'second stage', 'nested', 'pass-through'] as const

/** What the dump says, in a sentence. */
export function walkText(walk: Walk): string {
  const { mode, unit, levels, missing } = walk
  const pgtt = pgttOf(walk)
  const leaf = levels.at(-1)
  const parts = [
    mode === null ? 'no root entry is present' : `${mode} mode`,
    ...walk.context.length === 0 ? [] : [`context entry ${present(walk.context[0]!)}`],
    ...mode !== 'scalable' || walk.context.length === 0 ? [] : [sizeText(walk.context)],
    ...walk.directory === null ? [] : [`PASID directory entry ${present(walk.directory)}`],
    ...pgtt === null ? [] : [`PASID table entry of type ${pgtt}, ${kindsOfTranslation[pgtt] ?? 'which is reserved'}`],
    ...leaf === undefined ? [] : [`level ${leaf.level} holds ${hex(leaf.value)}`],
    ...missing === null ? [] : [`then: ${missing}`],
  ]
  return `the tables as the CPU reads them (${unit}): ${parts.filter(text => text !== '').join(', ')}`
}
const present = (word: bigint): string => `${hex(word)} (${(word & 1n) === 1n ? 'present' : 'not present'})`
const sizeText = (context: readonly bigint[]): string => {
  const { PDTS } = decode(scalableContextEntry, dwordsOf(...[...context, 0n, 0n, 0n].slice(0, 4)))
  return `directory of 2^${PDTS + 7} entries`
}

/** What the dump rules in and out. */
export function walkConclusions(walk: Walk, code: number, known: Known): {
  readonly contradicted: boolean; readonly concludes: readonly Conclusion[]; readonly told: Told
} {
  const passes = isPassThrough(walk)
  const noise: readonly Conclusion[] = passes && walk.missing?.startsWith('PTE') === true ? [{
    certainty: 'sure', says: `"${walk.missing}" says nothing here: the PASID entry passes requests through, and Linux `
      + 'walked a page table that there is none of',
    rule: 'PGTT=4 has no page table',
  }] : []
  const other = otherTables(walk, code, known)
  if (other !== null) return { contradicted: true, concludes: [other, ...noise], told: null }
  const { concludes, told } = agreement(walk, code, known)
  return { contradicted: false, concludes: [...concludes, ...noise], told }
}

/** Whether the reason is one of another mode than the tables', or of a page table where there is none. */
export function cannotGive(walk: Walk, code: number): boolean {
  const asked = modeOf(code)
  if (walk.mode === null || asked === null) return false
  const ofPages = code >= 0x70 && code <= 0x7d || code >= 0x85 && code <= 0x87
  return asked !== walk.mode || isPassThrough(walk) && ofPages
}
const isPassThrough = (walk: Walk): boolean => walk.mode === 'scalable' && pgttOf(walk) === 4

function otherTables(walk: Walk, code: number, known: Known): Conclusion | null {
  if (!cannotGive(walk, code)) return null
  const asked = modeOf(code)
  const contradiction = asked !== walk.mode
    ? `the dump shows ${walk.mode}-mode tables, and ${hexReason(code)} is a reason of ${asked} mode`
    : `the dumped PASID entry passes requests through, and ${hexReason(code)} comes from a page table`
  const emulated = known.fact('emulated machine') !== null
  return {
    certainty: emulated ? 'likely' : 'sure',
    says: `These tables cannot give this fault: ${contradiction}. The unit walks other tables than those dumped: its `
      + 'root table register (RTADDR) holds another address or mode. Either SRTP was not done after RTADDR was '
        + 'written, '
      + 'or a hypervisor shadows the tables, or it is another unit, or a kdump kernel reads the old ones'
      + `${emulated ? '; QEMU, which this machine runs on, also mixes the codes of both modes' : ''}.`,
    rule: 'each mode has fault reasons of its own (table 30)',
  }
}

/** Which entry a not-present reason is about, and that entry in the dump. */
function blamed(walk: Walk, code: number): { readonly name: string; readonly word: bigint | undefined } | null {
  switch (code) {
    // Of a scalable-mode root entry only one half is the device's: the dump does not say which.
    case 0x01: case 0x39: return walk.root.some(word => (word & 1n) !== (walk.root[0]! & 1n)) ? null
      : { name: 'root entry', word: walk.root[0] }
    case 0x02: case 0x41: return { name: 'context entry', word: walk.context[0] }
    case 0x51: return { name: 'PASID directory entry', word: walk.directory ?? undefined }
    case 0x59: return { name: 'PASID table entry', word: walk.pasid[0] }
    default: return null
  }
}

interface Agreement { readonly concludes: readonly Conclusion[]; readonly told: Told }
const silent: Agreement = { concludes: [], told: null }
const nothing = (): Agreement => ({ concludes: agrees('nothing is mapped at that address'), told: 'nothing is mapped' })

function agreement(walk: Walk, code: number, known: Known): Agreement {
  const entry = blamed(walk, code)
  // A dump that ends earlier says nothing of it.
  if (entry !== null && entry.word === undefined) return silent
  if (entry !== null) return (entry.word! & 1n) === 1n
    ? { told: 'memory has it', concludes: presentAfterAll(entry.name, entry.word!, walk, known) }
    : { told: 'nothing is mapped', concludes: agrees(`the ${entry.name} is not present there either`) }
  return leafCodes.includes(code) ? ofLeaf(walk, code, known) : silent
}
function ofLeaf(walk: Walk, code: number, known: Known): Agreement {
  const wants = ({ 0x05: 1, 0x06: 0, 0x85: 1, 0x86: 0 } as Readonly<Record<number, number>>)[code]
  const leaf = walk.levels.at(-1)
  if (walk.missing !== null && /^PTE|page table is not present/.test(walk.missing)) return nothing()
  if (leaf === undefined) return silent
  // R=W=0, or P=0: whatever the words of the dump are.
  if ((leaf.value & 3n) === 0n) return nothing()
  if (code === 0x71 && (leaf.value & 1n) === 1n) return { told: 'memory has it',
    concludes: presentAfterAll(`first-stage entry of level ${leaf.level}`, leaf.value, walk, known, true) }
  if (wants === undefined) return silent
  const right = wants === 1 ? 'write' : 'read'
  return bitsOf(leaf.value, wants) === 0
    ? { concludes: agrees(`the entry of level ${leaf.level} has no ${right} right: mapped, but not for that`),
      told: 'the right lacks' }
    : { told: 'memory has it', concludes: [...presentAfterAll(`entry of level ${leaf.level}, with the right to `
      + `${right},`, leaf.value, walk, known, walk.mode === 'scalable'),
    { certainty: 'open', rule: 'a present entry that changes has to be invalidated', says: 'Or the IOTLB holds an '
      + 'older entry of the page, without that right, which was not invalidated.' }] }
}
const agrees = (what: string): readonly Conclusion[] => [{
  certainty: 'sure', rule: 'dump and reason agree',
  says: `Memory says the same as the unit: ${what}. A missing write-back or a stale cache is ruled out, unless the `
    + 'tables were changed between the fault and the dump.',
}]

/** The unit read it not present, the CPU reads it present. `isPage`: a paging entry of scalable mode, whose walks snoop
 *  by ECAP.SMPWCS and PWSNP, not by ECAP.C. */
function presentAfterAll(name: string, word: bigint, walk: Walk, known: Known,
  isPage = false): readonly Conclusion[] {
  const unit = known.units.get(walk.unit) ?? null
  const cap = unit?.values['cap'], ecap = unit?.values['ecap']
  const at = unit === null ? '' : ` (line ${unit.at.number})`
  const snoops = ecap === undefined || isPage ? null : bitsOf(ecap, 0) === 1
  const unknown = isPage ? 'ECAP.SMPWCS (bit 48) and PWSNP of the PASID entry say whether page walks snoop'
    : 'ECAP bit 0 says whether walks are coherent; it stands in dmesg (ecap …)'
  const caches = cap === undefined ? null : bitsOf(cap, 7) === 1
  return [
    { certainty: 'sure', rule: 'dumped entry present, reason says not present',
      says: `Memory, as the CPU reads it, has the ${name} present (${hex(word)}), and the unit did not find it so.` },
    snoops === true
      ? { certainty: 'sure', rule: `ECAP.C=1 of ${walk.unit}${at}`,
        says: 'It is no missing write-back: this unit snoops the CPU caches when it reads tables.' }
      : { certainty: known.fact('copied tables') === null ? 'likely' : 'open', rule: snoops === false ? `ECAP.C=0 of `
        + `${walk.unit}${at}`
        : unknown,
      says: `The entry was not written back from the CPU cache${snoops === false ? ': walks of this unit do not snoop'
        : `, if walks of this unit do not snoop${isPage ? '' : ' (ECAP bit 0 = 0)'}`}. The flush that is missing: `
        + 'clflush of the entry after the store.' },
    ...caches === false ? [{ certainty: 'sure', rule: `CAP.CM=0 of ${walk.unit}${at}`,
      says: 'It is no cached "not present": this unit caches none.' } as const]
      : [{ certainty: 'open', rule: 'only units with CAP.CM=1 cache what is not present',
        says: `${caches === true ? 'This' : 'With CAP.CM=1 the'} unit may hold an old "not present": invalidate the `
          + 'context, PASID or IOTLB entry after making it present.' } as const],
    { certainty: 'open', rule: 'the dump is read when it is printed',
      says: 'Or the entry was stored between the fault and the dump; or the unit walks other tables than those that '
        + 'Linux prints (a hypervisor\'s, or those of a kernel before).' },
  ]
}
