/** Reads faults of the kernel's own trace, `iommu:io_page_fault`, in the text of ftrace, trace-cmd report or perf
 *  script (Linux, include/trace/events/iommu.h): driver, device, address, and whether it was a write. */
import { addressConclusions } from './addresses.ts'
import type { Group, Known, Line, Reader, Reading } from './happening.ts'
import { bigHex, deviceOf, form, hex } from './text.ts'

const fault = form('<seconds>: +(?:iommu:)?io_page_fault: +IOMMU:<word> <word> iova=<hex> flags=<hex>')

export class TraceFaults implements Reader {
  readonly name = "fault in the kernel's trace"
  readonly words = /io_page_fault: +IOMMU:/

  read(line: Line): Reading {
    const found = fault.exec(line.text)
    if (found === null) return 'other'
    const [, seconds, driver, device, iova, flags] = found
    const write = (Number.parseInt(flags!, 16) & 1) === 1
    const who = deviceOf(device!), address = bigHex(iova!)
    const stamp = { text: `${seconds} s`, s: Number(seconds), clock: 'uptime' } as const
    return [{ line: { ...line, stamp }, device: who, access: write ? 'write' : 'read', address,
      kind: `trace fault ${write}`, answer: (group: Group, known: Known) => ({
        title: `${who} ${write ? 'wrote' : 'read'} ${hex(address)}: its IOMMU refused it`,
        happened: `${who} (driver ${driver}) ${write ? 'wrote' : 'read'} ${hex(address)}, by the kernel's trace.`,
        hardware: [{ says: `flags 0x${flags}: ${write ? 'a write' : 'a read'}; the reason of the unit is in the `
          + `kernel log`,
        clause: null }],
        concludes: addressConclusions(group, known),
        next: [{ run: 'dmesg', says: 'the reason that the unit gave' },
          { run: `lspci -vks ${who}`, says: 'who the device is, and its driver' }],
        shows: [{ run: 'remapcheck explain ring0-strict', says: 'map and unmap step by step' }],
      }) }]
  }
}
