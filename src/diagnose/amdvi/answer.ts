/** The answer to an event of an AMD unit (AMD 48882 rev 3.10: 2.5 events, 2.4 commands, 2.1.2 the interrupt range). */
import { commandLayouts } from '../../../spec/amdvi/index.ts'
import type { Answer, Conclusion, Group, Known, Look, Meaning } from '../happening.ts'
import { hex, whenOf } from '../text.ts'
import { answerEntry } from './device-entry.ts'
import type { UnitEvent } from './event.ts'
import { events, flagNames, requestText, requestType } from './flags.ts'
import { usedOf, whoOf } from './look.ts'
import { answerPage } from './page-fault.ts'

const sure = (says: string, rule: string): Conclusion => ({ certainty: 'sure', says, rule })
const likely = (says: string, rule: string): Conclusion => ({ certainty: 'likely', says, rule })
const clauseText = (name: string): Meaning =>
  ({ says: `${name}: ${events[name] ?? 'an event that is in no table here'} (AMD 48882, 2.5)`, clause: null })

const answers: Readonly<Record<string, (event: UnitEvent, group: Group, known: Known) => Answer>> = {
  IO_PAGE_FAULT: answerPage, ILLEGAL_DEV_TABLE_ENTRY: (event, _, known) => answerEntry(event, known),
  INVALID_DEVICE_REQUEST: ofRequest, IOTLB_INV_TIMEOUT: ofTimeout,
}

export function answerEvent(event: UnitEvent, group: Group, known: Known): Answer {
  const lost = known.fact('events lost')
  const doubt: readonly Meaning[] = lost === null ? []
    : [{ says: `the event log overflowed (line ${lost.number}): there were more`, clause: null }]
  const answer = (answers[event.name] ?? ofOther)(event, group, known)
  const damaged: readonly Meaning[] = event.damaged.length === 0 ? []
    : [{ says: `the line is damaged: ${event.damaged.join(', ')} cannot be read`, clause: null }]
  return { ...answer, hardware: [clauseText(event.name), ...answer.hardware, ...damaged, ...doubt] }
}

/** Where interrupt and EOI messages go; some units print the address with its sign extended above bit 39. */
function messageRange(address: bigint | null): { readonly inRange: boolean; readonly extended: string } {
  const low = (address ?? 0n) & 0xffffffffffn
  const inRange = low >= 0xfdf8000000n && low <= 0xfdf8ffffffn || low >= 0xfee00000n && low <= 0xfeefffffn
  return { inRange, extended: !inRange || low === address ? '' : `, which is ${hex(low)} with its sign extended` }
}

function ofRequest(event: UnitEvent, { count }: Group): Answer {
  const { address, flags, system, device } = event
  const { inRange, extended } = messageRange(address)
  const { type, isTranslation } = flags === null ? { type: null, isTranslation: false } : requestType(flags)
  const ofAts = isTranslation || type === 1
  const isWrite = inRange && !ofAts && (type === 5 || type === 6)
  const who = whoOf(event), used = usedOf(address)
  const standing: Look = { run: system === 'Xen' ? 'xl debug-keys i; xl dmesg' : 'cat /proc/interrupts',
    says: 'whether an interrupt stands still' }
  return {
    title: `${who} sent a request that is not allowed${isWrite ? ': a write to the interrupt range' : ''}`,
    happened: `${who} used ${used}${extended}${inRange ? ', in the range of interrupt and EOI messages' : ''}.`,
    hardware: flags === null ? [] : [{ says: requestText(flags), clause: null }],
    concludes: ofAts ? [likely('ATS is on in the device and off in its device table entry: left on by firmware or by '
      + 'the '
      + 'kernel before, or switched off in the entry first.', 'a request of ATS')] : ofType(type, count),
    next: [{ run: `lspci -v${ofAts ? 'v' : ''}s ${device ?? 'BB:DD.F'}`,
      says: ofAts ? 'whether ATS is on' : 'who sends with that id' }, ...inRange ? [standing] : []],
    shows: inRange ? [{ run: 'remapcheck explain no-lost-edge', says: 'the claim that such a loss breaks' }] : [],
  }
}
function ofType(type: number | null, count: number): readonly Conclusion[] {
  if (type === 0) return [likely('It is no interrupt: the device reads, or writes and waits, where only messages go. '
    + 'It '
    + 'was told a wrong address.', 'type 0')]
  return type !== 5 ? [] : [
    sure('An interrupt message was thrown away: the device table entry of that id lets no interrupts pass (IntCtl is '
      + 'abort).', 'type 5 in the interrupt range'),
    count <= 2 ? likely('Harmless if it stays at that, for example at the reset of a GPU.', 'seen once or twice')
      : likely('An interrupt is lost each time.', 'repeated')]
}

function ofTimeout({ device, address, line }: UnitEvent, _: Group, known: Known): Answer {
  const who = whoOf({ device })
  const reset = device === null ? null : known.resetBefore(device, line)
  const wait = known.others.find(({ kind }) => kind === 'amd completion wait')
  return {
    title: `${who} did not answer an invalidation of its device TLB (ATS)`,
    happened: `The unit asked ${who} to drop translations that it caches, and waited in vain${address === null ? ''
      : `; ${hex(address)} is the address of the command`}.`,
    hardware: [],
    concludes: [
      ...wait === undefined ? [] : [likely(`It is what the driver waited for in vain (Completion-Wait, line `
        + `${wait.at.number}).`, 'a time-out beside a wait')],
      reset === null ? likely(`${who} was reset, is gone or in a low power state while its ATS is on in the device `
        + 'table.', 'a device TLB that does not answer')
        : likely(`${who} was reset or re-enabled just before, with ATS still on in its device table entry: after a `
          + `reset `
          + 'its own ATS enable is off, and it answers nothing.', `${whenOf(reset)}: a reset of it`),
    ],
    next: [{ run: `lspci -vvs ${device ?? 'BB:DD.F'} | grep -i -A2 ATS`, says: 'whether ATS is on' },
      { run: null, says: 'boot with pci=noats: if it is gone, it is the ATS of this device' },
      { run: null, says: 'in a driver or VMM: switch ATS off in the device, and in its device table entry, before the '
        + 'reset' }],
    shows: [{ run: 'remapcheck explain awaitInvalidation', says: 'the step that waits' }],
  }
}

/** What else an event of that name decides, and where to look. */
const others: Readonly<Record<string,
  { readonly concludes: readonly Conclusion[]; readonly next: readonly Look[] }>> = {
  ILLEGAL_COMMAND_ERROR: { concludes: [sure('The unit executes no command until its driver starts the command buffer '
    + 'again: what is unmapped meanwhile stays cached.', 'ILLEGAL_COMMAND_ERROR')],
  next: [{ run: 'cat /sys/kernel/debug/iommu/amd/iommu*/cmdbuf', says: 'the commands around it (Linux 6.17 on)' }] },
  COMMAND_HARDWARE_ERROR: { concludes: [sure('The unit executes no command until its driver starts the command buffer '
    + 'again: what is unmapped meanwhile stays cached.', 'COMMAND_HARDWARE_ERROR')],
  next: [{ run: 'dmesg | grep -i -e mce -e edac', says: 'whether memory had errors' }] },
  DEV_TAB_HARDWARE_ERROR: { concludes: [sure('The unit could not read the device table entry: the address is that of '
    + 'the entry in memory, not one of the device.', 'DEV_TAB_HARDWARE_ERROR')],
  next: [{ run: 'dmesg | grep -i -e mce -e edac', says: 'whether memory had errors' }] },
  PAGE_TAB_HARDWARE_ERROR: { concludes: [sure('The unit could not read a page table: the address is that of the entry '
    + 'in memory, not one of the device.', 'PAGE_TAB_HARDWARE_ERROR'),
  likely('An entry above it holds an address where no memory answers, or memory has an error.',
    'a table that cannot be '
    + 'read')], next: [{ run: 'dmesg | grep -i -e mce -e edac', says: 'whether memory had errors' }] },
  INVALID_PPR_REQUEST: { concludes: [likely('Page requests (PRI) are on in the device, and off in its device table '
    + 'entry '
    + 'or for that PASID: its driver or process is gone, or the device was reset.', 'a page request that is refused')],
  next: [] },
  NOT_ATTACHED: { concludes: [], next: [{ run: 'ls -d /sys/kernel/iommu_groups/*/devices/*', says: 'which devices are '
    + 'attached' }] },
  RMP_PAGE_FAULT: { concludes: [],
    next: [{ run: 'dmesg | grep -i -e SEV -e SNP', says: 'which guest owns the page' }] },
  RMP_HW_ERROR: { concludes: [], next: [{ run: 'dmesg | grep -i -e SEV -e SNP', says: 'where the table is' }] },
}
function ofOther(event: UnitEvent): Answer {
  const { name, flags, address, domain, device } = event
  const title = events[name] ?? `event ${name}, which is in no table here`
  const of = [...device === null ? [] : [device], ...address === null ? [] : [`address ${hex(address)}`],
    ...domain === null ? [] : [`domain ${hex(domain)}`]]
  const { concludes, next } = others[name] ?? { concludes: [], next: [] }
  return {
    title: device === null ? title : `${device}: ${title}`,
    happened: of.length === 0 ? 'The event names no device.' : `The event is about ${of.join(', ')}.`,
    hardware: [...flags === null ? [] : [{ says: `flags 0x${flags.toString(16)} (${flagNames(flags)})`, clause: null }],
      ...commandText(event)],
    concludes, next: [...device === null ? []
      : [{ run: `lspci -vks ${device}`, says: 'who the device is, and its driver' }], ...next],
    shows: [],
  }
}
/** Of the words that Linux prints below: the code is in bits 31:28 of the second. */
function commandText({ command }: UnitEvent): readonly Meaning[] {
  const code = command[1] === undefined ? null : command[1] >>> 28
  return code === null ? [] : [{ clause: null, says: `the command: ${(commandLayouts as Readonly<Record<number,
    { readonly name: string }>>)[code]?.name ?? 'none that is known'} (code ${code}), ${command.map(word =>
    (word ?? 0).toString(16).padStart(8, '0')).join(' ')}` }]
}
