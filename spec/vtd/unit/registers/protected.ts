/** Protected memory regions (VT-d rev 5.10, 11.4.8). The unit's own reads of tables are exempt. */
import { getter, registers } from '../../layout/index.ts'
import { capabilitiesOf, rule } from './state.ts'
import type { StoredName, UnitState, Work } from './state.ts'

const enable = getter(registers.PMEN.layout, 'EPM')
/** Whether PMEN.PRS does not yet show EPM. */
export const isProtectionChanging =
  ({ stored, status }: UnitState): boolean => (enable(stored.PMEN, 0) === 1) !== status.PRS

/** Hardware has switched the regions as EPM says. */
export function finishProtection(work: Work): void {
  work.unit.status.PRS = !work.before.status.PRS
  rule(work, 'VTD:11.4/protected-memory')
}

const regionRegisters: readonly StoredName[] = ['PLMBASE', 'PLMLIMIT', 'PHMBASE', 'PHMLIMIT']
/** The bits of a base or limit that the hardware keeps, in its dword. */
export const keptBits = ({ config: { protectedAlignment } }: UnitState, name: StoredName, dword: number): number =>
  dword === 0 && regionRegisters.includes(name) ? ~(2 ** protectedAlignment - 1) >>> 0 : 0xffffffff

/** Host addresses that no DMA may reach now, first and last, both included; a limit below its base is none. */
export function protectedRanges(state: UnitState): readonly { readonly first: number; readonly last: number }[] {
  if (!state.status.PRS) return []
  const { stored, config: { protectedAlignment } } = state
  const wide = (words: readonly number[]): number => words[0]! + (words[1] ?? 0) * 2 ** 32
  const range = (base: readonly number[], limit: readonly number[]) =>
    ({ first: wide(base), last: wide(limit) + 2 ** protectedAlignment - 1 })
  const { cap } = capabilitiesOf(state.config)
  return [...cap.PLMR === 1 ? [range(stored.PLMBASE, stored.PLMLIMIT)] : [],
    ...cap.PHMR === 1 ? [range(stored.PHMBASE, stored.PHMLIMIT)] : []]
    .filter(({ first, last }) => first <= last)
}
/** Whether DMA to this host address is blocked; such a DMA is not recorded. */
export const isProtected = (state: UnitState, address: number): boolean =>
  protectedRanges(state).some(({ first, last }) => first <= address && address <= last)
