/** Where the fields of the legacy structures stand, and decoding by it (VT-d rev 5.10: 6.5.2, 9.1, 9.3, 9.8 to 9.10). */
import type { Descriptor } from './invalidation.ts'
import type { ContextEntry, Irte, RootEntry, SecondStageEntry } from './tables.ts'

/** A run of bits; bit 0 is the lowest of the low word. `reserved`: must be 0. Ignored bits are fields too, named `ignored…`. */
export interface Field<N extends string = string> {
  readonly name: N; readonly low: number; readonly width: number; readonly reserved: boolean
}
/** `fields` cover all `bits`, lowest first, without overlap. Names are the manual's. */
export interface Layout<N extends string = string> {
  readonly name: string; readonly section: string; readonly bits: 64 | 128; readonly fields: readonly Field<N>[]
}
type Place = readonly [high: number, low: number] | readonly [bit: number]

/** Named places as the manual writes them, high bit first. What no place names is reserved. */
function layout<N extends string>(name: string, section: string, bits: 64 | 128, places: Readonly<Record<N, Place>>): Layout<N> {
  const named = (Object.entries(places) as [N, Place][])
    .map(([field, [high, low = high]]) => ({ name: field, low, width: high - low + 1, reserved: false }))
    .sort((a, b) => a.low - b.low)
  const fields: Field<N>[] = []
  let next = 0
  const gap = (upTo: number): void => {
    if (upTo > next) fields.push({ name: `reserved${next}` as N, low: next, width: upTo - next, reserved: true })
  }
  for (const field of named) { gap(field.low); fields.push(field); next = field.low + field.width }
  gap(bits)
  return { name, section, bits, fields }
}

export const rootEntry = layout('root entry', '9.1', 128, { P: [0], CTP: [63, 12] })
export const contextEntry = layout('context entry', '9.3', 128, {
  P: [0], FPD: [1], TT: [3, 2], SSPTPTR: [63, 12], AW: [66, 64], ignored67: [70, 67], DID: [87, 72],
})
const leafHead = { R: [0], W: [1], X: [2], EMT: [5, 3], IPAT: [6], PS: [7], A: [8], D: [9], ignored10: [10], SNP: [11] } as const
const leafTail = { ignored52: [60, 52], IR: [61], IW: [62], ignored63: [63] } as const
/** By level. IR and IW are ignored and reserved where RTADDR.SSIRWE=0; TM stood in bit 62 before rev 4. */
export const secondStageLeaf = {
  1: layout('second-stage leaf of 4 KiB', '9.8', 64, { ...leafHead, ADDR: [51, 12], ...leafTail }),
  2: layout('second-stage leaf of 2 MiB', '9.8', 64, { ...leafHead, ADDR: [51, 21], ...leafTail }),
  3: layout('second-stage leaf of 1 GiB', '9.8', 64, { ...leafHead, ADDR: [51, 30], ...leafTail }),
}
const irteSource = { SID: [79, 64], SQ: [81, 80], SVT: [83, 82] } as const
export const remappedIrte = layout('IRTE, remapped', '9.9', 128, {
  P: [0], FPD: [1], DM: [2], RH: [3], TM: [4], DLM: [7, 5], AVAIL: [11, 8], IM: [15], V: [23, 16], DST: [63, 32], ...irteSource,
})
export const postedIrte = layout('IRTE, posted', '9.10', 128, {
  P: [0], FPD: [1], AVAIL: [11, 8], URG: [14], IM: [15], V: [23, 16], PDAL: [63, 38], ...irteSource, PDAH: [127, 96],
})

const type = { TYPE: [3, 0], TYPEH: [11, 9] } as const
export const descriptorLayouts = {
  1: layout('context-cache invalidate', '6.5.2.1', 128, { ...type, G: [5, 4], DID: [31, 16], SID: [47, 32], FM: [49, 48] }),
  2: layout('IOTLB invalidate', '6.5.2.3', 128,
    { ...type, G: [5, 4], DW: [6], DR: [7], DID: [31, 16], AM: [69, 64], IH: [70], ADDR: [127, 76] }),
  4: layout('interrupt entry cache invalidate', '6.5.2.8', 128, { ...type, G: [4], IM: [31, 27], IIDX: [47, 32] }),
  5: layout('invalidation wait', '6.5.2.9', 128, { ...type, IF: [4], SW: [5], FN: [6], PD: [7], DATA: [63, 32], STATUS: [127, 66] }),
}
const otherTypes: Readonly<Record<number, string>> = {
  3: 'device-TLB', 6: 'PASID-based IOTLB', 7: 'PASID-cache', 8: 'PASID-based device-TLB', 9: 'page-group response', 10: 'HPT-cache',
}

/** The value of each field, reserved ones included. No field is wider than 52 bits, so numbers are exact. `high` is 0 for 64 bits. */
export function decode<N extends string>(of: Layout<N>, low: bigint, high = 0n): Record<N, number> {
  const whole = high << 64n | low
  const values = of.fields.map(({ name, low: at, width }) => [name, Number(BigInt.asUintN(width, whole >> BigInt(at)))])
  return Object.fromEntries(values) as Record<N, number>
}
const anyReserved = (of: Layout, values: Readonly<Record<string, number>>): boolean =>
  of.fields.some(({ name, reserved }) => reserved && values[name] !== 0)
const aboveHaw = (page: number, haw: number): boolean => page >= 2 ** (haw - 12)
const address = (page: number): number => page * 4096

/** `haw`: host address width in bits; 52 where it is not known, which finds no address too wide. So below. */
export function decodeRootEntry(low: bigint, high: bigint, haw = 52): RootEntry {
  const f = decode(rootEntry, low, high)
  return { present: f.P === 1, contextTable: address(f.CTP), reserved: anyReserved(rootEntry, f) || aboveHaw(f.CTP, haw) }
}

export function decodeContextEntry(low: bigint, high: bigint, haw = 52): ContextEntry {
  const f = decode(contextEntry, low, high)
  return {
    present: f.P === 1, fpd: f.FPD === 1, tt: f.TT as ContextEntry['tt'], table: address(f.SSPTPTR),
    levels: f.AW >= 1 && f.AW <= 3 ? f.AW + 2 : 0, did: f.DID,
    reserved: anyReserved(contextEntry, f) || aboveHaw(f.SSPTPTR, haw),
  }
}

/** A leaf met at `level`. `sc`: ECAP.SC, without which SNP is reserved. */
export function decodeSecondStageLeaf(raw: bigint, level: 1 | 2 | 3, sc: boolean, haw = 52): SecondStageEntry {
  const of = secondStageLeaf[level]
  const f = decode(of, raw)
  const page = f.ADDR * 512 ** (level - 1)
  return {
    read: f.R === 1, write: f.W === 1, pageSize: f.PS === 1, address: address(page), snoop: f.SNP === 1,
    accessed: f.A === 1, dirty: f.D === 1,
    reserved: anyReserved(of, f) || !sc && f.SNP === 1 || f.IW === 1 || aboveHaw(page, haw),
  }
}

export function decodeIrte(low: bigint, high: bigint): Irte {
  const r = decode(remappedIrte, low, high)
  const head = { present: r.P === 1, fpd: r.FPD === 1, vector: r.V, sid: r.SID, sq: r.SQ as Irte['sq'], svt: r.SVT as Irte['svt'] }
  if (r.IM === 0) return { ...head, reserved: anyReserved(remappedIrte, r), im: false,
    dm: r.DM === 1, rh: r.RH === 1, tm: r.TM === 1, dlm: r.DLM, dst: r.DST }
  const p = decode(postedIrte, low, high)
  return { ...head, reserved: anyReserved(postedIrte, p), im: true, urg: p.URG === 1, pda: p.PDAH * 2 ** 32 + p.PDAL * 64 }
}

/** A descriptor that legacy mode does not have, or that hardware would refuse. `code` is the type as the manual counts them. */
export interface Undecoded { readonly type: 'undecoded'; readonly code: number; readonly why: string }

/** One 128-bit entry of the invalidation queue. The `slot` of a wait is the dword that its status goes to: address / 4. */
export function decodeDescriptor(low: bigint, high: bigint): Descriptor | Undecoded {
  const code = Number(low & 15n | low >> 5n & 0x70n)
  const refuse = (why: string): Undecoded => ({ type: 'undecoded', code, why })
  if (code !== 1 && code !== 2 && code !== 4 && code !== 5) return refuse(otherTypes[code] ?? 'no such type')
  const of = descriptorLayouts[code]
  if (anyReserved(of, decode<string>(of, low, high))) return refuse(`${of.name}: a reserved bit is set`)
  switch (code) {
    case 1: {
      const f = decode(descriptorLayouts[1], low, high)
      if (f.G === 0) return refuse(`${of.name}: granularity 0`)
      const granularity = (['global', 'domain', 'device'] as const)[f.G - 1]!
      return { type: 'context-cache', granularity, did: f.DID, sid: f.SID, functionMask: f.FM }
    }
    case 2: {
      const f = decode(descriptorLayouts[2], low, high)
      if (f.G === 0) return refuse(`${of.name}: granularity 0`)
      const granularity = (['global', 'domain', 'page'] as const)[f.G - 1]!
      return { type: 'iotlb', granularity, did: f.DID, page: f.ADDR, addressMask: f.AM, hint: f.IH === 1 }
    }
    case 4: {
      const f = decode(descriptorLayouts[4], low, high)
      return { type: 'iec', granularity: f.G === 0 ? 'global' : 'index', index: f.IIDX, indexMask: f.IM }
    }
    case 5: return { type: 'wait', slot: decode(descriptorLayouts[5], low, high).STATUS }
  }
}
