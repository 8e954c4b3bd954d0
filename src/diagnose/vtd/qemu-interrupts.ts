/** What QEMU's VT-d model prints of interrupts that it refuses, once a run each (QEMU hw/i386/intel_iommu.c: facts
 *  about its texts; VT-d rev 5.10, 5.1 and table 15). QEMU has no interrupt entry cache: what it found is what memory
 *  holds. */
import type { Answer, Conclusion, Happening, Line } from '../happening.ts'
import { bigHex, deviceOfId, form, hex } from '../text.ts'
import { hexReason, reasonMeaning } from './reason.ts'
import { showsOf } from './answer-interrupt.ts'

interface Refusal {
  /** Fault reason of the hardware; null where hardware takes it for no interrupt. */
  readonly code: number | null
  readonly index: number | null
  readonly sid: number | null
  readonly title: string
  readonly sure: string
}
interface Message { readonly form: RegExp; readonly read: (found: RegExpExecArray) => Refusal }

const ofEntry = (index: string, code: number, title: string, sure: string, sid: number | null = null): Refusal =>
  ({ code, index: Number(index), sid, title: `${title} (entry ${index})`, sure })
const named = (digits: string): string => deviceOfId(Number(digits))
const svts = String.raw`\(index=<dec>, `
const messages: readonly Message[] = [
  { form: form(String.raw`non-present IRTE \(index=<dec>, high=<hex>, low=<hex>`),
    read: ([, index, high, low]) => ofEntry(index!, 0x22, 'its entry is not present',
      bigHex(high!) === 0n && bigHex(low!) === 0n
        ? 'Memory holds zeros there: the entry was never filled in, or was cleared while its source could still send.'
        : `Memory holds ${hex(bigHex(high!))}, ${hex(bigHex(low!))} (high, low) there, with P clear.`) },
  { form: form(String.raw`reserved IRTE \(index=<dec>, high=<hex>, low=<hex>`),
    read: ([, index, high, low]) => ofEntry(index!, 0x24, 'its entry has reserved fields set',
      `Memory holds ${hex(bigHex(high!))}, ${hex(bigHex(low!))} (high, low) there.`) },
  { form: form(String.raw`invalid IRTE SID ${svts}sid=<dec>, source_id=<dec>`),
    read: ([, index, sid, source]) => ofEntry(index!, 0x26, 'it is not from the source that the entry admits',
      `The message comes from ${named(sid!)}, and the entry admits ${named(source!)}.`, Number(sid)) },
  { form: form(String.raw`invalid SVT_BUS ${svts}bus=<dec>, min=<dec>, max=<dec>`),
    read: ([, index, bus, least, most]) => ofEntry(index!, 0x26, 'it is not from a bus that the entry admits',
      `The message comes from bus ${hex(Number(bus))}, and the entry admits buses ${hex(Number(least))} to `
      + `${hex(Number(most))}.`) },
  { form: form(String.raw`invalid IRTE SVT ${svts}type=<dec>`),
    read: ([, index, type]) => ofEntry(index!, 0x24, 'its entry has a source check that is reserved',
      `SVT is ${type}, which no unit knows.`) },
  { form: form('vtd_irte_get: index too large: ind=<hex>'),
    read: ([, index]) => ofEntry(`${Number(bigHex(index!))}`, 0x21, 'its index is beyond the table',
      'The message names an entry that the table does not have: it was composed for another table, or IRTA has a '
      + 'smaller size.') },
  { form: form('vtd_irte_get: .*(?:read failed|IRTE read).*ind=<hex>'),
    read: ([, index]) => ofEntry(`${Number(bigHex(index!))}`, 0x23, 'its entry could not be read',
      'No memory is where IRTA and the index point to.') },
  { form: form(String.raw`invalid IR MSI \(sid=<dec>, address=<hex>, data=<hex>`),
    read: ([, sid, address, data]) => ({ code: 0x20, index: null, sid: Number(sid), title: 'its message has reserved '
      + 'bits set', sure: `The message was address ${hex(bigHex(address!))}, data ${hex(bigHex(data!))}.` }) },
  { form: form('MSI address (?:high 32 bits non-zero|low 32 bit invalid)[^:]*: (?:address=)?<hex>'),
    read: ([, address]) => ({ code: null, index: null, sid: null, title: 'its address is none of an interrupt',
      sure: `The message went to ${hex(bigHex(address!))}, and an interrupt goes to FEEx_xxxx: whoever sent it has a `
      + 'wrong or no address in its MSI registers.' }) },
]

const refusing = /vtd_(?:irte_get|interrupt_remap_msi|remap_\w+): (.+)$/
export const interruptWords = 'IRTE|IR MSI|MSI address|SVT_BUS|vtd_irte_get|vtd_interrupt_remap'

/** Null where the line is none of these. A text that is not known is told as it stands. */
export function interruptRefusal(line: Line): Happening | null {
  const words = refusing.exec(line.text)?.[1] ?? null
  for (const { form: of, read } of messages) {
    const found = of.exec(line.text)
    if (found !== null) return happeningOf(line, read(found))
  }
  return words === null ? null : happeningOf(line, null, words)
}

function happeningOf(line: Line, refusal: Refusal | null, words = ''): Happening {
  return {
    line, device: refusal === null || refusal.sid === null ? null : deviceOfId(refusal.sid), access: 'interrupt',
    address: refusal?.index === null || refusal === null ? null : BigInt(refusal.index),
    kind: `qemu interrupt ${refusal?.code ?? words}`, answer: () => answerOf(refusal, words),
  }
}

function answerOf(refusal: Refusal | null, words: string): Answer {
  const code = refusal?.code ?? null
  const who = refusal === null || refusal.sid === null ? 'a source that the line does not name'
    : deviceOfId(refusal.sid)
  const concludes: readonly Conclusion[] = refusal === null ? []
    : [{ certainty: 'sure', says: refusal.sure, rule: 'QEMU prints what it found, and caches no entry' }]
  return {
    title: `an interrupt of ${who} was refused: ${refusal?.title ?? words}`
      + (code === null ? '' : `; hardware gives ${hexReason(code)}`),
    happened: 'QEMU refused an interrupt message: no CPU got it. Each such message comes once a run, so there may be '
      + 'more.',
    hardware: code === null ? [] : reasonMeaning({ code, base: 'hex', doubt: null }),
    concludes,
    next: [{ run: null, says: "add -trace 'vtd_*' -D boot.log to QEMU, then remapcheck validate boot.log" },
      { run: null, says: 'compare the message (MSI address and data, or the pin of the I/O APIC) with the entry in '
        + 'memory' }],
    shows: showsOf(code),
  }
}
