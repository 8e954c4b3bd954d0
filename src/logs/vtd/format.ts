/** The trace of QEMU's VT-d unit: `vtd_*` events. */
import type { UnitEvent } from '../event.ts'
import type { Format } from '../formats/format.ts'
import { QemuReader } from '../formats/qemu.ts'
import type { QemuUnit } from '../formats/qemu.ts'
import { complaintOf } from '../formats/qemu-messages.ts'
import { events, otherForms } from './forms.ts'

const unit: QemuUnit<UnitEvent> = {
  prefix: 'vtd_', title: 'VT-d', events, otherForms, complaintOf,
  again: 'record the log of a VT-d unit: qemu-system-x86_64 -device intel-iommu,intremap=on '
    + '-trace "vtd_*" -D LOG',
}

export const qemuVtd: Format =
  { again: unit.again, iotlbEntries: 1024, open: path => new QemuReader(path, unit) }
