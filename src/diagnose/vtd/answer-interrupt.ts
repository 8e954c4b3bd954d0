/** The answer to a blocked interrupt (VT-d rev 5.10, 5.1 and table 15). */
import type { Answer, Conclusion, Group, Known, Look } from '../happening.ts'
import { servedInterrupts } from '../interrupts/served.ts'
import { hex } from '../text.ts'
import type { UnitFault } from './fault.ts'
import { entryConclusions } from './tables.ts'
import { hexReason, reasonMeaning, statusMeaning, uncertain } from './reason.ts'

export function answerInterrupt(fault: UnitFault, group: Group, known: Known): Answer {
  const { reason, status, address: index } = fault
  const code = reason?.code ?? null
  const who = fault.device ?? 'a source that the line does not name'
  return {
    title: `an interrupt of ${who} was blocked: ${shortOf(code, index)}`,
    happened: `${who} sent an interrupt${code === 0x25 ? '' : ` by entry ${hex(index)} (${index}) of the table`}. `
      + 'The unit blocked it: no CPU got it.',
    hardware: [
      ...reason === null ? [{ says: 'the line was cut before its reason', clause: null }] : reasonMeaning(reason),
      ...status === null ? [] : [{ says: statusMeaning(status), clause: null }],
    ],
    concludes: reason?.doubt ? [uncertain] : conclusions(fault, code, group, known),
    next: nextOf(fault), shows: showsOf(code),
  }
}

function conclusions(fault: UnitFault, code: number | null, group: Group, known: Known): readonly Conclusion[] {
  const entry = code === null ? [] : entryConclusions(fault, code, known)
  const pins = ioapic(fault, known)
  return [...byReason(code, fault, group, { isRead: entry.length > 0, isPin: pins.length > 0 }), ...entry, ...pins,
    ...servedInterrupts(fault.device, known), ...pins.length > 0 ? unrelated(known, fault) : []]
}

const titles: Readonly<Record<number, string>> = {
  0x20: 'its message has reserved bits set', 0x21: 'its index is beyond the table', 0x22: 'its entry is not present',
  0x23: 'its entry could not be read', 0x24: 'its entry has reserved fields set',
  0x25: 'it is in compatibility format', 0x26: 'it is not from the source that the entry admits',
}
const shortOf = (code: number | null, index: bigint): string => code === null ? 'the reason is cut off'
  : `${titles[code] ?? 'refused'} (${hexReason(code)}${code === 0x25 ? '' : `, index ${hex(index)}`})`

/** `isRead`: the entry in memory is known, so what it may hold is no question. `isPin`: of an I/O APIC or HPET. */
function byReason(code: number | null, { device, address }: UnitFault, { count }: Group,
  { isRead, isPin }: { readonly isRead: boolean; readonly isPin: boolean }): readonly Conclusion[] {
  const conclude = (certainty: Conclusion['certainty'], says: string, rule: string): Conclusion =>
    ({ certainty, says, rule })
  switch (code) {
    case 0x21: return address < 2n ? [
      conclude('sure', `Each table has entry ${address}: the smallest has two. The number in the line is not the index `
        + 'that was asked for.', 'index at or above 2^(S+1), table 15'),
      conclude('open', 'Handle and subhandle together were beyond ffffh, and the record keeps 16 bits; or the line was '
        + 'cut or mistyped.', 'VTD:5.1.5/interrupt-index'),
    ] : [conclude('sure', 'The message names an entry that the table does not have: it was composed for '
      + 'another table, or IRTA has a smaller size.', 'index at or above 2^(S+1), table 15')]
    case 0x22: return [
      ...isRead ? [] : [conclude('open', 'P is clear: either the table in memory says so, or the unit uses an older '
        + 'copy of the entry. If memory has P=1: after SIRTP the whole interrupt entry cache (IEC) has to be '
        + 'invalidated, unless CAP.ESIRTPS is set, and after a change of a present entry its index.',
      'VTD:table-15/not-present')],
      count <= 2
        ? conclude('open', 'If it comes just once, at a change of affinity, a free or a suspend: the entry was cleared '
          + 'while its source could still send. Mask the source first, or write the whole entry at once.',
        'once, at an affinity change or free')
        : conclude('likely', 'Seen again and again: the source keeps sending by an entry that nobody fills in, or that '
          + 'the unit holds an old copy of.', 'repeated'),
    ]
    case 0x25: return [
      conclude('sure', 'Remapping is on and compatibility format is not let through (CFIS=0, or EIME=1).',
        'VTD:table-15/compatibility-blocked'),
      conclude('likely', isPin
        ? 'A redirection entry of it was never rewritten for remapping, or firmware left its own.'
        : 'The device or bridge has an MSI address that was never rewritten for remapping: after resume, a reset, or '
          + 'kexec; or firmware left its own.', 'a compatibility-format message while CFI=0'),
    ]
    case 0x26: return [
      conclude('sure', `The requester ${device ?? ''} is not the source that the entry admits (SVT, SQ, SID).`,
        'VTD:table-15/source-id'),
      conclude('likely', `An alias: behind a PCIe-to-PCI bridge the request carries the id of the bridge, and an entry `
        + `with the device's own id (SVT=1, SQ=0) refuses it. ${device ?? 'The id'} is what the message carried: it `
          + `may be `
        + 'the bridge. Else the message is forged.', 'source-id verification'),
    ]
    case 0x20: return [conclude('sure', 'The message itself is malformed: no entry was looked at.',
      'VTD:table-15/reserved-request-field')]
    case 0x23: return [conclude('sure', 'The unit could not read the entry: where IRTA points to, no memory '
      + 'answered.', 'VTD:table-15/unreadable')]
    case 0x24: return [
      conclude('sure', 'The entry is present, and a bit of it is set that must be 0 on this unit, or its fields do '
        + 'not fit each other.', 'VTD:table-15/reserved-irte-field'),
      conclude('open', 'It was written for another mode (EIME: ids of 8 or 32 bits; posting), or memory under the '
        + 'table was overwritten.', 'reserved fields of an entry')]
    default: return []
  }
}

/** Chip sets give the I/O APIC an id of its own that no PCI function has. */
const isIoapic = (device: string | null): boolean =>
  device !== null && /^(?:(?:\w{4}:)?f[0-9a-f]:1f\.\d|00:1e\.7)$/.test(device)
function ioapic({ device, address }: UnitFault, known: Known): readonly Conclusion[] {
  const special = device === null ? null : known.beside.special(device)
  if (special !== null) return [{ certainty: 'sure', rule: special.by, says: `${device} is the id by which `
    + `${special.what} `
    + 'sends.' }]
  return !isIoapic(device) ? [] : [{ certainty: 'likely', rule: `${device} as a source id: chip sets give their I/O `
    + `APICs one like it; whose it is, the DMAR table says, and that is not here`,
  says: `${device} is the id of an I/O APIC, not of a PCI device${address === 0n
    ? ': index 0 is often its pin 0, whose redirection entry was never filled in' : ''}.` }]
}
function unrelated(known: Known, { device }: UnitFault): readonly Conclusion[] {
  const dma = known.others.find(({ kind, device: of }) => kind.startsWith('unit-dma') && of !== device)
  return dma === undefined ? [] : [{ certainty: 'likely', rule: 'another source id',
    says: `It has nothing to do with the DMA fault of ${dma.device}.` }]
}

function nextOf({ system, device, reason }: UnitFault): readonly Look[] {
  const of = device ?? 'BB:DD.F'
  if (system === 'Xen') return [{ run: 'xl debug-keys V; xl dmesg', says: 'the interrupt table, and the pins of the '
    + 'I/O APICs' }]
  if (system !== 'Linux') return [{ run: null, says: `print the entry in memory, and what was invalidated after its `
    + `last `
    + 'change' }]
  return [
    { run: 'cat /sys/kernel/debug/iommu/intel/ir_translation_struct', says: 'the entry as memory has it: present, '
      + 'source id' },
    { run: 'cat /proc/interrupts', says: 'which interrupts of that device stand still' },
    ...reason?.code === 0x26 ? [{ run: 'lspci -t', says: `whether ${of} is behind a PCIe-to-PCI bridge` }] : [],
    ...reason?.code === 0x26 || isIoapic(device) ? [] : [{ run: `lspci -vvs ${of}`, says: 'its MSI address: bit 4 '
      + 'is set in remappable format' }],
  ]
}

export function showsOf(code: number | null): readonly Look[] {
  if (code === null) return []
  const explain: Look = { run: `remapcheck explain ${hexReason(code)}`, says: 'the reason and its clause' }
  const check = (edit: string, says: string): Look =>
    ({ run: `remapcheck check ring0-strict@vtd~migrateInterrupt/${edit} --scope interrupts`, says })
  if (code === 0x22) return [explain, check('invalidateIec', 'an entry changed and its cached copy kept'),
    { run: 'remapcheck check ring0-strict@vtd~migrateInterrupt/writeBackIrte --scope old-interrupts',
      says: 'an entry stored and not written back' }]
  if (code === 0x25) return [explain, { run: 'remapcheck explain compatibility-interrupts',
    says: 'what letting them through would allow' }]
  if (code === 0x26) return [explain, { run: 'remapcheck explain irte-any-source',
    says: 'what an entry without source check allows' }]
  return [explain]
}
