/** Published numbers of interrupts, IPC, system calls, ports, exits and drivers, and how the model composes them. */
import type { UnitCounts } from '../units.ts'
import { cell, counted, figure, predict, rowsOf, tableNamed } from './predictions.ts'
import type { Prediction } from './predictions.ts'

const on = 'desktop-2015-meltdown', off = 'desktop-2015', server = 'xeon-2023', old = 'xeon-2011-2016'

const irqToUser: UnitCounts = { 'irq-entry': 1, 'irq-to-user': 1 }
/** A fault enters the kernel as an interrupt does; the kernel calls the handler, which replies. */
const fault: UnitCounts = { 'irq-entry': 1, 'ipc-call': 1, 'ipc-reply': 1 }
/** Column of the seL4 tables -> counts. */
const primitives: Readonly<Record<string, UnitCounts>> = {
  'IPC call': { 'ipc-call': 1 }, 'IPC reply': { 'ipc-reply': 1 }, 'IRQ to user, switch': irqToUser,
  'signal to higher-prio process': { 'ipc-notify': 1 }, 'null syscall': { syscall: 1 }, 'fault round trip': fault,
}

const own = 'the price comes from it'
const seL4 = (table: string, row: string, profile: string, fitted: string | null): readonly Prediction[] =>
  Object.entries(primitives).filter(([column]) => hasNumber(table, row, column)).map(([column, counts]) =>
    counted(profile, 'cycles', table, row, column, counts, 1, column === 'fault round trip' ? null : fitted))
function hasNumber(id: string, row: string, column: string): boolean {
  try { return cell(id, row, column) > 0 } catch { return false }
}

const websiteColumns: Readonly<Record<string, UnitCounts>> = {
  'IRQ invoke': irqToUser, 'IPC call': { 'ipc-call': 1 }, 'IPC reply': { 'ipc-reply': 1 },
  'notify': { 'ipc-notify': 1 },
}
const website = rowsOf('sel4-website', '').filter(row => row.includes('i7-6700')).flatMap(row =>
  Object.entries(websiteColumns).map(([column, counts]) =>
    counted(off, 'cycles', 'sel4-website', row, column, counts)))

/** One notification for `n` interrupts: each takes its handler, entry and EOI are shared. */
const posted = (n: number): UnitCounts => ({ 'handler': n, 'irq-entry': 1, 'eoi': 1 })
const loops = figure('posted-msi-max-loops')
const postedInterrupts: readonly Prediction[] = [
  counted(server, 'ns', 'posted-msi-dsa', 'remapped MSI', 'ns per IRQ', posted(1), 1, own),
  counted(server, 'ns', 'posted-msi-dsa', 'posted MSI', 'ns per IRQ', posted(loops), loops, null,
    ['posted-msi-max-loops']),
  ...tableNamed('posted-msi-coalescing-loops').rows.map(([n, rate]) =>
    predict('posted-msi-coalescing-loops', `${n} loops: IRQ/s`, rate as number, '/s',
      { by: 'counts', profile: server, counts: posted(n as number), per: n as number })),
]

/** What the receiver of an IPI does; it counts its own acceptance, entry and EOI. */
const receive: UnitCounts = { 'lapic-accept': 1, 'irq-entry': 1, 'eoi': 1 }
const exits = (n: number): UnitCounts => n === 0 ? {} : { 'vm-exit': n }
const shinjuku = 'preemption-mechanisms-shinjuku'
const ipis: readonly Prediction[] = [
  counted(server, 'cycles', 'preemption-mechanisms-skyloft', 'kernel IPI', 'send', { ipi: 1 }),
  counted(server, 'cycles', 'preemption-mechanisms-skyloft', 'kernel IPI', 'receive', receive),
  ...([['IPI with exits on both sides', 1, 1], ['IPI, no receiver exit (posted)', 1, 0],
    ['IPI, no sender or receiver exit', 0, 0]] as const).flatMap(([row, sender, receiver]) => [
    counted(old, 'cycles', shinjuku, row, 'sender', { ipi: 1, ...exits(sender) }),
    counted(old, 'cycles', shinjuku, row, 'receiver', { ...receive, ...exits(receiver) }),
    counted(old, 'cycles', shinjuku, row, 'total latency', { ipi: 1, ...receive, ...exits(sender + receiver) }),
  ]),
]

/** Two exits, one of the sender and one of the receiver. */
const guestIpi: UnitCounts = { ipi: 1, ...receive, 'vm-exit': 2 }
const kvm: readonly Prediction[] = ['before', 'after'].flatMap(when => [
  counted(server, 'cycles', 'kvm-skx-microbench', 'vmcall (skip perf MSR switch when unused)', when, exits(1), 1,
    when === 'after' ? own : null),
  ...rowsOf('kvm-skx-microbench', 'IPI').map(row =>
    counted(server, 'cycles', 'kvm-skx-microbench', row, when, guestIpi)),
])

/** Legacy ports as time, each processor by its clock: `athlon-807` runs at 0.807 GHz. */
const ports = tableNamed('fiasco-primitives').columns.slice(1).flatMap(cpu =>
  rowsOf('fiasco-primitives', '').filter(row => /^(?:in8|out8)/.test(row)).map(row => predict('fiasco-primitives',
    `${row}: ${cpu}`, Math.round(cell('fiasco-primitives', row, cpu) / Number(cpu.split('-')[1]) * 1000), 'ns',
    { by: 'counts', profile: old, counts: { 'port-io': 1 } },
    { fitted: row === 'in8 (PIC)' && cpu !== 'p4c-1995' ? own : null })))

/** A polling driver that forwards a packet reads its descriptor and its header, and writes a tail register of each
 *  queue once a batch. */
const ixy = (language: string, name: string): Prediction => predict('figures', name,
  figure(`userspace-nic-driver-${language}-batch32`), 'cycles',
  { by: 'counts', profile: old, counts: { 'handler': 32, 'mmio-write': 2 }, per: 32 })

export const controlPredictions: readonly Prediction[] = [
  ...seL4('sel4bench-calibration', 'sel4-skylake x86-64, Meltdown mitigation on', on, own),
  ...seL4('sel4bench-calibration', 'sel4-skylake x86-64, mitigation off', off, own),
  ...rowsOf('sel4bench-other', 'sel4-skylake').flatMap(row => seL4('sel4bench-other', row, on, null)),
  ...website, ...postedInterrupts, ...ipis, ...kvm, ...ports,
  predict('figures', 'a legacy port, rule of thumb', figure('port-io-isa-howto'), 'ns',
    { by: 'counts', profile: old, counts: { 'port-io': 1 } }),
  ixy('c', 'ixy forwards a packet, C'), ixy('rust', 'ixy forwards a packet, Rust'),
]
