/** The local APIC's way of a fixed interrupt: acceptance, priority, dispatch, EOI (SDM vol. 3 10.8 and 10.9, APM vol. 2
 *  chapter 16).
 *  Fixed and lowest-priority messages only: NMI, SMI, INIT, SIPI and ExtINT go to the core and touch nothing here. */
import { uncited } from './clauses.ts'
import type { Cite } from './clauses.ts'

/** One bit a vector. `tmr[v]` means something only while v is in IRR or ISR: else a model may forget it. */
export interface Lapic { irr: boolean[]; isr: boolean[]; tmr: boolean[] }
export interface LapicView {
  readonly irr: readonly boolean[]
  readonly isr: readonly boolean[]
  readonly tmr: readonly boolean[]
}

/** Where the manuals, or a manual and all software, disagree. */
export interface Disputed {
  /** A request whose IRR bit is set: SDM since the Pentium 4 `merge`; APM and P6 `refuse`, and the sender retries. */
  readonly secondRequest: 'merge' | 'refuse'
  /** PPR 3:0 when TPR and the vector in service are of one class: the SDM says model-specific. */
  readonly pprSubclassOnTie: 'tpr' | 'zero'
  /** MSI with RH = 0 and DM = 1: the SDM's letter `ignored`; Linux, Xen and QEMU `honoured`. */
  readonly dmWithoutRh: 'honoured' | 'ignored'
}
/** What today's hardware and software do. */
export const usualReading: Disputed = { secondRequest: 'merge', pprSubclassOnTie: 'tpr', dmWithoutRh: 'honoured' }

export interface LapicConfig {
  /** Priority class of a vector: at least 1 for a legal one, and never lower for a higher vector. */
  readonly classOf: (vector: number) => number
  /** Vectors below are illegal. */
  readonly firstVector: number
  /** IA32_APIC_BASE.EN and SVR bit 8. */
  readonly enabled: boolean
  /** SVR bit 12; settable only where bit 24 of the version register is 1. */
  readonly suppressEoiBroadcast: boolean
  readonly disputed: Disputed
}
/** 256 vectors in 16 classes. */
export const architecturalLapic: LapicConfig =
  { classOf: vector => vector >> 4, firstVector: 16, enabled: true, suppressEoiBroadcast: false,
    disputed: usualReading }
/** A handful of vectors from 0, each a class of its own. Class 0 stays free: it is that of an idle CPU, above which all
 *  must be. */
export const boundedLapic: LapicConfig = { ...architecturalLapic, classOf: vector => vector + 1, firstVector: 0 }

/** ESR bit of `rejected-illegal`, for callers that keep an ESR. */
export const esrReceiveIllegalVector = 1 << 6

/** `refused` occurs only with `secondRequest: 'refuse'`: the message is still with its sender. */
export type Acceptance = 'accepted' | 'merged' | 'refused' | 'rejected-illegal' | 'dropped-disabled'

/** Takes in a fixed message. */
export function accept(lapic: Lapic, vector: number, level: boolean, config: LapicConfig,
  cite: Cite = uncited): Acceptance {
  if (!config.enabled) { cite('APM:16/software-disabled'); return 'dropped-disabled' }
  if (vector < config.firstVector) { cite('SDM:apic/illegal-vector'); return 'rejected-illegal' }
  const waiting = lapic.irr[vector]!
  if (waiting && config.disputed.secondRequest === 'refuse') { cite('APM:16/irr-refuse'); return 'refused' }
  cite(waiting ? 'SDM:apic/irr-merge' : 'SDM:apic/accept')
  lapic.irr[vector] = true
  // Also when it merges, and also under a handler in service: a shared vector loses its trigger mode here.
  if (lapic.tmr[vector] !== level) { cite('SDM:apic/tmr-rewrite'); lapic.tmr[vector] = level }
  return waiting ? 'merged' : 'accepted'
}

/** PPR as the register shows it: class in 7:4, sub-class in 3:0. `tpr` likewise. */
export function ppr(lapic: LapicView, tpr: number, config: LapicConfig): number {
  const taskClass = tpr >> 4
  const servedClass = classInService(lapic, config)
  if (taskClass < servedClass) return servedClass << 4
  return taskClass === servedClass && config.disputed.pprSubclassOnTie === 'zero' ? taskClass << 4 : tpr
}
function classInService(lapic: LapicView, config: LapicConfig): number {
  const served = lapic.isr.lastIndexOf(true)
  return served < 0 ? 0 : config.classOf(served)
}

/** The vector that goes to the core next, or null. The core's own gates (RFLAGS.IF, interrupt shadow) are the caller's
 *  guard. */
export function dispatchable(lapic: LapicView, tpr: number, config: LapicConfig): number | null {
  const vector = lapic.irr.lastIndexOf(true)
  return config.enabled && vector >= 0 && config.classOf(vector) > ppr(lapic, tpr, config) >> 4 ? vector : null
}

/** The core takes `vector`, which must be `dispatchable`. */
export function dispatch(lapic: Lapic, vector: number, cite: Cite = uncited): void {
  cite('SDM:apic/dispatch-above-ppr')
  lapic.irr[vector] = false
  lapic.isr[vector] = true
}

/** The core's acknowledge of an interrupt signalled earlier: TPR may have risen since, and then the vector is SVR's. */
export function acknowledge(lapic: Lapic, tpr: number, config: LapicConfig, cite: Cite = uncited): number | 'spurious' {
  const vector = dispatchable(lapic, tpr, config)
  if (vector === null) { cite('SDM:apic/spurious'); return 'spurious' }
  dispatch(lapic, vector, cite)
  return vector
}

/** A write of the EOI register. `broadcast`: the I/O APICs are told `vector`. Null when nothing is in service. */
export function eoi(lapic: Lapic, config: LapicConfig,
  cite: Cite = uncited): { vector: number; broadcast: boolean } | null {
  const vector = lapic.isr.lastIndexOf(true)
  if (vector < 0) return null
  cite('SDM:apic/eoi-highest-isr')
  lapic.isr[vector] = false
  if (!lapic.tmr[vector]) { cite('SDM:apic/eoi-edge'); return { vector, broadcast: false } }
  cite(config.suppressEoiBroadcast ? 'SDM:apic/eoi-suppressed' : 'SDM:apic/eoi-broadcast')
  return { vector, broadcast: !config.suppressEoiBroadcast }
}
