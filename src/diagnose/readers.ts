/** The registry of readers: one for each kind of message. The first that knows a line has it. */
import { AmdEvents } from './amdvi/events.ts'
import type { Reader } from './happening.ts'
import { Vectors } from './interrupts/vectors.ts'
import type { Notebook } from './known.ts'
import { TraceFaults } from './trace-faults.ts'
import { RiscvFaults } from './riscv/faults.ts'
import { SmmuV2 } from './smmu/v2.ts'
import { SmmuV3 } from './smmu/v3.ts'
import { UnitBoot } from './vtd/boot.ts'
import { LinuxFaults } from './vtd/faults-linux.ts'
import { OtherFaults } from './vtd/faults-others.ts'
import { UnitMessages } from './vtd/messages.ts'
import { QemuMessages } from './vtd/qemu.ts'
import { QueueErrors } from './vtd/queue.ts'
import { XenQueue } from './vtd/xen-queue.ts'

/** Anew for each run: readers remember what stands above a line. */
export const openReaders = (known: Notebook): readonly Reader[] => [
  new LinuxFaults(), new QueueErrors(), new XenQueue(), new OtherFaults(), new AmdEvents(known), new SmmuV3(),
  new SmmuV2(),
  new RiscvFaults(), new Vectors(), new QemuMessages(), new UnitMessages(), new UnitBoot(known),
  new TraceFaults(), known.trace,
]
