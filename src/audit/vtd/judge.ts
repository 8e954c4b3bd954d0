/** What only a VT-d unit gives rise to (VT-d rev 5.10, 5.1.4). */
import { alarm } from '../alarms.ts'
import type { Raised } from '../alarms.ts'
import type { InterruptTable } from '../interrupts.ts'

export function* ownAlarms({ remapping, compatibility }: InterruptTable): Generator<Raised> {
  if (remapping && compatibility) yield alarm('compatibility-interrupts', [], 'GSTS.CFIS=1 and IRTA.EIME=0')
}
