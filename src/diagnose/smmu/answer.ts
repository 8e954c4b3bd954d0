/** The answer to an event of an SMMUv3 (Arm IHI 0070, 7.3). */
import { addressConclusions } from '../addresses.ts'
import type { Answer, Conclusion, Group, Known } from '../happening.ts'
import { hex } from '../text.ts'
import { eventNames } from './names.ts'
import type { SmmuEvent } from './v3.ts'

const verbs = { read: 'read', write: 'wrote', execute: 'fetched code '
  + 'from', interrupt: 'wrote', unknown: 'used' } as const

export function answerSmmu(event: SmmuEvent, group: Group, known: Known): Answer {
  const { code, client, stream, address, access, stage, cause, stalled } = event
  const [name, says] = eventNames[code] ?? ['unknown event', 'in no table here']
  const id = stream === null ? 'a stream' : `stream ${hex(stream)}`
  const who = client ?? id
  const where = address === null ? '' : ` ${hex(address)}`
  return {
    title: `${who}${access === 'unknown' && where === '' ? '' : ` ${verbs[access]}${where || ' something'}`}: `
      + `${says} (${name})`,
    happened: `${who}${client === null || stream === null ? '' : ` (${id})`} `
      + `${access === 'unknown' && where === '' ? 'sent a transaction' : `${verbs[access]}${where}`}`
      + `${stage === null ? '' : `, stage ${stage}`}. ${stalled ? 'The transaction is stalled: it waits for the driver.'
        : 'The unit ended it with an error.'}`,
    hardware: [{ says: `event 0x${code.toString(16).padStart(2, '0')}, ${name}: ${says} (Arm IHI 0070, 7.3)`,
      clause: null },
    ...cause === null ? [] : [{ says: `caused by: ${cause}`, clause: null }]],
    concludes: [...byCode(event), ...ofAddress(event, group, known)],
    next: [
      { run: 'trace-cmd record -e iommu:map -e iommu:unmap -e iommu:io_page_fault',
        says: 'whether the address was mapped, and whether it was unmapped in the second before' },
      { run: `ls -l /sys/bus/pci/devices/${client === null || client.includes('/') ? '*' : client}/driver`,
        says: 'the driver; look what it does at that time (stop, reset, suspend)' },
    ],
    shows: [{ run: 'remapcheck explain ring0-strict', says: 'unmap step by step; the device has to be stopped '
      + 'before it' },
    { run: 'remapcheck check ring0-deferred-early --scope mapping --property no-dma-escape',
      says: 'what such a late access does where the unmap is not flushed' }],
  }
}

function byCode({ code, access }: SmmuEvent): readonly Conclusion[] {
  if (code === 0x10) return [{ certainty: 'sure', rule: 'F_TRANSLATION', says: 'Stream table entry and context '
    + 'descriptor '
    + 'were found: the device is attached, and nothing is mapped at the address.' }]
  if (code === 0x13) return [
    { certainty: 'sure', rule: 'F_PERMISSION', says: `The page is mapped, and not for a ${access} such as this.` },
    { certainty: 'likely', rule: 'Linux maps by direction', says: 'The buffer is mapped for the other direction. A '
      + 'page that only privileged requests may use, or a stage 2 of a hypervisor, gives the same event.' },
  ]
  if (code === 0x02 || code === 0x04) return [{ certainty: 'likely', rule: eventNames[code]![0], says: 'No driver has '
    + 'attached this stream: a device that firmware left running, or an id that the firmware tables (IORT, iommu-map) '
    + 'give wrongly.' }]
  return []
}
function ofAddress({ code, address }: SmmuEvent, group: Group, known: Known): readonly Conclusion[] {
  if (code !== 0x10 || address === null) return []
  return [
    ...address % 4096n === 0n && address !== 0n ? [{ certainty: 'likely', rule: 'a page-aligned address',
      says: 'Page-aligned: the start of a buffer or ring.' } as const] : [],
    ...addressConclusions(group, known),
  ]
}
