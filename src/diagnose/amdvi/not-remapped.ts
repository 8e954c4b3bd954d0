/** Interrupt remapping that Linux leaves off on an AMD unit (drivers/iommu/amd/init.c: facts about its texts). */
import type { Conclusion, Happening, Known, Line } from '../happening.ts'
import { unremapped } from '../interrupts/not-remapped.ts'
import { whenOf } from '../text.ts'

export const remappingOff = /AMD-Vi: Disabling interrupt remapping/
/** Printed before it. */
export const missing = /AMD-Vi: .*(?:IOAPIC\[\d+\] not in IVRS table|No southbridge IOAPIC found)/

export const notRemapped = (line: Line): Happening => ({
  line, device: null, access: 'unknown', address: null, kind: 'amd not remapped',
  answer: (_, known) => ({
    title: unremapped.title, happened: unremapped.happened, hardware: [{ says: unremapped.hardware, clause: null }],
    concludes: [unremapped.sure, cause(known)], shows: [unremapped.shows],
    next: [{ run: "dmesg | grep -e 'AMD-Vi.*IOAPIC'", says: 'which I/O APIC is missing' },
      { run: 'remapcheck audit /sys/firmware/acpi/tables/IVRS', says: 'what the firmware says of its devices' },
      { run: null, says: 'newer firmware; or name the I/O APIC to Linux by the boot option ivrs_ioapic' }],
  }),
})
function cause(known: Known): Conclusion {
  const said = known.fact('not in IVRS')
  return said === null
    ? { certainty: 'likely', says: 'The IVRS table of the firmware lacks an I/O APIC.', rule: 'interrupt remapping is '
      + 'switched off' }
    : { certainty: 'sure', says: 'The IVRS table of the firmware does not name every I/O APIC: the unit could not '
      + 'tell whose interrupts those are.', rule: whenOf(said) }
}
