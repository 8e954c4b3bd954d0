/** A fault of a unit as any system prints it, and the happening it is. */
import type { Access, Answer, Group, Happening, Known, Line } from '../happening.ts'
import { answerDma } from './answer-dma.ts'
import { answerInterrupt } from './answer-interrupt.ts'
import { deadUnit, isDeadRecord } from './dead-unit.ts'
import { hexReason } from './reason.ts'
import type { Reason } from './reason.ts'
import type { Walk } from './walk.ts'

export type System = 'Linux' | 'Xen' | 'FreeBSD' | 'seL4' | 'Genode' | 'Asterinas' | 'QEMU'

export interface UnitFault {
  readonly system: System
  readonly line: Line
  readonly device: string | null
  readonly access: Access
  /** Of a DMA: its address; of an interrupt: the index. */
  readonly address: bigint
  /** Null: without. Undefined: the line does not say. */
  readonly pasid: number | null | undefined
  /** Null where the line was cut before it. */
  readonly reason: Reason | null
  /** FSTS, where a line shows it. */
  status: number | null
  /** The tables that the kernel printed below it. */
  walk: Walk | null
}

export const happeningOf = (fault: UnitFault): Happening => {
  const { line, device, access, address, reason, pasid } = fault
  const what = reason === null ? 'unknown' : hexReason(reason.code)
  return {
    line, device, access, address,
    kind: access === 'interrupt' ? `unit-interrupt ${what} ${address}`
      : `unit-dma ${what} ${access}${typeof pasid === 'number' ? ' PASID' : ''}`,
    answer: (group, known) => answerOf(fault, group, known),
  }
}

function answerOf(fault: UnitFault, group: Group, known: Known): Answer {
  if (isDeadRecord(fault)) return deadUnit('reason ff and source id ffff are what a fault record reads', fault.line)
  return fault.access === 'interrupt' ? answerInterrupt(fault, group, known) : answerDma(fault, group, known)
}
