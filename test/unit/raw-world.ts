/** A machine in raw words: registers and one way through every kind of table, each table on a page of its own, to be
 *  edited field by field. */
import { interruptUnitOf, rootsOf, rulesOf, translationUnitOf } from '../../spec/vtd/capabilities.ts'
import type { UnitRegisters } from '../../spec/vtd/capabilities.ts'
import { entryReader } from '../../spec/vtd/layout/read-entries.ts'
import { MemoryImage } from '../../spec/iommu/image.ts'
import {
  contextEntry, encode, firstStageLeaf, firstStageTables, pasidDirectoryEntry, pasidEntry, postedDescriptor, postedIrte,
  registers, remappedIrte,
  rootEntry, scalableContextEntry, scalableRootEntry, secondStageLeaf, secondStageTables,
} from '../../spec/vtd/layout/index.ts'
import type { Layout } from '../../spec/vtd/layout/index.ts'
import { post } from '../../spec/vtd/remap/post.ts'
import type { Written } from '../../spec/vtd/remap/post.ts'
import { rawTables } from '../../spec/vtd/walk/raw-tables.ts'
import { decodeMessage, remap } from '../../spec/vtd/remap/remap.ts'
import type { Remapped } from '../../spec/vtd/remap/remap.ts'
import type { ScalableTables } from '../../spec/vtd/walk/tables.ts'
import { noSingleSource, translate } from '../../spec/vtd/walk/walk.ts'
import type { DmaRequest, SingleSource, Trail } from '../../spec/vtd/walk/walk.ts'

type Fields = Readonly<Record<string, number>>
interface Block { readonly address: number; readonly of: Layout; readonly fields: Fields }
const block = (address: number, of: Layout, fields: Fields): Block => ({ address, of, fields })

/** The device is 01:02.0. It asks for 40201234 and gets page 55000: first-stage tables take index 0, 1, 1, 1 from
 *  there, second-stage tables 1, 1, 1. Nested, the first stage has tables of its own, whose guest-physical addresses
 *  (402xx000) the second stage takes to 3x000, and its page 40202000 to 55000. */
const structures = {
  root: block(0x1010, rootEntry, { P: 1, CTP: 0x2 }),
  context: block(0x2100, contextEntry, { P: 1, SSPTPTR: 0x3, AW: 1, DID: 7 }),
  ss3: block(0x3008, secondStageTables[3], { R: 1, W: 1, ADDR: 0x4 }),
  ss2: block(0x4008, secondStageTables[2], { R: 1, W: 1, ADDR: 0x5 }),
  ss1: block(0x5008, secondStageLeaf[1], { R: 1, W: 1, ADDR: 0x55 }),
  scalableRoot: block(0x11010, scalableRootEntry, { LP: 1, LCTP: 0x12 }),
  scalableContext: block(0x12200, scalableContextEntry,
    { P: 1, DTE: 1, PASIDE: 1, PRE: 1, PDTS: 0, PASIDDIRPTR: 0x13, RID_PASID: 0x42 }),
  directory: block(0x13008, pasidDirectoryEntry, { P: 1, SMPTBLPTR: 0x14 }),
  first: block(0x14040, pasidEntry, { P: 1, PGTT: 1, DID: 8, PWSNP: 1, SRE: 1, WPE: 1, FSPM: 0, FSPTPTR: 0x24 }),
  second: block(0x14080, pasidEntry, { P: 1, PGTT: 2, DID: 7, PWSNP: 1, SRE: 1, AW: 1, SSPTPTR: 0x3 }),
  nested: block(0x140c0, pasidEntry,
    { P: 1, PGTT: 3, DID: 9, PWSNP: 1, SRE: 1, WPE: 1, AW: 1, SSPTPTR: 0x3, FSPM: 0, FSPTPTR: 0x40234 }),
  passThrough: block(0x14100, pasidEntry, { P: 1, PGTT: 4, DID: 10, SRE: 1 }),
  fs4: block(0x24000, firstStageTables[4], { P: 1, RW: 1, US: 1, A: 1, ADDR: 0x23 }),
  fs3: block(0x23008, firstStageTables[3], { P: 1, RW: 1, US: 1, A: 1, ADDR: 0x22 }),
  fs2: block(0x22008, firstStageTables[2], { P: 1, RW: 1, US: 1, A: 1, ADDR: 0x21 }),
  fs1: block(0x21008, firstStageLeaf[1], { P: 1, RW: 1, US: 1, A: 1, ADDR: 0x55 }),
  guest4: block(0x34000, firstStageTables[4], { P: 1, RW: 1, US: 1, A: 1, ADDR: 0x40233 }),
  guest3: block(0x33008, firstStageTables[3], { P: 1, RW: 1, US: 1, A: 1, ADDR: 0x40232 }),
  guest2: block(0x32008, firstStageTables[2], { P: 1, RW: 1, US: 1, A: 1, ADDR: 0x40231 }),
  guest1: block(0x31008, firstStageLeaf[1], { P: 1, RW: 1, US: 1, A: 1, ADDR: 0x40202 }),
  ssGuest4: block(0x51a0, secondStageLeaf[1], { R: 1, W: 1, ADDR: 0x34 }),
  ssGuest3: block(0x5198, secondStageLeaf[1], { R: 1, W: 1, ADDR: 0x33 }),
  ssGuest2: block(0x5190, secondStageLeaf[1], { R: 1, W: 1, ADDR: 0x32 }),
  ssGuest1: block(0x5188, secondStageLeaf[1], { R: 1, W: 1, ADDR: 0x31 }),
  ssPage: block(0x5010, secondStageLeaf[1], { R: 1, W: 1, ADDR: 0x55 }),
  irte: block(0x8050, remappedIrte, { P: 1, V: 0x41, DST: 3, SID: 0x0110, SVT: 1 }),
  posted: block(0x8060, postedIrte, { P: 1, IM: 1, V: 0x51, PDAL: 0x9000 / 64, SID: 0x0110, SVT: 1 }),
  descriptor: block(0x9000, postedDescriptor, { NV: 0xf2, NDST: 3 }),
} as const satisfies Record<string, Block>
export type StructureName = keyof typeof structures

const everyFeature = {
  CAP: { SAGAW: 0b1110, MGAW: 47, ZLR: 1, SSLPS: 3, FS1GP: 1, FS5LP: 1, PI: 1 },
  ECAP: {
    QI: 1, DT: 1, IR: 1, EIM: 1, PT: 1, SC: 1, MTS: 1, NEST: 1, PRS: 1, ERS: 1, SRS: 1, EAFS: 1, PSS: 19, PASID: 1,
    SMTS: 1, SSADS: 1, SSTS: 1,
    FSTS: 1, SMPWCS: 1, RPS: 1, ADMS: 1, RPRIVS: 1, PTRS: 1, SSIRWS: 1,
  },
  GSTS: { TES: 1, IRES: 1 }, RTADDR: { RTA: 0x1 }, IRTA: { IRTA: 0x8, EIME: 1, S: 7 },
}
export type RegisterName = keyof typeof everyFeature

export interface World {
  registers: Record<RegisterName, Fields>; structures: Record<StructureName, Block>; unreadable: StructureName[]
  rules: SingleSource; updatesFail: boolean; request: DmaRequest; message: { address: number; data: number }
}
/** Changes a fresh world. */
export type Edit = (world: World) => void

const changed = (name: StructureName, change: (old: Block) => Partial<Block>): Edit => w => {
  w.structures[name] = { ...w.structures[name], ...change(w.structures[name]) }
}
export const is = (name: StructureName, fields: Fields): Edit =>
  changed(name, old => ({ fields: { ...old.fields, ...fields } }))
/** Another kind of entry in the same place. */
export const becomes = (name: StructureName, of: Layout, fields: Fields): Edit => changed(name, () => ({ of, fields }))
/** The same entry at another index of its table, or in another table. */
export const at = (name: StructureName, page: number, index: number): Edit =>
  changed(name, old => ({ address: page * 4096 + index * old.of.bits / 8 }))
export const having = (name: RegisterName, fields: Fields): Edit =>
  w => { w.registers[name] = { ...w.registers[name], ...fields } }
export const unreadable = (name: StructureName): Edit => w => { w.unreadable.push(name) }
export const updatesFail: Edit = w => { w.updatesFail = true }
export const asking = (request: Partial<DmaRequest>): Edit => w => { w.request = { ...w.request, ...request } }
export const rule = (name: keyof SingleSource): Edit => w => { w.rules = { ...w.rules, [name]: true } }
export const sending = (address: number, data = 0): Edit => w => { w.message = { address, data } }
/** Scalable mode; RID_PASID is 42, PASIDs 41 to 44 are first stage, second stage, nested and pass-through. */
export const scalable: Edit = having('RTADDR', { RTA: 0x11, TTM: 1 })
export const withPasid = (pasid: number): Edit => w => { scalable(w); asking({ pasid })(w) }

export const haw = 46
/** A remappable-format message with this handle. */
export const handle = (index: number): number => 0xfee00010 + index * 32

export function world(...edits: readonly Edit[]): World {
  const made: World = {
    registers: { ...everyFeature }, structures: { ...structures }, unreadable: [], rules: noSingleSource,
    updatesFail: false,
    message: { address: handle(5), data: 0 },
    request: { sid: 0x0110, type: 'untranslated', access: 'read', address: 0x40201234, dword: false, pasid: null,
      privileged: false, execute: false },
  }
  for (const edit of edits) edit(made)
  return made
}

interface Machine { readonly memory: MemoryImage; readonly registers: UnitRegisters; readonly tables: ScalableTables }
/** The world as words. */
export function machineOf(w: World): Machine {
  const memory = new MemoryImage()
  for (const { address, of, fields } of Object.values(w.structures)) memory.write(address, encode(of, fields))
  for (const name of w.unreadable) memory.drop(Math.floor(w.structures[name].address / 4096))
  const word = (name: RegisterName): Uint32Array => encode(registers[name].layout as Layout, w.registers[name])
  const unit: UnitRegisters = { cap: word('CAP'), ecap: word('ECAP'), gsts: word('GSTS')[0]!, rtaddr: word('RTADDR'),
    irta: word('IRTA') }
  const tables = rawTables(memory, rootsOf(unit), entryReader(rulesOf(unit, haw)))
  return { memory, registers: unit, tables: w.updatesFail ? { ...tables, acceptsUpdate: () => false } : tables }
}

export function dma(w: World, trail?: Trail): ReturnType<typeof translate> {
  const { registers: unit, tables } = machineOf(w)
  return translate(tables, translationUnitOf(unit, haw, w.rules), w.request, trail)
}

/** Remaps the message, and posts it where the entry says so. */
export function interrupt(w: World): Exclude<Remapped, { kind: 'posted' }> | Written {
  const { memory, registers: unit, tables } = machineOf(w)
  const remapped = remap(interruptUnitOf(unit, haw), decodeMessage(0x0110, w.message.address, w.message.data)!,
    tables.irte)
  if (remapped.kind !== 'posted') return remapped
  const page = memory.page(Math.floor(remapped.descriptor / 4096))
  const { postedDescriptor: read } = entryReader(rulesOf(unit, haw))
  return post(interruptUnitOf(unit, haw), remapped,
    page === undefined ? 'unreadable' : read(page, remapped.descriptor % 4096 / 4))
}
