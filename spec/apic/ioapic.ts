/** The I/O APIC: redirection table entries and what a pin does (82093AA data sheet; pin rules as Xen, ACRN, Cloud
 *  Hypervisor agree). */

/** An RTE in compatibility format. Delivery status (bit 12) reads 0: a message is accepted at once. */
export interface Rte {
  readonly vector: number
  /** Codes as `deliveryModes` of msi.ts. */
  readonly deliveryMode: number
  readonly logical: boolean
  readonly activeLow: boolean
  readonly remoteIrr: boolean
  readonly level: boolean
  readonly masked: boolean
  readonly destination: number
}

/** Two unsigned words, as registers 10h+2n and 11h+2n hold them. */
export function encodeRte(rte: Rte): { low: number; high: number } {
  return {
    low: rte.vector & 0xff | (rte.deliveryMode & 7) << 8 | +rte.logical << 11 | +rte.activeLow << 13
      | +rte.remoteIrr << 14 | +rte.level << 15 | +rte.masked << 16,
    high: (rte.destination & 0xff) << 24 >>> 0,
  }
}
export function decodeRte(low: number, high: number): Rte {
  const bit = (n: number): boolean => (low >>> n & 1) === 1
  return {
    vector: low & 0xff, deliveryMode: low >>> 8 & 7, logical: bit(11), activeLow: bit(13),
    remoteIrr: bit(14), level: bit(15), masked: bit(16), destination: high >>> 24,
  }
}

/** What a pin's behaviour depends on; destination and modes only ride along in its messages. */
export interface Pin {
  vector: number
  level: boolean
  masked: boolean
  remoteIrr: boolean
  /** The wire, after polarity. */
  asserted: boolean
}

/** The wire changes. @returns whether a message is sent. An edge on a masked pin is lost: nothing latches it. */
export function setLine(pin: Pin, asserted: boolean): boolean {
  const rises = asserted && !pin.asserted
  pin.asserted = asserted
  return pin.level ? sendLevel(pin) : rises && !pin.masked
}

/** Software writes the RTE's low word, in which remote IRR is read-only. @returns whether a message is sent.
 *  The high word (destination) changes nothing here: store it. */
export function writeRteLow(pin: Pin,
  word: { readonly vector: number; readonly level: boolean; readonly masked: boolean }): boolean {
  pin.vector = word.vector
  pin.level = word.level
  pin.masked = word.masked
  if (!pin.level) pin.remoteIrr = false // the way out for an I/O APIC without EOI register: edge, then level again
  return sendLevel(pin)
}

/** An EOI message or a write of the EOI register. It meets every pin of that vector and no other, so a pin whose vector
 *  was rewritten while remote IRR was set waits for ever. @returns the pins that send again. */
export function eoiPins(pins: readonly Pin[], vector: number): number[] {
  return pins.flatMap((pin, n) => {
    if (pin.vector !== vector) return []
    pin.remoteIrr = false
    return sendLevel(pin) ? [n] : []
  })
}

/** A level pin sends once, then waits for the EOI. */
function sendLevel(pin: Pin): boolean {
  if (!pin.level || !pin.asserted || pin.masked || pin.remoteIrr) return false
  pin.remoteIrr = true
  return true
}
