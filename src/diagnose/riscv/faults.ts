/** Reads faults of RISC-V IOMMUs as Linux prints them (RISC-V IOMMU 1.0, 3.2: fault queue, causes; Linux
 *  drivers/iommu/riscv: facts about its texts). Causes are decimal, iotvals hexadecimal without 0x. */
import { addressConclusions } from '../addresses.ts'
import type { Access, Answer, Conclusion, Group, Happening, Known, Line, Reader, Reading } from '../happening.ts'
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
    if (queue.test(line.text)) return [queueError(line)]
    return /: Fault \d+ devid:/.test(line.text) && !final ? 'more' : 'other'
  }
}

/** Of requests that came as far as a page table. */
const ofPages = (code: number): boolean => [12, 13, 15, 20, 21, 23].includes(code)
const access = (code: number): boolean => code <= 23
const sure = (says: string, rule: string): Conclusion => ({ certainty: 'sure', says, rule })
const likely = (says: string, rule: string): Conclusion => ({ certainty: 'likely', says, rule })

function answer(code: number, group: Group, known: Known): Answer {
  const says = causes[code] ?? 'a cause that is in no table here'
  const who = group.first.device!
  const address = hex(group.addresses[0]!)
  return {
    // Causes from 256 up are states of the unit, not kinds of access.
    title: access(code) ? `${who} met ${says} at ${address}` : `${who}, using ${address}: ${says}`,
    happened: `${who} used ${address}: ${says}. The unit did not let it pass.`,
    hardware: [{ says: `cause ${code}: ${says} (RISC-V IOMMU 1.0, 3.2)`, clause: null }],
    concludes: [...byCause(code), ...ofPages(code) ? addressConclusions(group, known) : []],
    next: [...ofPages(code) ? [{ run: 'trace-cmd record -e iommu:map -e iommu:unmap', says: 'whether the address was '
      + 'mapped' }] : [{ run: 'ls -d /sys/kernel/iommu_groups/*/devices/*', says: 'which devices are attached' }],
    { run: `lspci -vs ${who}`, says: 'who the device is, if it is one of PCI' }],
    shows: ofPages(code) ? [{ run: 'remapcheck explain ring0-strict', says: 'map and unmap step by step' }] : [],
  }
}
function byCause(code: number): readonly Conclusion[] {
  const rule = `cause ${code}`
  if ([20, 21, 23].includes(code)) return [sure('The device has a valid directory entry; its second-stage table, '
    + 'which is '
    + 'the hypervisor\'s, has no entry there, or none that admits this.', rule)]
  if (ofPages(code)) return [sure('The device has a valid directory entry; its page table has no entry there, or none '
    + 'that admits this.', rule)]
  if ([1, 5, 7].includes(code)) return [likely('A table, or the page itself, lies where no memory answers, or where '
    + 'the '
    + 'unit may not read (PMP, PMA).', rule)]
  const unread = [257, 261, 264, 265, 268, 269, 270, 271, 274]
  if (unread.includes(code)) return [sure('The unit could not read a table in memory, or memory gave it corrupted '
    + 'data.', rule)]
  return others[code] ?? []
}
const others: Readonly<Record<number, readonly Conclusion[]>> = {
  256: [sure('The unit lets nothing pass: its mode is Off (ddtp.iommu_mode).', 'cause 256'),
    likely('Its driver has not started it, or a kernel before switched it off while the device runs.', 'cause 256')],
  258: [sure('No page table was looked at: the address does not matter.', 'cause 258'),
    likely('No driver has attached this device.', 'cause 258')],
  259: [sure('The device directory entry is valid, and has a reserved bit or a mode that this unit does not support.',
    'cause 259')],
  260: [sure('No page table was looked at: the device directory entry admits no request of this kind.', 'cause 260'),
    likely('ATS or PASID is on in the device and off in its entry, or the address has too many bits.', 'cause 260')],
  262: [likely('It was an interrupt, to a page that has no MSI entry: a message of a guest that is not set up.',
    'cause 262')],
  263: [likely('It was an interrupt, to a page whose MSI entry has reserved bits or a mode that is not supported.',
    'cause 263')],
  266: [likely('The PASID of the request is not bound, or no longer.', 'cause 266')],
  267: [sure('The process directory entry is valid, and has a reserved bit or a mode that this unit does not support.',
    'cause 267')],
  273: [sure('The unit could not write its own interrupt, so what follows may be told late.', 'cause 273')],
}

/** `Command queue error: fault: D tout: D err: D fence: D`. */
function queueError(line: Line): Happening {
  const of = (name: string): boolean => new RegExp(`${name}: [1-9]`).test(line.text)
  return { line, device: null, access: 'unknown', address: null, kind: 'riscv queue', stops: true, answer: () => ({
    title: 'the command queue of the unit stands still', happened: 'The unit did not carry out a command.',
    hardware: [{ says: 'RISC-V IOMMU 1.0, 3.1: command queue', clause: null }],
    concludes: [
      ...of('tout') ? [sure('A command ran out of time (cmd_to).', 'tout'),
        likely('A device does not answer an ATS invalidation: it was reset, is gone or asleep.', 'tout')] : [],
      ...of('err') ? [sure('The unit does not know a command, or a field of it is not legal (cmd_ill).', 'err')] : [],
      ...of(' fault') ? [sure('The unit could not read the queue in memory (cqmf).', 'fault')] : [],
      ...['tout', 'err', ' fault'].some(of) ? [] : [{ certainty: 'open', rule: 'a command that does not complete',
        says: 'An illegal command, memory that could not be read, or a device that does not answer an ATS '
          + 'invalidation.' } as const],
    ],
    next: [{ run: 'dmesg | grep -i iommu', says: 'the first message before it' }],
    shows: [{ run: 'remapcheck explain awaitInvalidation', says: 'the step that waits' }] }) }
}
