/** Reads single lines that say something of a VT-d unit besides its faults: of Linux, Xen and FreeBSD (Linux
 *  drivers/iommu/intel, Xen drivers/passthrough/vtd, FreeBSD sys/x86/iommu: facts about their texts). */
import type { Answer, Conclusion, Line, Look, Reader, Reading } from '../happening.ts'
import { unremapped } from '../interrupts/not-remapped.ts'
import { bigHex, deviceOf, form, hex } from '../text.ts'
import { statusTexts } from './reason.ts'

interface Said {
  readonly form: RegExp
  readonly device?: (found: RegExpExecArray) => string | null
  readonly title: (found: RegExpExecArray) => string
  readonly happened: string
  readonly hardware: string | ((found: RegExpExecArray) => string)
  readonly concludes: readonly Conclusion[]
  readonly next: readonly Look[]
  readonly shows?: readonly Look[]
}
const likely = (says: string, rule: string): Conclusion => ({ certainty: 'likely', says, rule })
const sure = (says: string, rule: string): Conclusion => ({ certainty: 'sure', says, rule })
const open = (says: string, rule: string): Conclusion => ({ certainty: 'open', says, rule })
const run = (command: string, says: string): Look => ({ run: command, says })
const whereUnits = run("dmesg | grep -e reg_base_addr -e 'DRHD base'", 'where the registers are')
const waiting: readonly Look[] = [run('remapcheck explain awaitInvalidation', 'the step that waits')]

const said: readonly Said[] = [
  { form: form('reported at address <hex> returns all ones'),
    title: ([, address]) => `the registers of a unit at ${hex(bigHex(address!))} read all ones: nothing answers there`,
    happened: 'Linux read the capabilities of a unit that the firmware names, and got ones in every bit.',
    hardware: 'a read that no device answers gives ones',
    concludes: [sure('The unit cannot be reached at that address: Linux does not use it.', 'CAP and ECAP of all ones'),
      likely('The firmware switched the unit off and left it in its DMAR table, or something else is mapped over the '
        + 'page.', 'all ones')],
    next: [whereUnits, run('remapcheck audit /sys/firmware/acpi/tables/DMAR', 'what the firmware says of its units')],
    shows: [run('remapcheck explain CAP=0xffffffffffffffff', 'the register, bit by bit')] },
  { form: /DMAR hardware is malfunctioning/, title: () => 'a bit of the global status did not come in time',
    happened: 'Linux wrote a command to a unit and waited ten seconds for its status.',
    hardware: 'each command of GCMD is done when GSTS shows it (VT-d 11.4)',
    concludes: [likely('The registers do not answer (all ones), or the unit hangs in an invalidation: a device that '
      + 'does '
      + 'not complete one of its TLB.', 'a status bit that does not come')],
    next: [run('dmesg | grep -e DMAR', 'the first message before it'), whereUnits],
    shows: [run('remapcheck explain GSTS', 'the register, bit by bit')] },
  { form: form(String.raw`(dmar\d+): PRQ overflow detected`),
    title: ([, unit]) => `the page request queue of ${unit} overflowed: requests are lost`,
    happened: 'Devices asked for more pages than the queue holds; the unit answered the rest itself.',
    hardware: 'PRO: the queue was full when a request came',
    concludes: [sure('Some page requests were not handed to software.', 'PRQ overflow')],
    next: [run('trace-cmd record -e intel_iommu:prq_report', 'which device asks, and for what')] },
  { form: form(String.raw`(?:(dmar\d+): )?Invalid (?:PASID|page request)(?:: | )<hex>`),
    title: () => 'a page request that is not valid', happened: 'A device asked for a page by a request that Linux '
      + 'refused.',
    hardware: 'a page request names a device, a PASID and a page',
    concludes: [open('A PASID that is bound no more, a device whose page requests are off in software, or a request '
      + 'that '
      + 'is malformed.', 'the request was refused')],
    next: [run('trace-cmd record -e intel_iommu:prq_report', 'which device asks, and for what')] },
  { form: /Invalidate non-aligned address|Flush IOTLB failed/, title: () => 'Linux could not invalidate as it was '
    + 'asked to',
  happened: 'The driver of the unit was given a range that one descriptor cannot name, or the unit did not '
      + 'complete it.',
  hardware: 'a page-selective invalidation covers 2^AM pages, aligned to that',
  concludes: [open('A mistake of the caller, or a time-out before it: what was unmapped may still be cached.',
    'an invalidation that failed')],
  next: [run('dmesg | grep -e DMAR', 'time-outs before it')], shows: waiting },
  { form: form('DRHD <dec>: failed to enable fault'),
    title: () => 'the fault interrupt of a unit could not be set up: its faults are not reported',
    happened: 'Linux could not ask for the interrupt by which a unit reports faults.',
    hardware: 'FECTL, FEDATA and FEADDR hold that interrupt',
    concludes: [sure('Faults of that unit leave no line in this log.', 'failed to enable fault, interrupt')],
    next: [run('grep DMAR-MSI /proc/interrupts', 'which units have the interrupt')] },
  { form: /DMAR\d+: (Invalidation (?:timed out|completion error|queue error)|(?:Advanced )?Fault Overflow)/,
    title: ([, what]) => `a unit reports: ${what!.toLowerCase()}`, happened: 'FreeBSD read the fault status of a unit.',
    hardware: ([, what]) => statusTexts[what!.replace('Advanced ', '')]!,
    concludes: [], next: [run('dmesg | grep DMAR', 'the faults around it')],
    shows: [run('remapcheck explain FSTS', 'the register, bit by bit')] },
  { form: form('(?:<device>: )?DMAR: Device is ineligible for IOMMU domain attach due to platform RMRR'),
    device: ([, device]) => device ?? null,
    title: ([, device]) => `${device === undefined ? 'a device' : deviceOf(device)} is given to no guest: firmware `
      + 'reserves memory for it (RMRR)',
    happened: 'Linux refused to attach the device to a domain of a guest or a user process.',
    hardware: 'an RMRR of the DMAR table names the device: firmware may go on using that memory by its DMA',
    concludes: [sure('A domain of a guest has no mapping of that memory, so it would take it from firmware.',
      'platform RMRR requirement'),
    likely('Firmware manages or monitors the device (a health monitor, a management controller, USB emulation): some '
      + 'have a setting for it.', 'an RMRR for a device that is no graphics')],
    next: [run('remapcheck audit /sys/firmware/acpi/tables/DMAR', 'which memory is reserved for which device')] },
  { form: /Failed to enable irq remapping\.|BIOS has enabled interrupt remapping|Not enabling interrupt remapping/,
    title: () => unremapped.title, happened: unremapped.happened, hardware: unremapped.hardware,
    concludes: [unremapped.sure,
      likely('The chip set has an erratum, an I/O APIC is missing in the DMAR table, or firmware asked for it.',
        'interrupt remapping could not be enabled')],
    next: [run('dmesg | grep -e DMAR-IR', 'why it is off')], shows: [unremapped.shows] },
]

export class UnitMessages implements Reader {
  readonly name = 'message about a VT-d unit'
  readonly words = new RegExp(['returns all ones', 'malfunctioning', 'PRQ overflow', 'Invalid (?:PASID|page request)',
    'non-aligned address', 'Flush IOTLB failed', 'failed to enable fault', 'DMAR\\d+: (?:Inv|Fault|Adv)',
    'ineligible for IOMMU',
    'irq remapping', 'interrupt remapping'].join('|'))

  read(line: Line): Reading {
    for (const one of said) {
      const found = one.form.exec(line.text)
      if (found !== null) return [{ line, device: deviceIn(one, found), access: 'unknown', address: null,
        kind: `unit-message ${one.title(found)}`, answer: () => answerOf(one, found) }]
    }
    return 'other'
  }
}
const deviceIn = ({ device }: Said, found: RegExpExecArray): string | null => {
  const named = device?.(found) ?? null
  return named === null ? null : deviceOf(named)
}
const answerOf = ({ title, happened, hardware, concludes, next, shows = [] }: Said, found: RegExpExecArray): Answer =>
  ({ title: title(found), happened, hardware: [{ says: typeof hardware === 'string' ? hardware : hardware(found),
    clause: null }], concludes, next, shows })
