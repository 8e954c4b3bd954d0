/** The answer to a device table entry that a unit does not accept (AMD 48882 rev 3.10: 2.2.2.1, 2.5.2, 3.4: control
 *  register). RZ of this event: a reserved bit is set; without it a level or length is meant. */
import { anything, decode, entryReader, registers } from '../../../spec/amdvi/index.ts'
import { dwordsOf } from '../../../spec/iommu/layout.ts'
import type { Answer, Conclusion, Known, Look } from '../happening.ts'
import { hex, whenOf } from '../text.ts'
import type { UnitEvent } from './event.ts'
import { deviceEntryOf, entryMeaning, flagOf, flagsText } from './flags.ts'
import type { DeviceEntry } from './flags.ts'
import { usedOf, whoOf } from './look.ts'

const sure = (says: string, rule: string): Conclusion => ({ certainty: 'sure', says, rule })
const likely = (says: string, rule: string): Conclusion => ({ certainty: 'likely', says, rule })

/** What only newer revisions name, and what a feature allows, is not taken for reserved. */
const reader = entryReader({ ...anything, haw: 52 }, false)

export function answerEntry(event: UnitEvent, known: Known): Answer {
  const entry = deviceEntryOf(event.entry)
  const who = whoOf(event)
  const { control, flags, address } = event
  const isInterrupt = flags !== null && flagOf(flags, 'I')
  const what = isInterrupt ? 'sent an interrupt, by' : 'used'
  return {
    title: `the device table entry of ${who} is not legal`,
    happened: `${who} ${what} ${usedOf(address)}, and the unit does not accept its device table entry.`,
    hardware: [
      ...flags === null ? [] : [{ says: flagsText(flags), clause: null }],
      ...entry === null ? [] : [entryMeaning(entry)],
      ...control === null ? [] : [{ says: `control register ${hex(control)}`, clause: null }],
    ],
    concludes: [...ofFlags(flags, isInterrupt), ...entry === null ? [{ certainty: 'open',
      rule: 'newer kernels print the entry (DTE[0] to DTE[3])',
      says: 'The entry is not in the log: which bit it is cannot be told.' } as const]
      : ofFields(event, entry, isInterrupt, known)],
    next: nextOf(event, entry), shows: [],
  }
}

function ofFlags(flags: number | null, isInterrupt: boolean): readonly Conclusion[] {
  if (flags === null || !flagOf(flags, 'RZ')) return []
  return [sure(`A bit is set that is reserved here, in the half of the entry that is about `
    + `${isInterrupt ? 'interrupts (DTE[2] and DTE[3])' : 'DMA (DTE[0] and DTE[1])'}: one that the unit has no feature `
    + 'for, or whose feature is off in the control register.', 'RZ')]
}

function ofFields(event: UnitEvent, entry: DeviceEntry, isInterrupt: boolean, known: Known): readonly Conclusion[] {
  const found = isInterrupt ? ofInterrupts(event, entry) : ofDma(event, entry, known)
  return found.length > 0 ? found : [{ certainty: 'open', rule: 'nothing in the printed entry is illegal by itself',
    says: 'The unit has fewer levels than Mode asks for (HATS of the extended features), lacks a feature that a bit '
      + 'needs, or used an older copy of the entry that was not invalidated (INVALIDATE_DEVTAB_ENTRY).' }]
}
const words = ({ entry }: UnitEvent): Uint32Array => dwordsOf(...[0, 1, 2, 3].map(i => entry[i] ?? 0n))

function ofDma(event: UnitEvent, entry: DeviceEntry, known: Known): readonly Conclusion[] {
  const { control } = event
  const { reserved, portIo } = reader.deviceEntry(words(event), 0)
  const on = control === null ? null : decode(registers.IommuControl.layout, dwordsOf(control))
  return [
    ...entry.mode === 7 ? [sure('Mode is 7, which is reserved.', 'Mode=7')] : [],
    ...reserved ? [sure('A bit of DTE[0] or DTE[1] is set that is reserved in every revision known here.',
      'reserved bits')] : [],
    ...portIo === 3 ? [likely('IoCtl is 3, which is reserved; sources disagree whether that concerns port I/O alone.',
      'IoCtl=3')] : [],
    ...entry.mode === 0 && entry.valid && entry.translates ? ofIdentity(event, known) : [],
    ...(entry.ppr || entry.guest) && on?.EPHEn !== 1 ? [likely('The entry asks for page requests or guest translation, '
      + 'which the control register must enable (EPHEn, bit 45): after a resume it may not have been restored.',
    'PPR or GV set in the entry')] : [],
    ...entry.guest && on?.GTEn === 0 ? [likely('GV is set, and guest translation is off in the control register (GTEn, '
      + 'bit 16).', 'GV and GTEn')] : [],
  ]
}
/** V, TV, IR and IW; DomainID. */
const basicBits = [0x6000000000000003n, 0xffffn] as const
/** V=1, TV=1, Mode=0: legal, unless SNP is on, where a host table is demanded. */
function ofIdentity({ control, flags, entry: [low = 0n, high = 0n] }: UnitEvent, known: Known): readonly Conclusion[] {
  const unable = known.fact('no SNP')
  if (unable !== null) return []
  const on = known.fact('SNP')
  const avic = control !== null && decode(registers.IommuControl.layout, dwordsOf(control)).SNPAVICEn !== 0
  const says = 'Mode 0 with TV=1 (identity, no translation) is legal without SNP, and illegal where SNP is enabled: '
    + 'then '
    + 'Mode must be 1 to 6, and an identity domain has to be refused.'
  const plain = (low & ~basicBits[0]) === 0n && (high & ~basicBits[1]) === 0n && flags !== null && !flagOf(flags, 'RZ')
  return [
    ...plain ? [sure('No reserved bit is set: the half that is about DMA has V, TV, IR, IW and a domain, which every '
      + 'revision has, and the flags tell of none (RZ=0).', 'the bits that are set')] : [],
    ...on === null && !avic ? [likely(says, plain ? 'Mode=0 with V=1 and TV=1 is all that is left to object to'
      : 'Mode=0 with V=1 and TV=1, and the unit calls the entry illegal')]
      : [sure(`SNP is on. ${says}`, on === null ? 'SNPAVICEn of the control register' : whenOf(on))],
  ]
}

function ofInterrupts({ control, ...event }: UnitEvent, entry: DeviceEntry): readonly Conclusion[] {
  const { interrupts } = reader.deviceEntry(words({ control, ...event }), 0)
  const long = control === null ? null : decode(registers.IommuControl.layout, dwordsOf(control)).NumIntRemapMode === 1
  return [
    ...entry.control === 3 ? [sure('IntCtl is 3, which is reserved.', 'IntCtl=3')] : [],
    ...interrupts.length > 11 ? [sure(`IntTabLen is ${interrupts.length}: no unit has more than 2^11 entries.`,
      'IntTabLen')] : [],
    ...interrupts.length > 9 && interrupts.length <= 11 && long === false ? [likely('The table has more than 512 '
      + 'entries, which the control register must allow (NumIntRemapMode).', 'IntTabLen and NumIntRemapMode')] : [],
    ...interrupts.reserved ? [sure('A bit of DTE[2] or DTE[3] is set that is reserved in every revision known here.',
      'reserved bits')] : [],
  ]
}

function nextOf({ device, system }: UnitEvent, entry: DeviceEntry | null): readonly Look[] {
  const of = device ?? 'BB:DD.F'
  const isIdentity = entry === null || entry.mode === 0 && entry.translates
  if (system === 'Xen') return [{ run: `lspci -vs ${of}`, says: 'who the device is' },
    { run: 'xl dmesg | grep AMD-Vi', says: 'what the unit is capable of' }]
  return [
    ...isIdentity ? [{ run: 'cat /sys/kernel/iommu_groups/*/type', says: 'which groups are identity' }] : [],
    { run: "dmesg | grep -i -e SNP -e 'AMD-Vi: Extended features'",
      says: 'what the unit is capable of, and whether SNP '
      + 'is on' },
    ...isIdentity ? [{ run: null, says: 'if its group is identity: set it to DMA (iommu=nopt, or echo DMA > type)' }]
      : [{ run: `echo ${of.length === 7 ? `0000:${of}` : of} > /sys/kernel/debug/iommu/amd/devid; cat `
        + '/sys/kernel/debug/iommu/amd/devtbl', says: 'the entry as memory has it now (Linux 6.17 on)' }],
    { run: null, says: 'if it comes after a suspend only: compare the control register with that of a boot' },
  ]
}
