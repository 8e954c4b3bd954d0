/** The trace of QEMU's AMD unit: `amdvi_*` events. */
import type { Format } from '../formats/format.ts'
import { QemuReader } from '../formats/qemu.ts'
import type { QemuUnit } from '../formats/qemu.ts'
import { wordsOf } from '../formats/qemu-messages.ts'
import type { AmdviEvent } from './event.ts'
import { forms } from './forms.ts'
import { byMessage } from './refusals.ts'

const unit: QemuUnit<AmdviEvent> = {
  prefix: 'amdvi_', title: 'AMD', events: forms,
  complaintOf: (text, at) => {
    const found = byMessage(wordsOf(text))
    return found === null ? null : { kind: 'refused', at, of: 'interrupt', page: null, ...found }
  },
  again: 'record the log of an AMD unit: qemu-system-x86_64 -device amd-iommu,intremap=on '
    + '-trace "amdvi_*" -D LOG',
}

export const qemuAmdvi: Format<AmdviEvent> =
  { again: unit.again, iotlbEntries: 1024, open: path => new QemuReader(path, unit) }
