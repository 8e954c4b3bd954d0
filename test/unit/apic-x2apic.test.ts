/** APIC modes and destination matching, against the tables of SDM vol. 3 10.6.2 and 10.12 and a reading by brute
 *  force. */
import { assert, boolean, constantFrom, integer, oneof, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage } from '../../spec/apic/msi.ts'
import { matchedBy, recipients, writeApicBase, x2apicLdr } from '../../spec/apic/x2apic.ts'
import type { ApicMode, Destination, ModeChange, Receiver } from '../../spec/apic/x2apic.ts'

const xapic = (id: number, logicalId = 0, dfr: 'flat' | 'cluster' = 'flat'): Receiver => ({ mode: 'xapic', id,
  ldr: logicalId << 24, dfr })
const messageTo = { redirectionHint: false, logical: false, vector: 0x31, deliveryMode: 0, assert: false, level: false }
const x2apic = (id: number): Receiver => ({ mode: 'x2apic', id })
const to = (value: number, logical: boolean, bits: 8 | 32): Destination => ({ value, logical, bits })
const physical = (value: number, bits: 8 | 32 = 8) => to(value, false, bits)
const logical = (value: number, bits: 8 | 32 = 8) => to(value, true, bits)

describe('mode table (1.1)', () => {
  const writes = [[false, false], [true, false], [true, true], [false, true]] as const
  const table: Record<ApicMode, readonly (ModeChange | '#GP')[]> = {
    disabled: [{ to: 'disabled', effect: 'none' }, { to: 'xapic', effect: 'reset' }, '#GP', '#GP'],
    xapic: [{ to: 'disabled', effect: 'reset' }, { to: 'xapic', effect: 'none' },
      { to: 'x2apic', effect: 'derive-ldr' }, '#GP'],
    x2apic: [{ to: 'disabled', effect: 'reset' }, '#GP', { to: 'x2apic', effect: 'none' }, '#GP'],
  }
  it.each(['disabled', 'xapic', 'x2apic'] as const)('from %s', from => {
    expect(writes.map(([en, extd]) => writeApicBase(from, en, extd))).toEqual(table[from])
  })
})

describe('matching (2.1-2.3)', () => {
  it.each<[string, Receiver, Destination, string | null]>([
    ['xAPIC physical, own id', xapic(5), physical(5), 'SDM:apic/physical'],
    ['xAPIC physical, other id', xapic(5), physical(4), null],
    ['xAPIC physical, FF', xapic(5), physical(0xff), 'SDM:apic/broadcast'],
    ['xAPIC looks at 7:0 of a 32-bit destination', xapic(5), physical(0x105, 32), 'SDM:apic/physical'],
    ['x2APIC, 8 bits, own id', x2apic(254), physical(254), 'SDM:apic/physical'],
    ['x2APIC, 8 bits, FF', x2apic(7), physical(0xff), 'SDM:apic/broadcast'],
    ['x2APIC, 8 bits never reach id 256 by its low byte', x2apic(0x100), physical(0), null],
    ['x2APIC, 32 bits, own id', x2apic(0x12345), physical(0x12345, 32), 'SDM:apic/physical'],
    ['x2APIC, 32 bits, FF is an id', x2apic(0xff), physical(0xff, 32), 'SDM:apic/physical'],
    ['x2APIC, 32 bits, FF is no broadcast', x2apic(7), physical(0xff, 32), null],
    ['x2APIC, 32 bits, FFFFFFFF', x2apic(7), physical(0xffffffff, 32), 'SDM:apic/broadcast'],
    ['flat, one common bit', xapic(0, 0b0100), logical(0b0110), 'SDM:apic/logical-flat'],
    ['flat, none', xapic(0, 0b0100), logical(0b0011), null],
    ['flat, id 0 is reached only by FF', xapic(0, 0), logical(0x7f), null],
    ['flat, FF', xapic(0, 0), logical(0xff), 'SDM:apic/broadcast'],
    ['cluster, own cluster and member', xapic(0, 0x32, 'cluster'), logical(0x36), 'SDM:apic/logical-cluster'],
    ['cluster, other cluster', xapic(0, 0x32, 'cluster'), logical(0x26), null],
    ['cluster, other member', xapic(0, 0x32, 'cluster'), logical(0x35), null],
    ['cluster, FF', xapic(0, 0x32, 'cluster'), logical(0xff), 'SDM:apic/broadcast'],
    ['x2APIC logical, own cluster and member', x2apic(0x23), logical(0x0002_0009, 32), 'SDM:x2apic/logical'],
    ['x2APIC logical, other member', x2apic(0x23), logical(0x0002_0004, 32), null],
    ['x2APIC logical, other cluster', x2apic(0x23), logical(0x0001_0008, 32), null],
    ['x2APIC logical, FFFFFFFF', x2apic(0x23), logical(0xffffffff, 32), 'SDM:apic/broadcast'],
    ['x2APIC logical by 8 bits: cluster 0 at best', x2apic(3), logical(0x08), 'SDM:x2apic/logical'],
    ['x2APIC logical by 8 bits: no other cluster', x2apic(0x13), logical(0x08), null],
    ['a disabled APIC hears nothing', { mode: 'disabled', id: 5 }, physical(0xff), null],
  ])('%s', (_, receiver, destination, rule) => expect(matchedBy(receiver, destination)).toBe(rule))

  it.each([
    [0, 0x0000_0001], [0xf, 0x0000_8000], [0x10, 0x0001_0001], [0x2f3, 0x002f_0008], [0xfffff, 0xffff_8000],
    [0x100010, 0x0001_0001],
  ])('LDR of x2APIC id %i', (id, ldr) => expect(x2apicLdr(id)).toBe(ldr))

  const byte = integer({ min: 0, max: 255 })
  const id20 = oneof(byte, integer({ min: 0, max: 0xfffff }))
  const dest8 = record({ value: byte, logical: boolean(), bits: constantFrom<8 | 32>(8) })
  const someReceiver = oneof(
    record({
      mode: constantFrom<'xapic'>('xapic'), id: integer({ min: 0, max: 254 }), ldr: byte.map(b => b << 24),
      dfr: constantFrom<'flat' | 'cluster'>('flat', 'cluster'),
    }),
    record({ mode: constantFrom<'x2apic'>('x2apic'), id: id20 }))

  it('agrees with a reading that lists who is named', () => {
    const named = id20.chain(id => oneof(constantFrom(id, x2apicLdr(id), 0xff, 0xffffffff),
      integer({ min: 0, max: 0xffffffff }),
      integer({ min: 0, max: 0xffff }).map(members => ((id >>> 4) * 0x10000 + members))))
    const dest32 = record({ value: named, logical: boolean(), bits: constantFrom<8 | 32>(32) })
    let hits = 0
    assert(property(someReceiver, oneof(dest8, dest32), (receiver, destination) => {
      const reached = matchedBy(receiver, destination) !== null
      hits += +reached
      expect(reached).toBe(bruteForce(receiver, destination))
    }), { numRuns: 2000 })
    expect(hits).toBeGreaterThan(100)
  })

  /** Spells the destination out as digits and lists, where the code under test shifts and masks. */
  function bruteForce(receiver: Receiver, { value, logical, bits }: Destination): boolean {
    if (receiver.mode === 'disabled') return false
    const binary = (n: number, width: number): string => n.toString(2).padStart(width, '0').slice(-width)
    const common = (a: string, b: string): boolean => [...a].some((digit, i) => digit === '1' && b[i] === '1')
    if (receiver.mode === 'xapic') {
      const mda = binary(value, 8), own = binary(receiver.ldr >>> 24, 8)
      if (!mda.includes('0')) return true
      if (!logical) return parseInt(mda, 2) === receiver.id
      return receiver.dfr === 'flat' ? common(mda, own)
        : mda.slice(0, 4) === own.slice(0, 4) && common(mda.slice(4), own.slice(4))
    }
    if (value === 2 ** 32 - 1) return true
    if (!logical) return receiver.id === value || (bits === 8 && value === 255)
    const cluster = Math.floor(value / 65536)
    const members = [...binary(value % 65536, 16)].reverse()
      .flatMap((digit, i) => digit === '1' ? [cluster * 16 + i] : [])
    return members.includes(receiver.id)
  }

  it('one x2APIC logical message stays within one cluster of 16', () => {
    const cpus = Array.from({ length: 64 }, (_, id) => x2apic(id))
    assert(property(integer({ min: 0, max: 3 }), integer({ min: 0, max: 0xffff }), (cluster, members) => {
      const reached = recipients(cpus, { destination: logical(cluster * 0x10000 + members, 32), one: false }).cpus
      expect(reached.length).toBe([...members.toString(2)].filter(d => d === '1').length)
      expect(reached.every(id => Math.floor(id / 16) === cluster)).toBe(true)
    }))
  })
})

describe('recipients (2.4)', () => {
  it('pitfall: id 256 cut to the 8 bits of a compatibility message names CPU 0 instead', () => {
    const { destination } = decodeMessage(encodeMessage({ ...messageTo, destination: 256 }))!
    expect(recipients([x2apic(0), x2apic(256)], { destination: physical(destination), one: false }).cpus).toEqual([0])
    expect(recipients([x2apic(0), x2apic(256)], { destination: physical(256, 32), one: false }).cpus).toEqual([1])
  })
  const cpus = [xapic(0, 1), xapic(1, 2), xapic(2, 4)]
  it('names every matching CPU, in order, and says whether one of them is chosen', () => {
    expect(recipients(cpus, { destination: logical(0b101), one: false })).toEqual({ cpus: [0, 2], one: false })
    expect(recipients(cpus, { destination: logical(0b110), one: true })).toEqual({ cpus: [1, 2], one: true })
    expect(recipients(cpus, { destination: physical(0xff), one: true }).cpus).toEqual([0, 1, 2])
  })
  it('cites the choice only where there is one, and the loss of a message nobody hears', () => {
    const cited = (destination: Destination): string[] => {
      const ids: string[] = []
      recipients(cpus, { destination, one: true }, id => ids.push(id))
      return ids
    }
    expect(cited(physical(1))).toEqual(['SDM:apic/physical'])
    expect(cited(logical(3))).toEqual(['SDM:apic/logical-flat', 'SDM:apic/logical-flat', 'SDM:apic/one-of-many'])
    expect(cited(physical(9))).toEqual(['SDM:apic/no-target'])
  })
})
