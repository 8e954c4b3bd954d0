/** APIC ids of the CPUs of the bounded machine. */
import type { Bounds } from '../bounds.ts'

export const apicIdOf = (cpu: number, b: Bounds): number => cpu === 1 && b.wideIds === 1 ? 256 : cpu
/** Null where no CPU has that id: the message reaches nobody. */
export const cpuOf = (apicId: number, b: Bounds): number | null => {
  for (let cpu = 0; cpu < b.cpus; cpu++) if (apicIdOf(cpu, b) === apicId) return cpu
  return null
}
