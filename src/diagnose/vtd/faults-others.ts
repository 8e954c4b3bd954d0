/** Reads fault lines of FreeBSD, seL4 and Genode: one line each, numbers in hexadecimal but for the parts of a bus
 *  address of FreeBSD; and of Asterinas, which prints the fields of a record by name, in decimal, on one line or
 *  many (FreeBSD sys/x86/iommu/intel_fault.c, seL4 src/plat/pc99/machine/intel-vtd.c, Genode's platform driver:
 *  facts about their texts). */
import { decode, dwordsOf, registers } from '../../../spec/vtd/index.ts'
import type { Access, Line, Reader, Reading } from '../happening.ts'
import { bigHex, deviceOfId, form } from '../text.ts'
import { happeningOf } from './fault.ts'
import type { System, UnitFault } from './fault.ts'
import { reasonOf } from './reason.ts'

const freebsd = form('DMAR<dec>: .*pci<dec>:<dec>:<dec> sid <hex> fault acc <dec> adt <hex> reason <hex> addr <hex>')
const sel4 = form('IOMMU: DMA (read|write) page fault from <hex> .*on address <hex>:<hex> with reason code <hex>')
const genode = form('Fault: hi=<hex>, reason=<hex>, type=<hex>.*Source=<hex>, (lo|info)=<hex>')

export class OtherFaults implements Reader {
  readonly name = 'fault of a VT-d unit'
  readonly words = new RegExp(['fault acc \\d', 'IOMMU: DMA ', 'Fault: hi=', 'Request type', 'Source identifier',
    'Fault Reason"?:', 'Raw: \\d{4}', 'Raw": \\d{4}'].join('|'), 'i')

  read(line: Line, final: boolean): Reading {
    const { text } = line
    const raw = rawRecord.exec(text)
    if (raw !== null) return [happeningOf(ofAsterinas(line, raw[1]!))]
    if (/Request type|Source identifier|Fault [Rr]eason"?:/.test(text)) return 'context'
    const fault = ofFreebsd(line) ?? ofSel4(line) ?? ofGenode(line)
    if (fault !== null) return [happeningOf(fault)]
    return /sid [0-9a-f]+ fault acc|IOMMU: DMA (?:read|write) page|Fault: hi=/i.test(text) && !final ? 'more' : 'other'
  }
}

/** `Raw` is the whole record: 128 bits, in decimal. */
const rawRecord = /\bRaw"?: (\d{4,39})\b/
function ofAsterinas(line: Line, raw: string): UnitFault {
  const bits = BigInt(raw)
  const record = decode(registers.FRCD.layout, dwordsOf(bits & 0xffffffffffffffffn, bits >> 64n & 0xffffffffffffffffn))
  const fault = base('Asterinas', line, record.SID, record.T1 === 1 ? 'read' : 'write', BigInt(record.FI) << 12n,
    record.FR.toString(16))
  return { ...fault, pasid: record.PP === 1 ? record.PV : null }
}

const base = (system: System, line: Line, sid: number, access: Access, address: bigint, reason: string): UnitFault => {
  const code = reasonOf(`0x${reason}`, '', 'hex')
  const isInterrupt = code.code >= 0x20 && code.code < 0x30
  return { system, line, device: deviceOfId(sid), access: isInterrupt ? 'interrupt' : access,
    address: isInterrupt ? address >> 48n : address, pasid: undefined, reason: code, status: null, walk: null }
}

function ofFreebsd(line: Line): UnitFault | null {
  const found = freebsd.exec(line.text)
  if (found === null) return null
  const [, , , , , sid, acc, , reason, address] = found
  return base('FreeBSD', line, Number.parseInt(sid!, 16), acc === '1' ? 'read' : 'write', bigHex(address!), reason!)
}
function ofSel4(line: Line): UnitFault | null {
  const found = sel4.exec(line.text)
  if (found === null) return null
  const [, verb, sid, high, low, reason] = found
  return base('seL4', line, Number.parseInt(sid!, 16), verb!.toLowerCase() as 'read' | 'write',
    bigHex(high!) << 32n | bigHex(low!), reason!)
}
/** `hi` is the upper half of a fault record; a newer print has the address shifted. */
function ofGenode(line: Line): UnitFault | null {
  const found = genode.exec(line.text)
  if (found === null) return null
  const [, high, reason, , sid, form, low] = found
  const record = decode(registers.FRCD.layout, dwordsOf(0n, bigHex(high!)))
  const address = form!.toLowerCase() === 'info' ? bigHex(low!) << 12n : bigHex(low!)
  const fault = base('Genode', line, Number.parseInt(sid!, 16), record.T1 === 1 ? 'read' : 'write', address, reason!)
  const agrees = record.FR === Number.parseInt(reason!, 16) && record.SID === Number.parseInt(sid!, 16)
  return { ...fault, pasid: record.PP === 1 ? record.PV : null,
    reason: agrees ? fault.reason
      : { ...fault.reason!, doubt: 'the record (hi) says another reason or source than the line: one is cut or '
        + 'mistyped' } }
}
