/** MSI and MSI-X: the message in compatibility format (SDM vol. 3 10.11) and the function that sends it (PCIe 5.0
 *  6.1.4, 7.7.1, 7.7.2). */
import { uncited } from './clauses.ts'
import type { Cite } from './clauses.ts'
import type { Disputed } from './lapic.ts'
import type { Request } from './x2apic.ts'

/** Codes of bits 10:8, in an MSI, an RTE and the ICR alike; 3 and 6 are reserved in an MSI. */
export const deliveryModes = { fixed: 0, lowestPriority: 1, smi: 2, nmi: 4, init: 5, extInt: 7 } as const

/** Unsigned 32-bit words. */
export interface RawMessage { readonly addressLow: number; readonly addressHigh: number; readonly data: number }
export interface MessageFields {
  readonly destination: number
  readonly redirectionHint: boolean
  readonly logical: boolean
  readonly vector: number
  readonly deliveryMode: number
  /** Data bit 14; without meaning for an edge. */
  readonly assert: boolean
  readonly level: boolean
}

/** Fields wider than their place are cut, as a register would. */
export function encodeMessage(m: MessageFields): RawMessage {
  return {
    addressLow: (0xfee << 20 | (m.destination & 0xff) << 12 | +m.redirectionHint << 3 | +m.logical << 2) >>> 0,
    addressHigh: 0,
    data: m.vector & 0xff | (m.deliveryMode & 7) << 8 | +m.assert << 14 | +m.level << 15,
  }
}

/** Null when the address is outside FEExxxxxh: an ordinary memory write. Reserved bits are not looked at, nor bit 4,
 *  which VT-d reads as the interrupt format before anyone calls this. */
export function decodeMessage({ addressLow, addressHigh, data }: RawMessage): MessageFields | null {
  if (addressHigh !== 0 || addressLow >>> 20 !== 0xfee) return null
  return {
    destination: addressLow >>> 12 & 0xff, redirectionHint: (addressLow & 1 << 3) !== 0,
    logical: (addressLow & 1 << 2) !== 0,
    vector: data & 0xff, deliveryMode: data >>> 8 & 7, assert: (data & 1 << 14) !== 0, level: (data & 1 << 15) !== 0,
  }
}

/** Whom a message in compatibility format means. */
export function requestOf(m: MessageFields, disputed: Disputed, cite: Cite = uncited): Request {
  const doubtful = m.logical && !m.redirectionHint
  if (doubtful) cite('SDM:msi/redirection-hint')
  return {
    destination: { value: m.destination, logical: m.logical && !(doubtful && disputed.dmWithoutRh === 'ignored'),
      bits: 8 },
    one: m.redirectionHint || m.deliveryMode === deliveryModes.lowestPriority,
  }
}

/** One interrupt source of a function. `address` and `data` are the registers' low words, or small indices in a bounded
 *  model. */
export interface MsiSource {
  address: number
  data: number
  /** MSI or MSI-X enable. */
  enabled: boolean
  /** Mask bit of the vector, or the function mask. Never set when not `maskable`. */
  masked: boolean
  pending: boolean
  /** MSI-X always; MSI only with the per-vector mask capability. */
  readonly maskable: boolean
}
export interface Message { readonly address: number; readonly data: number }
/** `lost`: no message and no pending bit; a function may raise INTx instead. */
export type EventOutcome = { readonly kind: 'message'; readonly message: Message } | { readonly kind: 'pended' }
  | { readonly kind: 'lost' }

/** The function has something to say. */
export function event(source: MsiSource, cite: Cite = uncited): EventOutcome {
  if (!source.enabled) { cite('PCI:msi/disabled'); return { kind: 'lost' } }
  if (source.masked) {
    cite('PCI:msix/pending-on-mask')
    source.pending = true
    return { kind: 'pended' }
  }
  cite('PCI:msi/message')
  return { kind: 'message', message: { address: source.address, data: source.data } }
}

/** Writes to a source without mask bits change nothing. */
export function mask(source: MsiSource): void { source.masked = source.maskable }

/** The message that was pending, if any. */
export function unmask(source: MsiSource, cite: Cite = uncited): Message | null {
  source.masked = false
  return releasePending(source, cite)
}

/** Of the enable bit. Enabling an unmasked source sends what is pending: a function has no other moment to do so. */
export function setEnabled(source: MsiSource, enabled: boolean, cite: Cite = uncited): Message | null {
  source.enabled = enabled
  return releasePending(source, cite)
}

function releasePending(source: MsiSource, cite: Cite): Message | null {
  if (!source.pending || source.masked || !source.enabled) return null
  cite('PCI:msix/unmask-sends-one')
  source.pending = false
  return { address: source.address, data: source.data }
}

export function writeAddress(source: MsiSource, address: number, cite: Cite = uncited): void {
  citeRewrite(source, cite)
  source.address = address
}
export function writeData(source: MsiSource, data: number, cite: Cite = uncited): void {
  citeRewrite(source, cite)
  source.data = data
}
function citeRewrite(source: MsiSource, cite: Cite): void {
  cite('PCI:msi/address-data-separate')
  if (rewriteIsUndefined(source)) cite('PCI:msix/rewrite-unmasked')
}
/** Whether the function may go on with a cached address and data, whatever is written now. Plain MSI has no such
 *  licence. */
export function rewriteIsUndefined(source: Readonly<MsiSource>): boolean {
  return source.maskable && source.enabled && !source.masked
}

/** A write on its way to the function. */
export type PostedWrite =
  | { type: 'address'; value: number } | { type: 'data'; value: number } | { type: 'mask' } | { type: 'unmask' }

/** The write arrives. @returns the message that an unmask releases. */
export function land(source: MsiSource, write: PostedWrite, cite: Cite = uncited): Message | null {
  switch (write.type) {
    case 'address': writeAddress(source, write.value, cite); return null
    case 'data': writeData(source, write.value, cite); return null
    case 'mask': mask(source); return null
    case 'unmask': return unmask(source, cite)
  }
}

/** The CPU reads any register of the function: all posted writes land first, in order. @returns the messages they
 *  release. */
export function readBack(source: MsiSource, posted: PostedWrite[], cite: Cite = uncited): Message[] {
  cite('PCI:posted/read-back')
  return posted.splice(0).flatMap(write => land(source, write, cite) ?? [])
}
