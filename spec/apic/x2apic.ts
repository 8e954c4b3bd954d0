/** APIC modes and who is meant by a destination: xAPIC and x2APIC, physical and logical (SDM vol. 3 10.4.4, 10.6.2,
 *  10.12). */
import { uncited } from './clauses.ts'
import type { ApicClause, Cite } from './clauses.ts'

export type ApicMode = 'disabled' | 'xapic' | 'x2apic'
/** `reset`: all registers are as after reset. `derive-ldr`: LDR follows from the id and ICR 63:32 is 0; the rest is
 *  kept. */
export interface ModeChange { readonly to: ApicMode; readonly effect: 'none' | 'reset' | 'derive-ldr' }

/** A write of IA32_APIC_BASE with bits EN (11) and EXTD (10), on a CPU that has x2APIC. */
export function writeApicBase(from: ApicMode, en: boolean, extd: boolean, cite: Cite = uncited): ModeChange | '#GP' {
  const enabled = extd ? 'x2apic' : 'xapic'
  const to = en ? enabled : 'disabled'
  if ((extd && !en) || (from === 'disabled' && to === 'x2apic') || (from === 'x2apic' && to === 'xapic')) {
    cite('SDM:apic/mode-refused')
    return '#GP'
  }
  if (from === to) return { to, effect: 'none' }
  cite('SDM:apic/mode-change')
  return { to, effect: to === 'x2apic' ? 'derive-ldr' : 'reset' }
}

/** One CPU as messages see it. `ldr` is the whole register (logical id in 31:24); x2APIC derives its own from `id`. */
export type Receiver =
  | { readonly mode: 'disabled'; readonly id: number }
  | { readonly mode: 'xapic'; readonly id: number; readonly ldr: number; readonly dfr: 'flat' | 'cluster' }
  | { readonly mode: 'x2apic'; readonly id: number }

/** `bits`: 32 for an x2APIC ICR and for device messages remapped in extended mode (VT-d EIME, AMD-Vi XTEn), else 8. */
export interface Destination { readonly value: number; readonly logical: boolean; readonly bits: 8 | 32 }

/** LDR of an x2APIC. Id bits above 19 do not appear: such ids alias. */
export function x2apicLdr(id: number): number { return (id >>> 4 << 16 | 1 << (id & 0xf)) >>> 0 }

/** The rule by which the CPU is among those meant, or null. */
export function matchedBy(receiver: Receiver, destination: Destination): ApicClause | null {
  if (receiver.mode === 'disabled') return null
  if (receiver.mode === 'xapic') return matchedByXapic(receiver, destination.value & 0xff, destination.logical)
  return matchedByX2apic(receiver.id, destination)
}

function matchedByXapic(receiver: Extract<Receiver, { mode: 'xapic' }>, mda: number,
  logical: boolean): ApicClause | null {
  if (mda === 0xff) return 'SDM:apic/broadcast'
  if (!logical) return mda === receiver.id ? 'SDM:apic/physical' : null
  const logicalId = receiver.ldr >>> 24
  if (receiver.dfr === 'flat') return (mda & logicalId) !== 0 ? 'SDM:apic/logical-flat' : null
  return mda >> 4 === logicalId >> 4 && (mda & logicalId & 0xf) !== 0 ? 'SDM:apic/logical-cluster' : null
}

function matchedByX2apic(id: number, { value, logical, bits }: Destination): ApicClause | null {
  if (value === 0xffffffff) return 'SDM:apic/broadcast'
  if (!logical) {
    if (bits === 8 && value === 0xff) return 'SDM:apic/broadcast'
    return value === id ? 'SDM:apic/physical' : null
  }
  // An 8-bit logical destination is taken as it stands, so it reaches members 0 to 7 of cluster 0 and no other CPU.
  const ldr = x2apicLdr(id)
  return value >>> 16 === ldr >>> 16 && (value & ldr & 0xffff) !== 0 ? 'SDM:x2apic/logical' : null
}

/** `one`: lowest priority or redirection hint. */
export interface Request { readonly destination: Destination; readonly one: boolean }
/** `cpus`: indices in ascending order. `one`: exactly one of them gets the message, and the caller's model tries
 *  each. */
export interface Recipients { readonly cpus: readonly number[]; readonly one: boolean }

export function recipients(receivers: readonly Receiver[], request: Request, cite: Cite = uncited): Recipients {
  const cpus: number[] = []
  receivers.forEach((receiver, cpu) => {
    const rule = matchedBy(receiver, request.destination)
    if (rule === null) return
    cite(rule)
    cpus.push(cpu)
  })
  if (cpus.length === 0) cite('SDM:apic/no-target')
  if (request.one && cpus.length > 1) cite('SDM:apic/one-of-many')
  return { cpus, one: request.one }
}
