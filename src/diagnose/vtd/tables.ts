/** A fault held against tables that stand beside the log: the unit's walk is taken again on them (VT-d rev 5.10, ch. 3,
 *  5.1 and 9). They are of another moment than the fault, so what they hold is sure and what follows from it is not. */
import {
  decode, entryReader, faultReason, interruptUnitOf, rawTables, registers, remappedIrte, rootsOf, rulesOf, translate,
  translationUnitOf,
} from '../../../spec/vtd/index.ts'
import type { Dump } from '../../dump/dump.ts'
import type { Conclusion, Known } from '../happening.ts'
import { deviceOfId, hex, idOf } from '../text.ts'
import type { UnitFault } from './fault.ts'
import { hexReason } from './reason.ts'
import { deviceCodes, leafCodes } from './rulings.ts'
import type { Told } from './rulings.ts'

interface Looked { readonly concludes: readonly Conclusion[]; readonly told: Told }
const unseen: Looked = { concludes: [], told: null }
const nameOf = ({ unit, path }: Dump): string => unit ?? path
interface Walked { readonly dump: Dump; readonly reason: number | null; readonly page: number | null
  /** Of the page before: it is mapped. Of the page: the other direction passes. */
  readonly follows: boolean; readonly reverse: boolean
  /** A table on the way is not in the dump: the walk shows nothing. */
  readonly isOpen: boolean }

function walked(dump: Dump, sid: number, { access, pasid }: UnitFault, address: number): Walked {
  const { registers: values, haw, memory } = dump
  let isOpen = false
  const watched = { page(number: number): Uint32Array | undefined {
    const page = memory.page(number)
    isOpen ||= page === undefined
    return page
  } }
  const tables = rawTables(watched, rootsOf(values), entryReader(rulesOf(values, haw)))
  const unit = translationUnitOf(values, haw)
  const ask = (at: number, isWrite: boolean) => translate(tables, unit, { sid, type: 'untranslated', address: at,
    dword: false, access: isWrite ? 'write' : 'read', pasid: pasid ?? null, privileged: false, execute: false })
  const isWrite = access === 'write'
  const result = ask(address, isWrite)
  const isCut = isOpen
  const reverse = ask(address, !isWrite)
  const before = address >= 4096 ? ask(address - 4096, isWrite) : null
  return { dump, reason: result.kind === 'fault' ? result.reason : null,
    page: result.kind === 'translated' ? result.page : null, follows: before?.kind === 'translated',
    reverse: reverse.kind === 'translated', isOpen: isCut }
}

/** What tables beside the log say of the address of a DMA fault. */
export function tableConclusions(fault: UnitFault, code: number, known: Known): Looked {
  const sid = idOf(fault.device)
  const dumps = known.beside.dumps.filter(({ shows }) => shows.translation)
  if (sid === null || dumps.length === 0 || fault.address >= 1n << 52n) return unseen
  const all = dumps.map(dump => walked(dump, sid, fault, Number(fault.address)))
  const own = all.filter(({ reason }) => reason === null || !deviceCodes.includes(reason))
  const named = all.filter(({ dump }) => dump.unit !== null && dump.unit === fault.walk?.unit)
  const of = named[0] ?? own[0] ?? all[0]!
  const by = `a walk of the tables of ${nameOf(of.dump)}, as they were when they were taken`
  const later: Conclusion = { certainty: 'open', rule: 'tables and log are of two moments',
    says: 'The tables may have changed between the fault and the moment at which they were taken.' }
  if (of.isOpen) return unseen
  if (of.reason === null) return { told: null, concludes: mapsIt(of, by, fault, later) }
  if (of.reason === code) return { told: toldBy(of, code), concludes: [
    { certainty: 'sure', rule: by, says: `The tables agree with the log: the walk ends in ${hexReason(code)} there.`
      + holdsText(toldBy(of, code), fault) },
    ...!of.follows ? [] : [{ certainty: 'likely', rule: `${by}; the page before`, says: 'The page before is mapped: '
      + 'the '
      + 'device ran past the end of a mapping, or was given a wrong length.' } as const],
  ] }
  return { told: null, concludes: [{ certainty: 'sure', rule: by, says: 'In these tables the walk '
    + `ends in ${hexReason(of.reason)} (${faultReason(of.reason)?.says.replace(/\.$/, '') ?? 'unknown'}), not in `
    + `${hexReason(code)}.` }, later] }
}

function toldBy({ reverse }: Walked, code: number): Told {
  if (!leafCodes.includes(code)) return null
  return reverse ? 'the right lacks' : 'nothing is mapped'
}
function holdsText(told: Told, { access }: UnitFault): string {
  if (told === null) return ''
  return told === 'nothing is mapped' ? ' Nothing is mapped there.'
    : ` The page is mapped for ${access === 'write' ? 'reading' : 'writing'} only.`
}
function mapsIt({ page, dump }: Walked, by: string, { access }: UnitFault, later: Conclusion): readonly Conclusion[] {
  const where = page === null ? '' : `, to memory at ${hex(page)}`
  const coherent = dump.assumed.some(text => text.startsWith('CAP and ECAP')) ? null
    : decode(registers.ECAP.layout, dump.registers.ecap).C === 1
  return [
    { certainty: 'sure', rule: by,
      says: `These tables let the ${access === 'write' ? 'write' : 'read'} pass${where}: they do not give this `
        + `fault.` },
    { certainty: 'open', rule: coherent === null ? 'ECAP.C is not known' : `ECAP.C=${coherent ? 1 : 0}`,
      says: 'Either the page was mapped after the fault, or the unit used something else than memory has now: '
        + `${coherent === true ? '' : 'an entry that was not written back from the CPU cache, or '}a cached entry that `
        + 'was not invalidated.' }, later,
  ]
}

/** What Xen's debug key o printed of the page, for whichever domain. */
export function domainConclusions({ system, address }: UnitFault, known: Known): Looked {
  const { pages, domains } = known.beside.texts.xen
  if (system !== 'Xen' || domains.size === 0) return unseen
  const rule = 'debug key o, when it was pressed'
  const found = pages.get(address >> 12n) ?? []
  return { told: found.length === 0 ? 'nothing is mapped' : null, concludes: [{ certainty: 'sure', rule,
    says: found.length === 0 ? `None of the domains that were printed (${[...domains].map(id => `d${id}`)
      .join(', ')}) maps the page.`
      : `The page is mapped for ${found.map(({ domain, frame, rights }) => `d${domain} (to ${hex(frame << 12n)}, `
      + `${rights})`)
        .join(', ')}.` }] }
}

/** What the interrupt table beside the log says of the entry of a blocked interrupt. */
export function entryConclusions(fault: UnitFault, code: number, known: Known): readonly Conclusion[] {
  const sid = idOf(fault.device), index = Number(fault.address)
  const dumps = known.beside.dumps.filter(({ shows }) => shows.interrupts)
  if (dumps.length === 0 || code === 0x25) return []
  const all = dumps.flatMap(dump => {
    const { registers: values, haw, memory } = dump
    const { tableSize } = interruptUnitOf(values, haw)
    const address = rootsOf(values).interruptTable + index * 16
    const page = memory.page(Math.floor(address / 4096))
    return page === undefined && index < tableSize ? [] : [{ dump, size: tableSize,
      entry: index >= tableSize ? null : decode(remappedIrte, page!.subarray(address % 4096 / 4, address % 4096 / 4
        + 4)) }]
  })
  // Several units have tables of their own: that of the source is meant.
  const of = all.length === 1 ? all[0]
    : all.find(({ entry }) => entry !== null && entry.P === 1 && entry.SID === sid)
      ?? (all.every(({ entry }) => entry?.P === 0) ? all[0] : undefined)
  if (of === undefined) return []
  const by = `the interrupt table of ${all.length > 1 && of.entry?.P === 0 ? 'each unit' : nameOf(of.dump)}, as it was `
    + 'when it was taken'
  const sure = (says: string): Conclusion => ({ certainty: 'sure', rule: by, says })
  const { entry, size } = of
  if (entry === null) return [sure(`The table has ${size.toLocaleString('en-US')} entries, so entry ${index} is `
    + `beyond it.`)]
  if (entry.P === 0) return [sure(`Entry ${index} is not present there${code === 0x22 ? ' either' : ''}.`)]
  const admits = entry.SVT === 0 ? 'any source (SVT=0)'
    : `${deviceOfId(entry.SID)} (SVT=${entry.SVT}, SQ=${entry.SQ})`
  const about = sure(`Entry ${index} is present there: vector ${entry.V} to ${hex(entry.DST)}, for ${admits}.`)
  if (code === 0x22) return [about, { certainty: 'open', rule: by, says: 'Either it was filled in after the fault, '
    + 'or the '
    + 'unit used an older copy: the interrupt entry cache was not invalidated after the change.' }]
  if (code !== 0x26 || entry.SVT === 0) return [about]
  return [about, entry.SVT === 1 && entry.SID !== sid
    ? { certainty: 'likely', rule: by, says: `The entry was made for ${deviceOfId(entry.SID)}, and the message `
      + `carries the `
      + `id ${fault.device}: a bridge or an alias between them, which the entry does not allow for; else it is `
        + `forged.` }
    : { certainty: 'open', rule: by, says: 'In this table the entry admits the source: it was changed since.' }]
}
