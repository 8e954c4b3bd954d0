/** Registers and fields of Control that are stored and do nothing here (AMD 48882 rev 3.05, ch. 3). */
import { registers } from '../../layout/index.ts'
import type { RegisterName } from '../../layout/index.ts'
import type { RegisterDword } from './map.ts'
import { controlOf } from './state.ts'
import type { StoredName, Unit, UnitState } from './state.ts'

/** Registers whose function the unit has. */
const done: ReadonlySet<RegisterName> = new Set<StoredName>(['DevTabBase', 'CmdBufBase', 'EventLogBase', 'IommuControl',
  'ExclBase', 'ExclLimit', 'DevTabSegment', 'CmdTail', 'EventHead', 'HwEventHi', 'HwEventLo', 'HwEventStatus'])

/** Fields of Control that ask for a function which the unit has not. */
const left = ['PprLogEn', 'PprEn', 'SmiFEn', 'GALogEn', 'DualPprLogEn', 'DualEventLogEn', 'PrivAbrtEn',
  'PprAutoRspEn', 'MarcEn', 'HADUpdate', 'IntCapXTEn', 'vCmdEn', 'vIommuEn', 'GAPPIEn', 'TMPMEn',
  'GCR3TRPMode', 'SNPAVICEn'] as const

/** What a write of the dword asks for that nothing comes of. */
export function notDone(before: UnitState, unit: Unit, name: StoredName, { dword }: RegisterDword): readonly string[] {
  if (name !== 'IommuControl') return done.has(name) ? [] : [name]
  const was = controlOf(before), is = controlOf(unit), { fields } = registers.IommuControl.layout
  return left.filter(field => is[field] !== 0 && is[field] !== was[field])
    .filter(field => fields.some(({ name: one, low }) => one === field && low >>> 5 === dword))
    .map(field => `IommuControl.${field}`)
}
