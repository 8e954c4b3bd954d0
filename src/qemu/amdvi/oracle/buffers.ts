/** What reads bring into the buffers of the devices: QEMU's trace does not say whether data moved. */
import { finish } from '../../edu.ts'
import type { Machine } from '../../machine.ts'
import { wordsOf } from '../../memory.ts'
import { page, place } from '../../oracle/memory-map.ts'
import { invalidateAll } from '../unit.ts'
import type { AmdviUnit } from '../unit.ts'

/** Offset in a device's buffer that reads go to, each to a dword of its own; writes are of the dword at 0. */
export const readsTo = 2048
/** Reads of a case, at most. */
const most = 128
const blank = 0xeeee_eeee
/** Whether data came in: a read that is blocked brings zeros, or nothing. No place that a read may come from holds
 *  either, but for tables. */
export const isRead = (word: number): boolean => word !== blank && word !== 0

/** Once, before the first case. */
export function placeBlanks({ qtest }: Machine<AmdviUnit>): void { qtest.fill(place.staging, 4 * most, 0xee) }

/** All devices at once, while they pass untranslated: in from the blanks, or out to a page of each. */
async function move(machine: Machine<AmdviUnit>, direction: 'read' | 'write'): Promise<void> {
  machine.unit.submit([invalidateAll])
  machine.edus.forEach((edu, i) => {
    edu.start({ direction, address: place.staging + (direction === 'read' ? 0 : (1 + i) * page), bytes: 4 * most,
      offset: readsTo })
  })
  await finish(machine.edus, () => Promise.resolve())
}
export const blankBuffers = (machine: Machine<AmdviUnit>): Promise<void> => move(machine, 'read')
/** A word a read, by device. */
export async function buffersOf(machine: Machine<AmdviUnit>): Promise<readonly Uint32Array[]> {
  await move(machine, 'write')
  return await Promise.all(machine.edus.map(async (_, i) =>
    wordsOf(await machine.qtest.memread(place.staging + (1 + i) * page, 4 * most))))
}
