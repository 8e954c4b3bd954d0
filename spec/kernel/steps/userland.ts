/** Steps of kernels whose drivers are user processes: system calls, IPC, mediated ports. */
import type { Step } from '../design.ts'

const pays = (name: string, says: string, ...units: readonly string[]): Step =>
  ({ name, says, then: ({ emit }) => { for (const unit of units) emit.cost(unit) } })

/** The driver asks the manager, a process of its own that owns all memory. */
export const receiveRequest = pays('receiveRequest', 'the driver calls the manager by IPC', 'ipc-call')
export const enterKernel = pays('enterKernel', 'the driver enters the kernel by a system call', 'syscall')
