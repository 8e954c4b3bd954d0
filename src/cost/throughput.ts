/** Packets a second as the least of what each part can do: the link, the walkers of the IOMMU, and CPUs that take turns
 *  at a lock. */
import type { Cycles } from './price.ts'

export type Part = 'CPU' | 'invalidation' | 'walkers' | 'link'

export interface PacketCost {
  /** Of the processor, the serial part among them. */
  readonly cycles: Cycles
  /** What one CPU takes at a time. */
  readonly serial: Cycles
  /** Requests that walk. */
  readonly misses: number
}
export interface Machine {
  readonly clock_ghz: number
  readonly walkers: number
  readonly walk_ns: number
  readonly gbps: number
}
export interface Rate { readonly gbps: number; readonly packets: number; readonly binds: Part }

/** Ethernet sends preamble and gap beside each packet. */
const gap_bytes = 20
/** A lock that is taken so much of the time is what binds. */
const busy = 0.9

/** Packets a second that `cores` take together. Waiting for the serial part: mean value analysis of a closed network
 *  with one queue (Reiser and Lavenberg 1980), which takes service times as random; with constant ones there is less
 *  waiting, and the same limit. */
export function cpuRate(cycles: number, serial: number, cores: number, clock_ghz: number): number {
  const think = cycles - serial
  let queue = 0, rate = 0
  for (let k = 1; k <= cores; k++) {
    const wait = serial * (1 + queue)
    rate = k / (wait + think)
    queue = rate * wait
  }
  return rate * clock_ghz * 1e9
}

export function rateOf({ cycles, serial, misses }: PacketCost, which: 'min' | 'typ' | 'max', bytes: number,
  cores: number, machine: Machine): Rate {
  const { clock_ghz, walkers, walk_ns, gbps } = machine
  const cpu = cpuRate(cycles[which], serial[which], cores, clock_ghz)
  const isSerial = cpu * serial[which] > busy * clock_ghz * 1e9
  const parts: readonly (readonly [Part, number])[] = [
    ['link', gbps * 1e9 / 8 / (bytes + gap_bytes)],
    ['walkers', misses === 0 ? Infinity : walkers / walk_ns * 1e9 / misses],
    [isSerial ? 'invalidation' : 'CPU', cpu],
  ]
  const [binds, packets] = parts.reduce((least, one) => one[1] < least[1] ? one : least)
  return { packets, binds, gbps: packets * bytes * 8 / 1e9 }
}

/** From how many cores on more of them bring less than a hundredth, of at most `most`; and what binds there. */
export function saturation(packet: PacketCost, bytes: number, most: number, machine: Machine):
  { readonly cores: number; readonly rate: Rate } {
  const all = rateOf(packet, 'typ', bytes, most, machine)
  for (let cores = 1; ; cores++) {
    const { packets } = rateOf(packet, 'typ', bytes, cores, machine)
    if (packets >= 0.99 * all.packets || cores === most) return { cores, rate: all }
  }
}
