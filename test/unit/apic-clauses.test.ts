/** Every row of the APIC clauses is a rule that some function of spec/apic exercises. */
import { expect, it } from 'vitest'
import { apicClauses } from '../../spec/apic/clauses.ts'
import type { ApicClause } from '../../spec/apic/clauses.ts'
import { accept, acknowledge, architecturalLapic as real, eoi, usualReading } from '../../spec/apic/lapic.ts'
import { event, land, readBack, requestOf, decodeMessage } from '../../spec/apic/msi.ts'
import { recipients, writeApicBase } from '../../spec/apic/x2apic.ts'

it('no row without a function that cites it', () => {
  const cited = new Set<ApicClause>()
  const cite = (id: ApicClause): void => { cited.add(id) }
  const none = (): boolean[] => Array.from({ length: 256 }, () => false)
  const lapic = { irr: none(), isr: none(), tmr: none() }
  for (const level of [false, true]) accept(lapic, 0x31, level, real, cite)
  accept(lapic, 0x31, false, { ...real, disputed: { ...usualReading, secondRequest: 'refuse' } }, cite)
  accept(lapic, 3, false, real, cite)
  accept(lapic, 0x31, false, { ...real, enabled: false }, cite)
  acknowledge(lapic, 0, real, cite)
  acknowledge(lapic, 0, real, cite)
  eoi(lapic, real, cite)
  for (const [level, suppressEoiBroadcast] of [[true, true], [false, false]] as const) {
    accept(lapic, 0x31, level, real)
    acknowledge(lapic, 0, real)
    eoi(lapic, { ...real, suppressEoiBroadcast }, cite)
  }
  writeApicBase('xapic', true, true, cite)
  writeApicBase('x2apic', true, false, cite)
  const cpus = [
    { mode: 'xapic', id: 1, ldr: 1 << 24, dfr: 'flat' }, { mode: 'xapic', id: 2, ldr: 1 << 24, dfr: 'cluster' },
    { mode: 'x2apic', id: 0x10 },
  ] as const
  for (const [value, logical] of [[1, false], [1, true], [0xff, false], [0x1_0001, true], [9, false]] as const)
    recipients(cpus, { destination: { value, logical, bits: value > 255 ? 32 : 8 }, one: true }, cite)
  requestOf(decodeMessage({ addressLow: 0xfee0_0004, addressHigh: 0, data: 0x31 })!, usualReading, cite)
  const source = { address: 0, data: 0, enabled: true, masked: false, pending: false, maskable: true }
  event(source, cite)
  land(source, { type: 'data', value: 1 }, cite)
  land(source, { type: 'mask' }, cite)
  event(source, cite)
  readBack(source, [{ type: 'unmask' }], cite)
  event({ ...source, enabled: false }, cite)
  expect([...cited].sort()).toEqual(Object.keys(apicClauses).sort())
})

it.each(Object.entries(apicClauses))('%s names its manual', (id, { manual }) => expect(id.split(':')[0]).toBe(manual))
