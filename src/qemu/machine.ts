/** A machine with the unit, its devices and no software: QEMU, driven from here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UserError } from '../errors.ts'
import { meterOf } from '../meter.ts'
import { Patience } from '../patience.ts'
import type { Limits } from '../patience.ts'
import { bufferBytes, Edu, finish } from './edu.ts'
import { findQemu } from './find.ts'
import type { Version } from './find.ts'
import { IoApic } from './ioapic.ts'
import { Monitor } from './monitor.ts'
import { commandLine, plan } from './options.ts'
import type { MachineOptions, Port } from './options.ts'
import { Pci, sourceId } from './pci.ts'
import { QemuProcess } from './process.ts'
import { Qtest } from './qtest.ts'
import { switchedOn, Trace } from './trace.ts'
import type { Marks } from './trace.ts'
import { vtdUnit } from './vtd/unit.ts'
import type { Unit } from './vtd/unit.ts'

/** What the machine has to know of the kind of its IOMMU. */
export interface UnitKind<U> {
  /** QEMU's option for the device. */
  readonly device: (options: MachineOptions, version: Version) => string
  readonly of: (qtest: Qtest, pci: Pci) => Promise<U>
  readonly marks: Marks
}

/** `U`: the client of its IOMMU. */
export interface Machine<U = Unit> {
  readonly version: Version
  readonly pid: number
  readonly qtest: Qtest
  readonly pci: Pci
  /** In the order of `options.edus`. */
  readonly edus: readonly Edu[]
  readonly ioapic: IoApic
  readonly unit: U
  readonly trace: Trace
  /** null unless asked for. */
  readonly monitor: Monitor | null
  /** Ends QEMU; resolves when it is gone. What is still pending is refused. */
  close(): Promise<void>
}

const usual: Limits = { work_ms: 20_000, sleeps: 80 }

/** Runs `use` with a machine, which is gone afterwards, whatever happened.
 *  @throws UserError E-QEMU-MISSING, E-QEMU-OLD, E-QEMU-UNKNOWN, E-QEMU-START, and from within E-QEMU-DIED,
 *  E-QEMU-SILENT, E-QEMU-REFUSED. */
export async function withMachine<T>(options: MachineOptions, use: (machine: Machine) => Promise<T>): Promise<T> {
  const machine = await openMachine(options)
  try { return await use(machine) } finally { await machine.close() }
}

/** A machine with VT-d that is set up: BARs placed, devices on. The unit is as at reset. Close it; `withMachine`
 *  does. */
export const openMachine = (options: MachineOptions = {}): Promise<Machine> => openMachineWith(vtdUnit, options)
/** The same with another IOMMU. */
export async function openMachineWith<U>(kind: UnitKind<U>, options: MachineOptions): Promise<Machine<U>> {
  const { binary, version } = findQemu(options.qemu, options.env)
  const placed = plan(options.edus ?? [sourceId(0, 3, 0)])
  const dir = mkdtempSync(join(tmpdir(), 'remapcheck-qemu-'))
  const forget = (): void => { rmSync(dir, { recursive: true, force: true }) }
  process.once('exit', forget)
  try {
    const rom = join(dir, 'halt.rom'), socket = options.monitor === true ? join(dir, 'qmp') : null
    writeFileSync(rom, haltRom())
    const events = switchedOn(options.trace ?? [], kind.marks)
    const args = commandLine(options, placed, events, kind.device(options, version), { rom, monitor: socket })
    const wired = wire(binary, options, args, kind.marks)
    const { qtest, trace, close } = wired
    try {
      const pci = new Pci(qtest)
      for (const port of placed.ports) openPort(pci, port)
      const edus = placed.edus.map(({ sid, bar }) => new Edu(qtest, pci, sid, bar))
      for (const edu of edus) edu.setUp()
      const [unit] = await Promise.all([kind.of(qtest, pci), trace.sync()])
      await load(qtest, edus)
      const monitor = socket === null ? null : await Monitor.open(socket)
      return { version, pid: wired.pid, qtest, pci, edus, ioapic: new IoApic(qtest), unit, trace, monitor, close }
    } catch (cause) {
      await close()
      throw cause
    }
  } finally {
    // QEMU has read the image, and the socket is connected.
    process.off('exit', forget)
    forget()
  }
}

/** Ties the process to those who read its streams. */
function wire(binary: string, options: MachineOptions, args: readonly string[],
  marks: Marks): { qtest: Qtest; trace: Trace; pid: number; close: () => Promise<void> } {
  const fail = (cause: UserError): void => {
    qtest.fail(cause)
    trace.fail(cause)
  }
  const running = new QemuProcess(binary, args, {
    stdout: text => { qtest.receive(text) },
    stderr: line => { trace.line(line) },
    ended: fail,
  })
  const qtest = new Qtest({ send: text => { running.send(text) }, silent: () => { running.kill() } },
    new Patience(meterOf(running.pid ?? 0), options.patience ?? usual))
  const trace = new Trace(options.trace ?? [], marks, qtest, line => { running.complaint(line) })
  return { qtest, trace, pid: running.pid ?? 0, close: () => running.close() }
}

/** Where the buffers of the devices are loaded from; zero again afterwards. */
const staging = 0x10_0000
/** Gives every buffer its pattern, so that what a device writes can be told by who and from where. */
async function load(qtest: Qtest, edus: readonly Edu[]): Promise<void> {
  edus.forEach((edu, i) => {
    qtest.memwrite(staging + i * bufferBytes, edu.pattern(0, bufferBytes))
    edu.start({ direction: 'read', address: staging + i * bufferBytes, bytes: bufferBytes })
  })
  await finish(edus, () => Promise.resolve())
  qtest.fill(staging, edus.length * bufferBytes)
}

/** 64 KiB that end at the reset vector, which halts: cli; hlt; jmp to the hlt. */
function haltRom(): Uint8Array {
  const rom = new Uint8Array(0x1_0000)
  rom.set([0xfa, 0xf4, 0xeb, 0xfd], 0xfff0)
  return rom
}

/** What firmware would do for a bridge: bus numbers, the memory window, and its command register (PCI-to-PCI Bridge
 *  1.2, 3.2.5). */
function openPort(pci: Pci, { sid, bus, base, limit }: Port): void {
  pci.write(sid, 0x18, bus << 16 | bus << 8)
  pci.write(sid, 0x20, limit >>> 16 << 16 & 0xfff0_0000 | base >>> 16 & 0xfff0)
  pci.write(sid, 0x04, 0x6)
}
