/** Requests and messages of devices, and what came of them, in words. */
import { sidText } from '../pci.ts'
import type { DmaDeed, HostResult, MessageDeed, Outcome } from './deeds.ts'

const hex = (value: number): string => `0x${value.toString(16)}`

/** `requesters`: source ids of the devices. */
export function requestText(deed: DmaDeed | MessageDeed, requesters: readonly number[]): string {
  const who = sidText(requesters[deed.device]!)
  if (deed.kind === 'message')
    return `${who} sets its MSI and sends it: address ${hex(deed.address)}, data ${hex(deed.data)}`
  const why = { context: `, which nothing maps, so that its context entry is fetched`,
    fill: ', so that the translation is fetched', request: '', also: '' }[deed.why]
  return `${deed.why === 'also' ? 'the same again as a write: ' : ''}${who} ${deed.write ? 'writes' : 'reads'} `
    + `${hex(deed.address)}${why}`
}

/** In the model's small ids. `faultText`: of a reason. */
export function outcomeText(outcome: Outcome, faultText: (reason: number) => string): string {
  const refused = (reason: number | null): string => reason === null ? 'no fault recorded' : faultText(reason)
  switch (outcome.kind) {
    case 'landed': return `frame${outcome.frame}`
    case 'blocked': return `blocked, ${refused(outcome.reason)}`
    case 'accepted': return `accepted by cpu${outcome.cpu} at vector ${outcome.vector}`
    case 'rejected': return `rejected, ${refused(outcome.reason)}`
  }
}

/** What QEMU made of it; empty where nothing is to be seen. `from where`: an entry its IOTLB had, or a walk. */
export function sightText({ deed, outcome, cached, note }: HostResult, faultText: (reason: number) => string): string {
  if (deed.kind === 'dma' && deed.why === 'context') return note ?? ''
  const parts = [...outcome === null ? [] : [outcomeText(outcome, faultText)], ...cached ? ['from its IOTLB'] : [],
    ...note === null ? [] : [note]]
  return parts.join(', ')
}
