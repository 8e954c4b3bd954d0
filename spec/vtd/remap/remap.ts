/** Interrupt remapping: formats of a request, and what becomes of it (VT-d rev 5.10: 5.1.2, 5.1.4, 5.1.5, 9.9, 9.10).
 *  Pure and total. The numbers beside the code are the manual's steps; reasons are the codes of table 15. */
import type { VtdClause } from '../clauses.ts'
import { faultOf } from '../faults.ts'
import type { Fault } from '../faults.ts'
import { reasonsOf } from '../walk/tables.ts'
import type { Fetched, Irte } from '../walk/tables.ts'

/** What the local APICs receive. Fields as in the IRTE: `dm` logical, `rh` redirection hint, `tm` level, `dlm` delivery
 *  mode 0..7. */
export interface Interrupt {
  readonly vector: number; readonly dlm: number; readonly dst: number
  readonly dm: boolean; readonly rh: boolean; readonly tm: boolean; readonly assert: boolean
}

/** A decoded request. The same bits mean another thing to a unit that does not remap: `unremapped`. */
export interface InterruptRequest {
  readonly sid: number
  readonly unremapped: Interrupt
  /** Null in compatibility format. `index` may exceed 16 bits: the sum of handle and subhandle is not cut. */
  readonly remappable: { readonly index: number; readonly reserved: boolean } | null
}

/** What the algorithm has to know of the unit. */
export interface InterruptUnit {
  /** GSTS.IRES and CFIS; IRTA.EIME */
  readonly ires: boolean; readonly cfis: boolean; readonly eime: boolean
  /** Entries of the table: 2^(IRTA.S + 1), or as many of them as lie below the host address width. */
  readonly tableSize: number
  /** CAP.PI */
  readonly pi: boolean
  /** ECAP.EIMER and IRREQ (new major versions; single source). */
  readonly eimer: boolean; readonly irreq: boolean
}

/** `index` is what a fault record or an interrupt entry cache is told; null where the request has none or it is
 *  undefined. */
interface Trail { readonly index: number | null; readonly exercised: readonly VtdClause[] }
export type InterruptFault = Fault & Trail
/** `vector` is to be set in the descriptor at address `descriptor`, which `post` does. `fpd` is that of the IRTE. */
export type Posted =
  {
    readonly kind: 'posted'
    readonly vector: number
    readonly descriptor: number
    readonly urgent: boolean
    readonly fpd: boolean
  } & Trail
export type Remapped = { readonly kind: 'interrupt'; readonly interrupt: Interrupt } & Trail | Posted | InterruptFault

/** The request in a dword write of `data` to `address`; null where the address is none of FEEx_xxxx. */
export function decodeMessage(sid: number, address: number, data: number): InterruptRequest | null {
  if (address < 0xfee00000 || address > 0xfeefffff) return null
  const bit = (word: number, at: number): boolean => (word >>> at & 1) === 1
  const unremapped = {
    vector: data & 0xff, dlm: data >>> 8 & 7, dst: address >>> 12 & 0xff,
    dm: bit(address, 2), rh: bit(address, 3), tm: bit(data, 15), assert: bit(data, 14),
  }
  if (!bit(address, 4)) return { sid, unremapped, remappable: null }
  const handle = (address >>> 5 & 0x7fff) + (bit(address, 2) ? 0x8000 : 0)
  const subhandleValid = bit(address, 3)
  return { sid, unremapped, remappable: {
    index: subhandleValid ? handle + (data & 0xffff) : handle,
    reserved: subhandleValid && data >>> 16 !== 0,
  } }
}

/** Decides one request. `irteOf` yields the entry at an index that is in range, from the interrupt entry cache or from
 *  memory:
 *  a cached entry goes through the same checks. */
export function remap(unit: InterruptUnit, request: InterruptRequest,
  irteOf: (index: number) => Fetched<Irte>): Remapped {
  const exercised: VtdClause[] = []
  const toFault = (reasons: readonly number[], fpd: boolean, index: number | null): Remapped => {
    const { clause, ...fault } = faultOf(reasons, fpd)
    exercised.push(clause)
    if (fault.suppressed) exercised.push('VTD:9/fault-processing-disable')
    return { ...fault, index, exercised }
  }
  const unchanged = (rule: VtdClause): Remapped =>
    ({ kind: 'interrupt', interrupt: request.unremapped, index: null, exercised: [...exercised, rule] })
  // 1, 2. what the unit insists on
  if (!unit.ires) return unit.irreq ? toFault([0x2b], false, null) : unchanged('VTD:5.1.4/remapping-disabled')
  if (unit.eimer && !unit.eime) return toFault([0x2a], false, null)
  // 3. the format
  exercised.push('VTD:5.1.2/message-formats')
  if (request.remappable === null)
    return unit.eime || !unit.cfis ? toFault([0x25], false, null) : unchanged('VTD:5.1.4/compatibility-format')
  // 4, 5. the request itself
  const { index, reserved } = request.remappable
  if (reserved) return toFault([0x20], false, null)
  exercised.push('VTD:5.1.5/interrupt-index')
  if (index >= unit.tableSize) return toFault([0x21], false, index)
  // 6. one read of the entry
  const irte = irteOf(index)
  if (irte === 'unreadable') return toFault([0x23], false, index)
  // 7. FPD counts even if the entry is not present
  if (!irte.present) return toFault([0x22], irte.fpd, index)
  // 8, 9. source, then format. Disputed: QEMU has them the other way round, and calls SVT=3 a failed source check.
  if (irte.svt !== 0) exercised.push('VTD:9.9/source-validation')
  const wrong = reasonsOf(
    [irte.svt !== 3 && !sourceMatches(irte, request.sid), 0x26],
    [isMalformed(irte, unit), 0x24],
    [irte.svt === 3, 0x26])
  if (wrong.length > 1) exercised.push('VTD:5.1.4/check-order')
  if (wrong.length > 0) return toFault(wrong, irte.fpd, index)
  // 10. emit or post
  const destination = unit.eime ? 'VTD:9.9/destination-32-bit' : 'VTD:9.9/destination-8-bit'
  exercised.push('VTD:5.1.4/remap', irte.im ? 'VTD:9.10/posted' : destination)
  if (irte.im) return { kind: 'posted', vector: irte.vector, descriptor: irte.pda, urgent: irte.urg, fpd: irte.fpd,
    index, exercised }
  const { vector, dlm, dm, rh, tm } = irte
  const dst = unit.eime ? irte.dst : irte.dst >>> 8 & 0xff
  return { kind: 'interrupt', interrupt: { vector, dlm, dst, dm, rh, tm, assert: true }, index, exercised }
}

/** SVT and SQ of the entry against the requester: any, this function up to the ignored bits, or a range of buses. */
export function sourceMatches({ svt, sq, sid }: Pick<Irte, 'svt' | 'sq' | 'sid'>, requester: number): boolean {
  switch (svt) {
    case 0: return true
    case 1: return ((sid ^ requester) & ~[0, 0b100, 0b110, 0b111][sq]!) === 0
    case 2: return sid >>> 8 <= requester >>> 8 && requester >>> 8 <= (sid & 0xff)
    case 3: return false
  }
}

/** A present entry that cannot be used: reserved bits or encodings, a kind the unit lacks, an 8-bit id outside its
 *  byte. */
function isMalformed(irte: Irte, unit: InterruptUnit): boolean {
  if (irte.reserved || irte.svt === 3) return true
  if (irte.im) return !unit.pi
  return irte.dlm === 3 || irte.dlm === 6 || !unit.eime && (irte.dst & 0xffff00ff) !== 0
}
