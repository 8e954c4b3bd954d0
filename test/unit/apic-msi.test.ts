/** MSI and MSI-X: the message layout, masking, and updates in two writes (SDM vol. 3 10.11, PCIe 5.0 6.1.4). */
import { array, assert, boolean, constant, constantFrom, integer, oneof, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { usualReading } from '../../spec/apic/lapic.ts'
import {
  decodeMessage, deliveryModes, encodeMessage, event, land, mask, readBack, requestOf, rewriteIsUndefined, setEnabled,
  unmask,
  writeAddress, writeData,
} from '../../spec/apic/msi.ts'
import type { Message, MessageFields, MsiSource, PostedWrite } from '../../spec/apic/msi.ts'

const source = (parts: Partial<MsiSource> = {}): MsiSource =>
  ({ address: 1, data: 10, enabled: true, masked: false, pending: false, maskable: true, ...parts })
const word = integer({ min: 0, max: 0xffffffff })

describe('message (7.1)', () => {
  const plain: MessageFields =
    { destination: 0, redirectionHint: false, logical: false, vector: 0, deliveryMode: 0, assert: false, level: false }
  it.each<[string, Partial<MessageFields>, number, number]>([
    ['nothing', {}, 0xfee0_0000, 0],
    ['destination', { destination: 0xa5 }, 0xfeea_5000, 0],
    ['RH', { redirectionHint: true }, 0xfee0_0008, 0],
    ['DM', { logical: true }, 0xfee0_0004, 0],
    ['vector', { vector: 0xef }, 0xfee0_0000, 0xef],
    ['delivery mode', { deliveryMode: deliveryModes.extInt }, 0xfee0_0000, 0x700],
    ['assert', { assert: true }, 0xfee0_0000, 0x4000],
    ['level', { level: true }, 0xfee0_0000, 0x8000],
  ])('%s', (_, fields, addressLow, data) => {
    const raw = { addressLow, addressHigh: 0, data }
    expect(encodeMessage({ ...plain, ...fields })).toEqual(raw)
    expect(decodeMessage(raw)).toEqual({ ...plain, ...fields })
  })
  it.each([[0xfed0_0000, 0], [0xfef0_0000, 0], [0xfee0_0000, 1], [0, 0]])('%i, high %i is no interrupt',
    (addressLow, addressHigh) => {
      expect(decodeMessage({ addressLow, addressHigh, data: 0x31 })).toBeNull()
    })
  it('fields survive encode and decode', () => {
    const fields = record({
      destination: integer({ min: 0, max: 255 }), redirectionHint: boolean(), logical: boolean(),
      vector: integer({ min: 0, max: 255 }),
      deliveryMode: integer({ min: 0, max: 7 }), assert: boolean(), level: boolean(),
    })
    assert(property(fields, m => { expect(decodeMessage(encodeMessage(m))).toEqual(m) }))
  })
  it('words survive decode and encode but for the reserved bits', () => {
    assert(property(integer({ min: 0, max: 0xfffff }), word, (low, data) => {
      const raw = { addressLow: 0xfee0_0000 + low, addressHigh: 0, data }
      expect(encodeMessage(decodeMessage(raw)!))
        .toEqual({ addressLow: 0xfee0_0000 + (low & 0xff00c), addressHigh: 0, data: data & 0xc7ff })
    }))
  })
  it.each<[string, Partial<MessageFields>, 'honoured' | 'ignored', boolean, boolean]>([
    ['RH=0 DM=0', {}, 'honoured', false, false],
    ['RH=0 DM=1, as software has it', { logical: true }, 'honoured', true, false],
    ['RH=0 DM=1, to the letter of the SDM', { logical: true }, 'ignored', false, false],
    ['RH=1 DM=0', { redirectionHint: true }, 'honoured', false, true],
    ['RH=1 DM=1', { redirectionHint: true, logical: true }, 'ignored', true, true],
    ['lowest priority', { logical: true, deliveryMode: deliveryModes.lowestPriority }, 'honoured', true, true],
  ])('%s', (_, fields, dmWithoutRh, logical, one) => {
    const request = requestOf({ ...plain, destination: 6, ...fields }, { ...usualReading, dmWithoutRh })
    expect(request).toEqual({ destination: { value: 6, logical, bits: 8 }, one })
  })
})

describe('source (7.3)', () => {
  it.each<[string, Partial<MsiSource>, string, boolean]>([
    ['enabled, unmasked', {}, 'message', false],
    ['masked', { masked: true }, 'pended', true],
    ['disabled', { enabled: false }, 'lost', false],
    ['disabled and masked', { enabled: false, masked: true }, 'lost', false],
    ['without mask bits', { maskable: false }, 'message', false],
  ])('event: %s', (_, parts, kind, pending) => {
    const s = source(parts)
    expect(event(s).kind).toBe(kind)
    expect(s.pending).toBe(pending)
  })
  it('any number of events while masked is one message at the unmask, to where the entry then points', () => {
    const s = source()
    mask(s)
    expect([event(s).kind, event(s).kind, event(s).kind]).toEqual(['pended', 'pended', 'pended'])
    writeAddress(s, 2)
    writeData(s, 20)
    expect(unmask(s)).toEqual({ address: 2, data: 20 })
    expect(unmask(s)).toBeNull()
  })
  it('unmask sends nothing when nothing is pending, or while disabled', () => {
    expect(unmask(source({ masked: true }))).toBeNull()
    const s = source({ masked: true, pending: true, enabled: false })
    expect(unmask(s)).toBeNull()
    expect(s.pending).toBe(true)
    expect(setEnabled(s, true)).toEqual({ address: 1, data: 10 })
    expect(s.pending).toBe(false)
  })
  it('enabling a masked source leaves its event pending', () => {
    const s = source({ masked: true, pending: true, enabled: false })
    expect(setEnabled(s, true)).toBeNull()
    expect(unmask(s)).toEqual({ address: 1, data: 10 })
  })
  it('a message holds the address and data of its instant', () => {
    const s = source()
    const sent = event(s)
    writeAddress(s, 2)
    expect(sent).toEqual({ kind: 'message', message: { address: 1, data: 10 } })
  })
  it('pitfall: a mask written to a source without mask bits holds nothing back', () => {
    const s = source({ maskable: false })
    mask(s)
    expect(event(s).kind).toBe('message')
  })
  it.each<[string, Partial<MsiSource>, boolean]>([
    ['unmasked MSI-X entry', {}, true], ['masked', { masked: true }, false],
    ['disabled', { enabled: false }, false], ['plain MSI', { maskable: false }, false],
  ])('rewriting is undefined: %s', (_, parts, expected) => {
    const ids: string[] = []
    const s = source(parts)
    expect(rewriteIsUndefined(s)).toBe(expected)
    writeData(s, 3, id => ids.push(id))
    expect(ids.includes('PCI:msix/rewrite-unmasked')).toBe(expected)
  })
})

describe('update in two writes (8)', () => {
  const old = { address: 1, data: 10 }, fresh = { address: 2, data: 20 }
  const between = (first: (s: MsiSource) => void, s = source({ maskable: false })) => { first(s); return event(s) }
  it('pitfall: address first sends the old vector to the new CPU, data first the new vector to the old CPU', () => {
    expect(between(s => writeAddress(s, fresh.address))).toEqual({ kind: 'message', message: { address: 2, data: 10 } })
    expect(between(s => writeData(s, fresh.data))).toEqual({ kind: 'message', message: { address: 1, data: 20 } })
  })
  it('pitfall: disabling around the update loses the event', () => {
    const s = source({ maskable: false })
    setEnabled(s, false)
    expect(event(s).kind).toBe('lost')
    writeAddress(s, 2)
    expect(setEnabled(s, true)).toBeNull()
  })
  it('masking around the update lets no mixed message out, wherever the events fall', () => {
    const update: PostedWrite[] = [
      { type: 'mask' }, { type: 'address', value: 2 }, { type: 'data', value: 20 }, { type: 'unmask' }]
    assert(property(array(integer({ min: 0, max: 4 }), { maxLength: 6 }), moments => {
      const s = source()
      const sent: Message[] = []
      for (let at = 0; at <= update.length; at++) {
        for (const _ of moments.filter(m => m === at)) {
          const e = event(s)
          if (e.kind === 'message') sent.push(e.message)
        }
        const released = at < update.length ? land(s, update[at]!) : null
        if (released !== null) sent.push(released)
      }
      const count = (at: number[]): number => moments.filter(m => at.includes(m)).length
      const merged = count([1, 2, 3]) > 0 ? 1 : 0
      expect(sent).toEqual([...Array<Message>(count([0])).fill(old),
        ...Array<Message>(merged + count([4])).fill(fresh)])
      expect(s.pending).toBe(false)
    }))
  })
  it('conservation: each event is one message, one pending bit, a merge into it, or lost for being disabled', () => {
    const op = oneof(constant('event' as const), constantFrom('mask', 'unmask', 'enable', 'disable'))
    assert(property(array(op, { maxLength: 30 }), boolean(), (ops, maskable) => {
      const s = source({ maskable })
      let raised = 0, sent = 0, merged = 0, lost = 0
      for (const o of ops) {
        const pendingBefore = s.pending
        if (o === 'event') {
          const { kind } = event(s)
          raised++
          if (kind === 'message') sent++
          else if (kind === 'lost') { lost++; expect(s.enabled).toBe(false) }
          else if (pendingBefore) merged++
        } else if (o === 'mask') mask(s)
        else if ((o === 'unmask' ? unmask(s) : setEnabled(s, o === 'enable')) !== null) {
          sent++
          expect(pendingBefore).toBe(true)
        }
        expect(raised).toBe(sent + merged + lost + Number(s.pending))
        expect(s.pending && s.enabled && !s.masked).toBe(false)
        expect(s.masked && !maskable).toBe(false)
      }
    }))
  })
  it('a read brings all posted writes in, in order, and what they release', () => {
    const s = source({ masked: true, pending: true })
    const posted: PostedWrite[] = [{ type: 'address', value: 2 }, { type: 'unmask' }, { type: 'data', value: 20 },
      { type: 'mask' }]
    expect(readBack(s, posted)).toEqual([{ address: 2, data: 10 }])
    expect(posted).toEqual([])
    expect(s).toEqual(source({ address: 2, data: 20, masked: true }))
  })
})
