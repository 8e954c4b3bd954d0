/** What can go wrong with QEMU itself. */
import { UserError } from '../errors.ts'

/** What to do where no usable QEMU is there. */
export const howToGet =
  'install QEMU 7.2 or later (Debian: apt-get install qemu-system-x86), or name one: REMAPCHECK_QEMU=PATH'

export type QemuFault = 'MISSING' | 'OLD' | 'UNKNOWN' | 'START' | 'DIED' | 'SILENT' | 'REFUSED'

export function qemuError(fault: QemuFault, problem: string, next: string, subject = 'QEMU'): UserError {
  return new UserError({ code: `E-QEMU-${fault}`, subject, problem, next, exit: 'unavailable' })
}
