/** Reads faults of RISC-V IOMMUs as Linux prints them (RISC-V IOMMU 1.0, 3.2: fault queue, causes; Linux
 *  drivers/iommu/riscv: facts about its texts). Causes are decimal, iotvals hexadecimal without 0x. */
import { addressConclusions } from '../addresses.ts'
import type { Access, Answer, Group, Known, Line, Reader, Reading } from '../happening.ts'
import { bigHex, deviceOf, deviceOfId, form, hex } from '../text.ts'

const fault = form('Fault <dec> devid: <hex> iotval: <hex> iotval2: <hex>')
/** QEMU's trace of the unit. */
const traced = form(String.raw`riscv_iommu_flt \S+ fault ([0-9a-f]{2})([0-9a-f]{2}):([0-9a-f]{2})\.([0-7]) reason: `
  + `<hex> `
  + 'iova: <hex>')
const queue = /\S+: (?:Command queue error: fault: \d|Hardware error: command execution timeout)/

export const causes: Readonly<Record<number, string>> = {
  1: 'an instruction access fault', 5: 'a read access fault', 7: 'a write access fault', 12: 'an instruction page '
    + 'fault',
  13: 'a read page fault', 15: 'a write page fault', 20: 'an instruction guest-page fault',
  21: 'a read guest-page fault', 23: 'a write guest-page fault', 256: 'all inbound transactions are disallowed',
  257: 'the device directory could not be read', 258: 'the device directory entry is not valid',
  259: 'the device directory entry is misconfigured', 260: 'a transaction type that is not allowed',
  261: 'an MSI page table entry could not be read', 262: 'an MSI page table entry is not valid',
  263: 'an MSI page table entry is misconfigured', 264: 'an access fault of the MRIF',
  265: 'the process directory could not be read', 266: 'the process directory entry is not valid',
  267: 'the process directory entry is misconfigured', 268: 'corrupted data in the device directory',
  269: 'corrupted data in the process directory', 270: 'corrupted data in the MSI page table',
  271: 'corrupted data in the MRIF', 272: 'an internal error', 273: 'an MSI write access fault',
  274: 'corrupted data in a page table',
}
const accessOf = (cause: number): Access =>
  ({ 1: 'execute', 12: 'execute', 20: 'execute', 5: 'read', 13: 'read', 21: 'read', 7: 'write', 15: 'write',
    23: 'write', 273: 'interrupt' } as Readonly<Record<number, Access>>)[cause] ?? 'unknown'

export class RiscvFaults implements Reader {
  readonly name = 'fault of a RISC-V IOMMU'
  readonly words = /Fault \d+ devid|riscv_iommu_flt |Command queue error: fault|command execution timeout/i

  read(line: Line, final: boolean): Reading {
    const found = fault.exec(line.text)
    if (found !== null) {
      const [, cause, device, iotval] = found
      const code = Number(cause)
      return [{ line, device: deviceOfId(Number.parseInt(device!, 16)), access: accessOf(code),
        address: bigHex(iotval!), kind: `riscv ${code}`, answer: (group, known) => answer(code, group, known) }]
    }
    const ofQemu = traced.exec(line.text)
    if (ofQemu !== null) {
      const [, segment, bus, device, fn, reason, iova] = ofQemu
      const code = Number.parseInt(reason!, 16)
      return [{ line, device: deviceOf(`00${segment}:${bus}:${device}.${fn}`), access: accessOf(code),
        address: bigHex(iova!),
        kind: `riscv ${code}`, answer: (group, known) => answer(code, group, known) }]
    }
    if (queue.test(line.text)) return [{ line, device: null, access: 'unknown', address: null, kind: 'riscv queue',
      answer: () => ({ title: 'the command queue of the unit stands still', happened: 'The unit did not carry out a '
        + 'command.', hardware: [{ says: 'RISC-V IOMMU 1.0, 3.1: command queue', clause: null }], concludes: [
        { certainty: 'open', rule: 'a command that does not complete', says: 'An illegal command, memory that could '
          + 'not be read, or a device that does not answer an ATS invalidation.' }], next: [{ run: 'dmesg | grep -i '
        + 'iommu', says: 'the first message before it' }],
      shows: [{ run: 'remapcheck explain awaitInvalidation', says: 'the step that waits' }] }) }]
    return /: Fault \d+ devid:/.test(line.text) && !final ? 'more' : 'other'
  }
}

function answer(code: number, group: Group, known: Known): Answer {
  const says = causes[code] ?? 'a cause that is in no table here'
  const who = group.first.device!
  const isPage = [12, 13, 15, 20, 21, 23].includes(code)
  const address = hex(group.addresses[0]!)
  return {
    title: `${who} met ${says} at ${address}`,
    happened: `${who} used ${address}: ${says}.`,
    hardware: [{ says: `cause ${code}: ${says} (RISC-V IOMMU 1.0, 3.2)`, clause: null }],
    concludes: [
      ...isPage ? [{ certainty: 'sure', rule: `cause ${code}`, says: 'The device has a valid directory entry; its page '
        + 'table has no entry there, or none that admits this.' } as const,
      ...addressConclusions(group, known)] : [],
      ...code === 258 ? [{ certainty: 'likely', rule: 'cause 258', says: 'No driver has attached this '
        + 'device.' } as const]
        : [],
    ],
    next: [{ run: 'trace-cmd record -e iommu:map -e iommu:unmap', says: 'whether the address was mapped' },
      { run: `lspci -vs ${who}`, says: 'who the device is' }],
    shows: [{ run: 'remapcheck explain ring0-strict', says: 'map and unmap step by step' }],
  }
}
