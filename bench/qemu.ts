/** How fast the QEMU client is, and where the time goes: `npx tsx bench/qemu.ts`. Needs QEMU; times are of this
 *  machine, medians of rounds. */
import { readFileSync } from 'node:fs'
import { finish } from '../src/qemu/edu.ts'
import { withMachine } from '../src/qemu/machine.ts'
import type { Machine } from '../src/qemu/machine.ts'
import type { MachineOptions } from '../src/qemu/options.ts'
import { sourceId } from '../src/qemu/pci.ts'
import { invalidateContexts, invalidateIotlb } from '../src/qemu/vtd/unit.ts'

const rounds = 7
/** Microseconds of one, the median of rounds of `each`. */
async function time(each: number, run: (i: number) => Promise<unknown>): Promise<number> {
  const samples: number[] = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    for (let i = 0; i < each; i++) await run(i)
    samples.push((performance.now() - start) * 1000 / each)
  }
  return samples.sort((a, b) => a - b)[rounds >> 1]!
}
function tell(what: string, us: number, each = 1): void {
  console.log(`${what.padEnd(78)} ${us.toFixed(0).padStart(7)} us `
    + `${Math.round(1e6 * each / us).toLocaleString('en-US').padStart(9)} /s`)
}

const root = 0x100_0000, contexts = 0x100_1000, queue = 0x101_0000, status = 0x102_0000, tables = 0x110_0000,
  target = 0x200_0000
const leaves = tables + 0x2000

/** Every device in one domain; IOVA 0x10000 on is mapped. */
function program({ qtest, unit, edus }: Machine): void {
  qtest.writeq(root, contexts | 1)
  for (const { sid } of edus) {
    qtest.writeq(contexts + sid * 16, tables | 1)
    qtest.writeq(contexts + sid * 16 + 8, 0x101)
  }
  qtest.writeq(tables, tables + 0x1003)
  qtest.writeq(tables + 0x1000, leaves | 3)
  qtest.writeq(leaves + 0x80, target | 3)
  unit.setRoot(root)
  unit.startQueue(queue)
  unit.enable('TE')
}
/** 20 table writes, invalidate all, wait, a write of 4 bytes (every other one faults), fault registers, status. */
async function fullCase({ qtest, unit, edus: [edu] }: Machine, i: number): Promise<void> {
  for (let j = 0; j < 20; j++) qtest.writeq(leaves + 0x80 + 8 * j, target + 0x1000 * j | 3)
  const done = unit.invalidate([invalidateContexts, invalidateIotlb], status)
  edu!.start({ direction: 'write', address: i % 2 === 0 ? 0x10000 : 0x40000 })
  const [waited, faults] = await Promise.all([done, edu!.finish(() => unit.faults())])
  if (!waited || (faults.fsts !== 0) !== (i % 2 === 1)) throw new Error(`case ${i}: FSTS ${faults.fsts}`)
  if (faults.fsts !== 0) unit.clearFaults()
}

async function eightCases({ qtest, unit, edus }: Machine): Promise<void> {
  for (let j = 0; j < 160; j++) qtest.writeq(leaves + 0x80 + 8 * j, target + 0x1000 * j | 3)
  const done = unit.invalidate([invalidateContexts, invalidateIotlb], status)
  edus.forEach((edu, i) => { edu.start({ direction: 'write', address: 0x10000 + 0x1000 * i }) })
  const [waited, faults] = await Promise.all([done, finish(edus, () => unit.faults())])
  if (!waited || faults.fsts !== 0) throw new Error(`FSTS ${faults.fsts}`)
}
/** Processor time of a process in microseconds; 0 where there is no /proc. Clock ticks are of 10 ms. */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch { return 0 }
}

const devices = Array.from({ length: 8 }, (_, i) => sourceId(0, 3 + i, 0))

async function all(): Promise<void> {
  tell('start, set up, end', await time(5, async () => { await withMachine({}, async () => {}) }))
  await withMachine({ edus: devices }, async machine => {
    const { qtest, unit, edus } = machine
    const [edu] = edus
    program(machine)
    tell('round trip: readl of RAM', await time(2000, () => qtest.readl(0)))
    tell('20 writeq in one batch',
      await time(1000, () => { for (let i = 0; i < 20; i++) qtest.writeq(0x1000 + 8 * i, i); return qtest.settled() }))
    tell('20 qwords in one block',
      await time(1000, () => { qtest.memwrite(0x1000, new Uint8Array(160)); return qtest.settled() }))
    tell('a page written',
      await time(500, () => { qtest.memwrite(0x1000, new Uint8Array(4096)); return qtest.settled() }))
    tell('a page read', await time(500, () => qtest.memread(0x1000, 4096)))
    tell('two invalidations and a wait',
      await time(1000, () => unit.invalidate([invalidateContexts, invalidateIotlb], status)))
    tell('DMA of 4 bytes', await time(1000, () => edu!.transfer({ direction: 'write', address: 0x10000 })))
    tell('8 DMAs by 8 devices, each', await time(200, () => {
      for (const one of edus) one.start({ direction: 'write', address: 0x10000 })
      return finish(edus, () => Promise.resolve())
    }) / 8)
    tell('TE off and on',
      await time(500, () => { unit.enable('TE', false); unit.enable('TE'); return qtest.settled() }))
    tell('SRTP', await time(500, () => { unit.setRoot(root); return qtest.settled() }))
    tell('queue restarted', await time(500, () => { unit.startQueue(queue); return qtest.settled() }))
    tell('8 cases at once by 8 devices (20 writes each, one look at the faults), each',
      await time(200, () => eightCases(machine)) / 8)
    qtest.fill(leaves, 0x1000)
    const before = { trips: qtest.roundTrips, ours: process.cpuUsage(), theirs: cpuOf(machine.pid) }
    const cases = 1000 * rounds
    tell('full case: 20 writes, invalidate, wait, DMA, fault registers', await time(1000, i => fullCase(machine, i)))
    const ours = process.cpuUsage(before.ours)
    const each = (total: number, digits = 0): string => (total / cases).toFixed(digits)
    console.log(`  of which: ${each(qtest.roundTrips - before.trips, 2)} round trips; processor time `
      + `${each(ours.user + ours.system)} us here, ${each(cpuOf(machine.pid) - before.theirs)} us in QEMU; `
      + 'the rest is waking each other')
  })
  const traced: MachineOptions = { trace: ['vtd_dmar_translate', 'vtd_dmar_fault'] }
  await withMachine(traced, async machine => {
    program(machine)
    tell('full case with two trace events and a sync', await time(1000, async i => {
      await fullCase(machine, i)
      if ((await machine.trace.sync()).length === 0) throw new Error(`case ${i}: no event`)
    }))
  })
}
await all()
