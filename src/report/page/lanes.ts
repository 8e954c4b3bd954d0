/** The lanes of a trace: who acts, and the places where what they change is kept. */
import type { Lane } from '../../page/data.ts'

const actors: Readonly<Record<string, string>> = {
  driver: 'a driver in userland: it sleeps until the kernel wakes it',
  memory: 'memory: stores that hardware sees later, and the page tables that software writes',
  iommu: 'the IOMMU: it may fill its caches at any time; its caches, queue and registers',
  device: 'the devices: they send any DMA at any time; requests in flight and interrupt sources',
  lapic: 'the local APICs of the CPUs: interrupts that wait, and that are served',
}
const places: readonly (Omit<Lane, 'acts'> & { readonly holds: RegExp })[] = [
  { id: 'kernel', title: 'kernel', holds: /^state\.(?:kernel|own)\b/,
    says: 'what the kernel notes for itself: allocators, mappings, locks, the calls that CPUs are in' },
  { id: 'memory', title: 'memory', holds: /^state\.memory\b/, says: actors['memory']! },
  { id: 'iommu', title: 'iommu', holds: /^state\.unit\b/, says: actors['iommu']! },
  { id: 'device', title: 'device', holds: /^state\.(?:inFlight|sources)\b/, says: actors['device']! },
  { id: 'lapic', title: 'lapic', holds: /^state\.lapics\b/, says: actors['lapic']! },
  { id: 'state', title: 'state', holds: /^state\b/, says: 'the state of the machine' },
  { id: 'ledger', title: 'ledger', holds: /^(?:ledger|monitors)\b/,
    says: 'the judge\'s record of owners, grants and interrupts: made of what the kernel did, never of its tables' },
]

/** The place that holds this part of the world. */
export const placeOf = (path: string): string => places.find(({ holds }) => holds.test(path))!.id

/** Those that the trace needs: CPUs, then userland, then places, others in the order of their first step. */
export function lanesOf(agents: readonly string[], touched: readonly string[]): readonly Lane[] {
  const cpus = [...new Set(agents)].filter(name => /^cpu\d+$/.test(name)).toSorted()
  const kept = places.filter(({ id }) => touched.includes(id) || agents.includes(id))
  const others = [...new Set(agents)].filter(name => !cpus.includes(name) && !kept.some(({ id }) => id === name))
  return [...[...cpus, ...others].map(actorLane),
    ...kept.map(({ id, title, says }) => ({ id, title, says, acts: agents.includes(id) }))]
}
const actorLane = (id: string): Lane => ({ id, title: id, acts: true,
  says: actors[id] ?? (/^cpu\d+$/.test(id) ? 'a CPU: it takes the steps of the call that it is in, one at a time'
    : 'who takes these steps') })
