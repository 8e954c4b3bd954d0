/** The machine that is asked for, and QEMU's command line for it. */
import type { Limits } from '../patience.ts'
import type { EventName } from './events.ts'
import { busOf, deviceOf, functionOf, sourceId } from './pci.ts'

export interface MachineOptions {
  /** The binary; see `findQemu`. */
  readonly qemu?: string
  /** MiB of RAM from address 0; 256 where not given. */
  readonly memory_MiB?: number
  /** Address width of the unit in bits: 39 where not given. */
  readonly addressWidth?: 39 | 48
  readonly cachingMode?: boolean
  readonly snoopControl?: boolean
  readonly scalable?: boolean
  /** First stage in scalable mode; needs QEMU 10 or later. */
  readonly firstStage?: boolean
  /** Extended interrupt mode: x2APIC destinations. */
  readonly eim?: boolean
  /** Source ids of the `edu` devices: on bus 0 any function, on others device 0 only. One at 00:03.0 where not
   *  given. */
  readonly edus?: readonly number[]
  /** Trace events that are wanted; each costs time. None where not given. */
  readonly trace?: readonly EventName[]
  /** Processors; 1 where not given. They never run. */
  readonly cpus?: number
  /** A monitor, for `lapic`. */
  readonly monitor?: boolean
  /** What QEMU may do while it leaves a command without answer. */
  readonly patience?: Limits
  readonly env?: NodeJS.ProcessEnv
}

export interface PlacedEdu { readonly sid: number; readonly bar: number }
/** A root port of bus 0, for devices of another bus. `base` and `limit`: its memory window, in bytes. */
export interface Port { readonly sid: number; readonly bus: number; readonly base: number; readonly limit: number }
export interface Plan { readonly edus: readonly PlacedEdu[]; readonly ports: readonly Port[] }

/** Where BARs are placed: above RAM, below the I/O APIC. */
const bars = 0xe000_0000
const bar_bytes = 0x10_0000
const windows = 256

/** Places devices: BARs ascend by source id, so that those of a bus lie side by side. Keeps the order given.
 *  @throws RangeError where a device cannot be there. */
export function plan(sids: readonly number[]): Plan {
  for (const sid of sids) check(sid, sids)
  const ascending = [...sids].sort((a, b) => a - b)
  if (sids.length > windows) throw new RangeError(`edu: at most ${windows} devices`)
  const barOf = (sid: number): number => bars + ascending.indexOf(sid) * bar_bytes
  const free = Array.from({ length: 30 }, (_, i) => 30 - i)
    .filter(device => !sids.some(sid => busOf(sid) === 0 && deviceOf(sid) === device))
  const buses = [...new Set(ascending.map(busOf))].filter(bus => bus !== 0)
  if (buses.length > free.length) throw new RangeError('edu: more buses than bus 0 has places for root ports')
  const ports = buses.map((bus, i): Port => {
    const own = ascending.filter(sid => busOf(sid) === bus)
    return { sid: sourceId(0, free[i]!, 0), bus, base: barOf(own[0]!), limit: barOf(own.at(-1)!) + bar_bytes - 1 }
  })
  return { edus: sids.map(sid => ({ sid, bar: barOf(sid) })), ports }
}
function check(sid: number, all: readonly number[]): void {
  if (all.filter(other => other === sid).length > 1) throw new RangeError(`edu: ${sid.toString(16)} is there twice`)
  const bus = busOf(sid), device = deviceOf(sid)
  if (bus === 0 ? device === 0 || device === 31 : device !== 0)
    throw new RangeError(`edu: no device can be at ${sid.toString(16)}: bus 0 has places 1 to 30, others only device 0`)
  if (functionOf(sid) !== 0 && !all.includes(sid & ~7))
    throw new RangeError(`edu: ${sid.toString(16)} needs a function 0 beside it`)
}

/** The arguments of QEMU. `iommu` is the option for that device; `rom` a BIOS image that halts; `monitor` the path of a
 *  socket for QMP. */
export function commandLine(options: MachineOptions, placed: Plan, events: readonly EventName[], iommu: string,
  { rom, monitor }: { readonly rom: string; readonly monitor: string | null }): string[] {
  const address = (sid: number): string =>
    `addr=${deviceOf(sid).toString(16).padStart(2, '0')}.${functionOf(sid)},multifunction=on`
  return [
    // The timers of a PC would run for ever on a clock that jumps, and take all the time.
    '-machine', 'q35,kernel-irqchip=split,hpet=off,pit=off,sata=off,smbus=off,i8042=off,vmport=off',
    '-accel', 'tcg',
    // With a processor that halts, the clock jumps to the next timer: the device's DMA takes 100 ms of it.
    '-icount', 'shift=0,sleep=off',
    '-m', String(options.memory_MiB ?? 256), '-smp', String(options.cpus ?? 1), '-bios', rom, '-nodefaults', '-display',
    'none',
    '-device', iommu,
    ...placed.ports.flatMap(({ sid, bus }) =>
      ['-device', `pcie-root-port,id=port${bus},bus=pcie.0,chassis=${bus},${address(sid)}`]),
    ...placed.edus.flatMap(({ sid }) =>
      ['-device',
        `edu,bus=${busOf(sid) === 0 ? 'pcie.0' : `port${busOf(sid)}`},${address(sid)},dma_mask=0xffffffffffffffff`]),
    ...monitor === null ? [] : ['-qmp', `unix:${monitor},server=on,wait=off`],
    ...events.flatMap(name => ['-trace', name]),
    '-qtest', 'stdio', '-qtest-log', 'none',
  ]
}
