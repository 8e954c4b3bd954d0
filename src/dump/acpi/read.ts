/** Reads an ACPI table of an IOMMU, whichever it is (ACPI 6.5, 5.2.6: header). */
import { readDmar } from './dmar.ts'
import type { Firmware } from './firmware.ts'
import { readIvrs } from './ivrs.ts'
import type { TableBytes } from './text.ts'

/** Null where the bytes are no such table. */
export function firmwareOf({ bytes, signature, holes }: TableBytes): Firmware | null {
  if (bytes.length < 48) return null
  const length = bytes.readUInt32LE(4)
  const doubts = [
    ...bytes.length < length ? [`the table has ${length} bytes, and ${bytes.length} are there: it was cut`] : [],
    ...holes ? ['the text leaves out some fields: they are taken as 0'] : [],
  ]
  const whole = bytes.subarray(0, Math.min(length, bytes.length))
  const sum = whole.reduce((total, byte) => total + byte & 0xff, 0)
  if (doubts.length === 0 && length >= 36 && sum !== 0) doubts.push('its check sum is wrong: it was changed or damaged')
  if (signature === 'DMAR') return readDmar(whole, doubts)
  return signature === 'IVRS' ? readIvrs(whole, doubts) : null
}
