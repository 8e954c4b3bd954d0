/** Registers and the invalidation queue of a unit, as texts list them (VT-d rev 5.10, 6.5.2 and 11.4). */
import { anything, decode, decodeDescriptor, dwordsOf, registers } from '../../../spec/vtd/index.ts'
import type { Dump } from '../../dump/dump.ts'
import { bdf } from '../devices.ts'
import { hex } from '../format.ts'
import { queueRow } from '../queue.ts'
import type { QueueRow, RegisterRow } from '../queue.ts'

const flags = (values: Readonly<Record<string, number>>, names: Readonly<Record<string, string>>): string =>
  Object.entries(names).filter(([name]) => values[name] === 1).map(([, says]) => says).join(', ')

export function registerRows({ registers: { cap, ecap, gsts, rtaddr, irta }, told }: Dump): RegisterRow[] {
  const word = (of: ArrayLike<number>): string => `0x${(BigInt(of[1] ?? 0) << 32n | BigInt(of[0]!)).toString(16)}`
  const { IRTA, ...table } = decode(registers.IRTA.layout, irta)
  const rows = [
    { name: 'CAP', value: word(cap), says: flags(decode(registers.CAP.layout, cap), { CM: 'caching mode',
      RWBF: 'write buffers', PI: 'posted interrupts', ESIRTPS: 'SIRTP invalidates', ESRTPS: 'SRTP invalidates' }) },
    { name: 'ECAP', value: word(ecap), says: flags(decode(registers.ECAP.layout, ecap), { C: 'walks snoop',
      SC: 'snoop control', DT: 'device TLBs', IR: 'interrupt remapping', EIM: 'x2APIC', PT: 'pass-through',
      SMTS: 'scalable mode', FSTS: 'first stage', SSTS: 'second stage' }) },
    { name: 'GSTS', value: `0x${gsts.toString(16)}`, says: flags(decode(registers.GSTS.layout, [gsts]), {
      TES: 'DMA is translated', IRES: 'interrupts are remapped', CFIS: 'compatibility format passes',
      QIES: 'queue is on' }) || 'all is off' },
    { name: 'RTADDR', value: word(rtaddr), says: ['legacy mode', 'scalable mode', 'reserved mode',
      'all DMA is aborted'][decode(registers.RTADDR.layout, rtaddr).TTM]! },
    { name: 'IRTA', value: word(irta), says: `${(2 ** (table.S + 1)).toLocaleString('en-US')} entries at `
      + `${hex(IRTA * 4096)}, ${table.EIME === 1 ? 'x2APIC' : 'xAPIC'}` },
  ]
  return rows.filter(({ name }) => told.includes(name))
}

/** Of 256 bits where four words are listed. */
function saysOf(words: readonly bigint[]): { readonly what: string; readonly says: string } {
  const bits = words.length > 2 ? 256 : 128
  const of = decodeDescriptor(dwordsOf(...[...words, 0n, 0n].slice(0, 4)),
    { bits: 256, scalable: bits === 256, rules: anything })
  switch (of.type) {
    case 'undecoded': return { what: 'undecoded', says: `no descriptor, type ${of.code}: ${of.why}` }
    case 'device-tlb': return { what: of.type, says: `device TLB of ${bdf(of.sid)}` }
    default: return { what: of.type, says: of.type }
  }
}

export const descriptorsOf = ({ queue }: Dump): QueueRow | null => queue === null ? null
  : queueRow({ name: 'invalidation queue', entry: 'descriptor' }, queue, Math.max(256, queue.rows.length), saysOf)
