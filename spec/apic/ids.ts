/** APIC ids of the CPUs of the bounded machine. */
import type { Bounds } from '../bounds.ts'

export const apicIdOf = (cpu: number, b: Bounds): number => cpu === 1 && b.wideIds === 1 ? 256 : cpu
/** The two highest vectors of each CPU, where interrupts are posted: with one the unit notifies a guest, with the other
 *  the host, which wakes a virtual CPU. Those below are the sources' own, for when they are not posted. */
export const notificationVectors = (vectors: number): { readonly guest: number; readonly host: number } =>
  ({ guest: vectors - 2, host: vectors - 1 })
/** Null where no CPU has that id: the message reaches nobody. */
export const cpuOf = (apicId: number, b: Bounds): number | null => {
  for (let cpu = 0; cpu < b.cpus; cpu++) if (apicIdOf(cpu, b) === apicId) return cpu
  return null
}
