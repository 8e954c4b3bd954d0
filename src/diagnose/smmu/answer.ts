/** The answer to an event of an SMMUv3 (Arm IHI 0070, 7.3). */
import { addressConclusions } from '../addresses.ts'
import type { Answer, Conclusion, Group, Known, Look } from '../happening.ts'
import { deviceOfId, hex } from '../text.ts'
import { eventNames } from './names.ts'
import type { SmmuEvent } from './v3.ts'

const verbs = { read: 'read', write: 'wrote', execute: 'fetched code '
  + 'from', interrupt: 'wrote', unknown: 'used' } as const
const sure = (says: string, rule: string): Conclusion => ({ certainty: 'sure', says, rule })
const likely = (says: string, rule: string): Conclusion => ({ certainty: 'likely', says, rule })
/** Events of a page table: the others come before any is looked at. */
const ofPages = (code: number): boolean => code >= 0x10 && code <= 0x13

export function answerSmmu(event: SmmuEvent, group: Group, known: Known): Answer {
  const { code, client, stream, substream, address, access, stage, cause, stalled } = event
  const [name, says] = eventNames[code] ?? ['unknown event', 'in no table here']
  const id = stream === null ? 'a stream' : `stream ${hex(stream)}`
  const who = client ?? id
  const where = address === null ? '' : ` ${hex(address)}`
  const more = [...client === null || stream === null ? [] : [id],
    ...substream === null ? [] : [`substream (PASID) ${hex(substream)}`]]
  return {
    title: `${who}${access === 'unknown' && where === '' ? '' : ` ${verbs[access]}${where || ' something'}`}: `
      + `${says} (${name})`,
    happened: `${who}${more.length === 0 ? '' : ` (${more.join(', ')})`} `
      + `${access === 'unknown' && where === '' ? 'sent a transaction' : `${verbs[access]}${where}`}`
      + `${stage === null ? '' : `, stage ${stage}`}. ${stalled ? 'The transaction is stalled: it waits for the driver.'
        : 'The unit ended it with an error.'}`,
    hardware: [{ says: `${code === 0 ? 'an event' : `event 0x${code.toString(16).padStart(2, '0')}`}, ${name}: ${says} `
      + '(Arm IHI 0070, 7.3)', clause: null },
    ...cause === null ? [] : [{ says: `caused by: ${cause}`, clause: null }]],
    concludes: [...byCode(event), ...ofAddress(event, group, known)],
    next: nextOf(event),
    shows: ofPages(code) ? [{ run: 'remapcheck explain ring0-strict', says: 'unmap step by step; the device has to be '
      + 'stopped before it' },
    { run: 'remapcheck check ring0-deferred-early --scope mapping --property no-dma-escape',
      says: 'what such a late access does where the unmap is not flushed' }] : [],
  }
}

function byCode({ code, access, stage }: SmmuEvent): readonly Conclusion[] {
  const name = eventNames[code]?.[0] ?? ''
  switch (code) {
    case 0x10: return [sure('Stream table entry and context descriptor were found: the device is attached, and nothing '
      + 'is mapped at the address.', name)]
    case 0x11: return [sure('The address, or one in a table, has more bits than the tables or the system have.', name)]
    case 0x12: return [sure('The page is mapped, and its access flag is 0: software that wants it set did not set it.',
      name)]
    case 0x13: return [sure(`The page is mapped, and not for a ${access} such as this.`, name),
      likely(stage === 2 ? 'The second stage, which is the hypervisor\'s, does not give the right.'
        : 'The buffer is mapped for the other direction, or only privileged requests may use the page.',
      stage === 2 ? 'stage 2' : 'Linux maps by direction')]
    case 0x02: case 0x04: return [likely('No driver has attached this stream: a device that firmware left running, '
      + 'or an '
      + 'id that the firmware tables (IORT, iommu-map) give wrongly.', name)]
    case 0x06: return [sure('The stream table entry admits only requests with a substream (PASID), and this has none.',
      name)]
    case 0x08: return [sure('No page table was looked at: the stream has no such substream, or none at all.', name),
      likely('The PASID is not bound for this device, or the device has PASID on while its driver does not use it.',
        name)]
    case 0x0a: return [likely('The substream (PASID) of the request is not bound, or no longer.', name)]
    case 0x03: case 0x09: case 0x25: return [sure('The unit could not read a table in memory: its address is wrong, or '
      + 'memory did not answer.', name)]
    default: return []
  }
}
function ofAddress({ code, address, substream }: SmmuEvent, group: Group, known: Known): readonly Conclusion[] {
  if (code !== 0x10 || address === null) return []
  if (substream !== null) return [likely('With a substream the address belongs to the address space that it stands '
    + 'for: '
    + 'in shared virtual addressing (SVA) it is a virtual address of a process, which had not touched the page, had '
    + 'freed '
    + 'it or was gone.', 'a request with a substream')]
  return [
    ...address % 4096n === 0n && address !== 0n ? [likely('Page-aligned: the start of a buffer or ring.',
      'a page-aligned address')] : [],
    ...addressConclusions(group, known),
  ]
}
function nextOf({ code, client, stream }: SmmuEvent): readonly Look[] {
  const isPci = client !== null && /^(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(client)
  const path = isPci && client.length === 7 ? `0000:${client}` : client
  const driver: Look = isPci ? { run: `ls -l /sys/bus/pci/devices/${path}/driver`, says: 'the driver; look what it '
    + 'does '
    + 'at that time (stop, reset, suspend)' }
    : { run: null, says: `look up which device has ${stream === null ? 'that stream' : `stream ${hex(stream)}`}: `
      + `iommu-map of the device tree, or IORT${stream === null || stream > 0xffff ? ''
        : ` (where it is the PCI requester id, ${deviceOfId(stream)})`}` }
  return ofPages(code) ? [
    { run: 'trace-cmd record -e iommu:map -e iommu:unmap -e iommu:io_page_fault',
      says: 'whether the address was mapped, and whether it was unmapped in the second before' }, driver,
  ] : [driver, { run: 'ls -d /sys/kernel/iommu_groups/*/devices/*', says: 'which devices are attached' }]
}
