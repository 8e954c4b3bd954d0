/** Steps of kernels whose drivers are user processes: system calls, IPC, mediated ports. */
import type { NeutralStep as Step } from '../design.ts'

const pays = (name: string, says: string, ...units: readonly string[]): Step =>
  ({ name, says, then: ({ emit }) => { for (const unit of units) emit.cost(unit) } })

/** The driver asks the manager, a process of its own that owns all memory. */
export const receiveRequest = pays('receiveRequest', 'the driver calls the manager by IPC', 'ipc-call')
/** Ports of a device are for the driver it is attached to: any other call ends here. */
export const checkPort: Step = {
  name: 'checkPort', says: 'refuse the access unless the device is the driver\'s own',
  then: ({ s, call }) => { if (s.kernel.attached[call.device!] !== call.domain) call.device = null },
}
export const accessPort: Step = {
  name: 'accessPort', says: 'perform the port access for the driver',
  then: ({ call, emit }) => {
    if (call.device === null) return
    emit.cost('port-io')
    emit.observe({ what: 'port-accessed', domain: call.domain!, device: call.device })
  },
}
export const enterKernel = pays('enterKernel', 'the driver enters the kernel by a system call', 'syscall')
