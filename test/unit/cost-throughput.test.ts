/** Packets a second: the least of link, walkers, processors and what one of them takes at a time. */
import { describe, expect, it } from 'vitest'
import { packetOf } from '../../src/check/packet.ts'
import { throughput } from '../../src/check/throughput.ts'
import { cpuRate, rateOf, saturation } from '../../src/cost/index.ts'
import type { PacketCost } from '../../src/cost/index.ts'
import { load, pathsOfPacket, xeon } from '../../spec/costs/index.ts'

const alike = (typ: number) => ({ min: typ, typ, max: typ })
const packet = (cycles: number, serial = 0, misses = 0): PacketCost =>
  ({ cycles: alike(cycles), serial: alike(serial), misses })
const machine = { clock_ghz: 3.1, walkers: 5, walk_ns: 280, gbps: 40 }

describe('CPUs that take turns', () => {
  it('take as many packets as they are, where nothing is taken in turn', () => {
    for (const cores of [1, 2, 64]) expect(cpuRate(3100, 0, cores, 3.1)).toBeCloseTo(cores * 1e6, 3)
  })
  it('come to one packet after the other, and never to more than either limit', () => {
    const [cycles, serial] = [9720, 4300]
    let before = 0
    for (let cores = 1; cores <= 64; cores++) {
      const rate = cpuRate(cycles, serial, cores, 3.1)
      expect(rate).toBeGreaterThanOrEqual(before * (1 - 1e-9))
      expect(rate).toBeLessThanOrEqual(Math.min(cores * 3.1e9 / cycles, 3.1e9 / serial) * (1 + 1e-9))
      before = rate
    }
    expect(before).toBeGreaterThan(0.999 * 3.1e9 / serial)
  })
})

describe('the rate', () => {
  const binds = (one: PacketCost, bytes: number, cores: number) => rateOf(one, 'typ', bytes, cores, machine).binds
  it('is that of what binds', () => {
    expect(binds(packet(1816), 1500, 1)).toBe('CPU')
    expect(binds(packet(1816), 1500, 16)).toBe('link')
    expect(binds(packet(9720, 4300), 64, 32)).toBe('invalidation')
    expect(binds(packet(1816, 0, 2), 64, 64)).toBe('walkers')
    expect(rateOf(packet(1816, 0, 2), 'typ', 64, 64, machine).packets).toBeCloseTo(5 / 280e-9 / 2, 0)
    expect(rateOf(packet(1), 'typ', 1500, 64, machine).gbps).toBeCloseTo(40 * 1500 / 1520, 6)
  })
  it('is that of the paper without an IOMMU: 1500 * 8 * S / C', () => {
    expect(rateOf(packet(load.work_cycles), 'typ', 1500, 1, machine).gbps).toBeCloseTo(1500 * 8 * 3.1 / 1816, 6)
  })
  it('saturates where more cores bring nothing', () => {
    expect(saturation(packet(1816), 1500, 64, machine)).toMatchObject({ cores: 2, rate: { binds: 'link' } })
    expect(saturation(packet(1_000_000), 1500, 64, machine)).toMatchObject({ cores: 64, rate: { binds: 'CPU' } })
  })
})

describe('a packet', () => {
  const counts = { map: { 'pte-store': 1 }, unmap: { 'pte-clear': 1, 'lock': 1, 'queue-wait': 1 },
    'irq-deliver': { 'msi-message': 1, 'irq-entry': 1 } }
  const unit = (name: string): number => (xeon.units[name] as { typ: number }).typ
  it('is work, mappings and its part of an interrupt; what others take beside the CPU is none of it', () => {
    const { cycles, serial, misses } = packetOf(counts, 1500, xeon, true)
    const mapping = unit('pte-store') + unit('pte-clear') + unit('lock') + unit('queue-wait')
    expect(cycles.typ).toBeCloseTo(load.work_cycles + 2 * mapping + unit('irq-entry') / load.batch, 6)
    expect([serial.typ, misses]).toEqual([2 * (unit('lock') + unit('queue-wait')), 2])
    expect(packetOf(counts, 9000, xeon, true).misses).toBe(6)
    expect(packetOf(counts, 1500, xeon, false).misses).toBe(0)
  })
  it('of a design that keeps its mappings maps nothing; large pages end its misses', () => {
    const { unmap: _, ...kept } = counts
    expect(pathsOfPacket(kept, 1500)).toEqual({ 'irq-deliver': 1 / load.batch })
    const small = packetOf(kept, 1500, xeon, true).misses, entries = load.iotlb_entries
    const pages = load.buffers * load.buffer_bytes / load.page_bytes
    expect(Math.abs(small - (1 - entries / pages))).toBeLessThan(0.02)
    expect(packetOf(kept, 1500, xeon, true, 2 ** 21).misses).toBe(0)
  })
  it('takes a flush for each batch, and other CPUs as often as they are asked', () => {
    const batched = { ...counts, flush: { 'queue-wait': 1, 'ipi': 1 }, shootdown: { 'irq-entry': 1 } }
    const { flush, shootdown } = pathsOfPacket(batched, 1500)
    expect([flush, shootdown]).toEqual([2 / load.flush_every, 2 / load.flush_every])
  })
  it('is priced at every size and number of cores', () => {
    const { designs: [only] } = throughput([{ design: 'x', counts, remapsDma: true }], xeon, 100, 4096)
    expect([only!.points.length, only!.saturation.length]).toEqual([56, 6])
    const rate = (bytes: number, cores: number): number =>
      only!.points.find(one => one.bytes === bytes && one.cores === cores)!.gbps
    expect(rate(9000, 1)).toBeGreaterThan(rate(64, 1))
    expect(rate(1500, 64)).toBeGreaterThanOrEqual(rate(1500, 1))
  })
})
