/** What an address alone says of where it came from: signs, so nothing of this is more than likely, but where it lies.
 *  No manual: habits of allocators and drivers. */
import type { Conclusion, Group, Known } from './happening.ts'
import { hex } from './text.ts'

const gib = 1n << 30n
/** `linux`: whether the system hands out addresses as Linux does. */
export function addressConclusions(group: Group, known: Known, linux = true): readonly Conclusion[] {
  const { addresses, first } = group
  const address = addresses[0]
  if (address === undefined) return []
  const traced = known.mappings(group)
  if (traced.some(({ certainty }) => certainty === 'likely')) return traced
  const region = known.regions.find(({ from, to }) => addresses.some(one => one >= from && one <= to))
  if (region !== undefined) {
    const inside = addresses.find(one => one >= region.from && one <= region.to)!
    const owner = region.devices.length === 0 ? 'a device that is not named' : region.devices.join(', ')
    const own = first.device !== null && region.devices.includes(first.device)
    return [
      { certainty: 'sure', rule: region.by,
        says: `${hex(inside)} lies in the region ${hex(region.from)} to ${hex(region.to)} that firmware reserves for `
          + `${owner}${region.unmapped ? ', and that the log says is not in reserved memory' : ''}.` },
      own ? { certainty: 'likely', rule: 'an address inside a reserved region of the device',
        says: 'The region is not mapped for this device: the device goes on using memory that firmware gave it.' }
        : { certainty: region.devices.length === 0 ? 'likely' : 'open', rule: 'an address inside a reserved region',
          says: region.open || region.devices.length === 0
            ? 'A reserved region that is not mapped for this device, if it is its own: the ACPI table says whose it is.'
            : 'The region is not this device\'s: it may be chance, or an alias of the owner.' },
    ]
  }
  const said = signOf(address, linux)
  return [...traced, ...said === null ? [] : [{ certainty: 'likely', ...said } as const], ...memoryAt(address, known)]
}

/** What lies there, were it an address of memory: by BIOS-e820 lines or /proc/iomem. */
export function memoryAt(address: bigint, known: Known): readonly Conclusion[] {
  const span = known.beside.machine.at(address)
  return span === null ? [] : [{ certainty: 'open', rule: 'the memory map: BIOS-e820 or /proc/iomem',
    says: `If the device was given an address of memory in the place of one for DMA, ${hex(address)} lies in `
      + `${placeOf(span.what)} (${hex(span.from)} to ${hex(span.to)}).` }]
}
function placeOf(what: string): string {
  if (/^(?:usable|System RAM)$/.test(what)) return 'RAM'
  if (/reserved|ACPI|NVS/i.test(what)) return `memory that firmware keeps, "${what}"`
  return /PCI|[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/.test(what) ? `what is mapped to devices, "${what}"` : `"${what}"`
}

/** Addresses of interrupt messages on x86; null of others. */
export const interruptRange = (address: bigint): { readonly says: string; readonly rule: string } | null =>
  address < 0xfee00000n || address > 0xfeefffffn ? null : { rule: 'FEEx_xxxx', says: 'On x86 this is the range of '
    + 'interrupt messages, which no allocator hands out: a message that was taken for DMA, since it is no plain '
    + 'write of '
    + '4 bytes, or a device that was told a wrong address.' }

function signOf(address: bigint, linux: boolean): { readonly says: string; readonly rule: string } | null {
  if (address === 0n) return { says: 'Address 0: a descriptor or ring that was never filled in.', rule: 'address 0' }
  if (address >= 0xfffffffffffff000n)
    return { says: 'All ones: the device read its descriptor from something that does not answer.', rule: 'all ones' }
  const range = interruptRange(address)
  if (range !== null) return range
  if (!linux) return null
  if (address < 64n * 1024n * 1024n && address % 0x10000n === 0n) return {
    says: 'Round and low: not from an allocator of addresses that hands out from the top of 4 GiB down, as Linux does. '
      + 'The device made this address up, or was told a raw one (firmware, a driver of before).',
    rule: 'low and round address',
  }
  if (address >= 3n * gib && address < 4n * gib) return {
    says: 'Just below 4 GiB, where Linux hands out addresses for DMA: this one may well have been mapped once. Then '
      + 'the '
      + 'device used it after its unmap, or ran past the end of a mapping.',
    rule: 'an address from the top of 4 GiB',
  }
  if (address >= 4n * gib) return {
    says: 'Above 4 GiB: Linux hands out such addresses only where those below are used up, or to devices that ask. It '
      + 'may be a physical address that was given to the device raw, or one of a guest or of the driver before.',
    rule: 'an address above 4 GiB',
  }
  return null
}
