/** The trace of QEMU's VT-d unit: `vtd_*` events. */
import type { UnitEvent } from '../event.ts'
import type { Format } from './format.ts'
import { complaintOf } from './qemu-messages.ts'
import { QemuReader } from './qemu.ts'
import type { QemuUnit } from './qemu.ts'
import { events, otherForms } from './qemu-vtd-events.ts'

const unit: QemuUnit<UnitEvent> = {
  prefix: 'vtd_', title: 'VT-d', events, otherForms, complaintOf,
  again: 'record one: qemu-system-x86_64 -device intel-iommu,intremap=on -trace "vtd_*" -D LOG',
}

export const qemuVtd: Format =
  { again: unit.again, iotlbEntries: 1024, open: path => new QemuReader(path, unit) }
