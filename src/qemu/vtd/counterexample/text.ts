/** What was done to QEMU and what came of it, in words. */
import {
  descriptorLayouts, descriptorWords, faultReason, qwordsOf, registers, show,
} from '../../../../spec/vtd/index.ts'
import type { Descriptor } from '../../../../spec/vtd/index.ts'
import { busOf, deviceOf, functionOf } from '../../pci.ts'
import type { HostResult } from './drive.ts'
import { nowhere } from './lower.ts'
import type { HostOp, Outcome } from './lower.ts'

const hex = (value: number | bigint): string => `0x${value.toString(16)}`
/** `00:03.0` */
export const sidText = (sid: number): string =>
  `${busOf(sid).toString(16).padStart(2, '0')}:${deviceOf(sid).toString(16).padStart(2, '0')}.${functionOf(sid)}`

const typeOf = { 'context-cache': 1, iotlb: 2, iec: 4,
  wait: 5 } as const satisfies Readonly<Record<Descriptor['type'], number>>
const descriptorText = (d: Descriptor): string => {
  const of = descriptorLayouts[typeOf[d.type]]
  return `${of.name} (${show(of, descriptorWords(d, 1))})`
}

/** `requesters`: source ids of the devices. */
export function deedText(deed: HostOp, requesters: readonly number[]): string {
  switch (deed.kind) {
    case 'store': {
      const { address, layout, words, of } = deed.entry
      return `${of}: ${hex(address)} := ${[...qwordsOf(words)].reverse().map(hex).join(' ')} (${show(layout, words)})`
    }
    case 'enable': return `GCMD: ${deed.bit} ${deed.on ? 'on' : 'off'}`
    case 'interrupt-table': return `IRTA := ${hex(deed.irta)}, SIRTP`
    case 'descriptors': return `queue: ${deed.descriptors.map(descriptorText).join(', ')}; IQT`
    case 'command':
      return `${deed.descriptor.type === 'iotlb' ? registers.IOTLB.name : registers.CCMD.name}: `
        + `${descriptorText(deed.descriptor)}`
    case 'dma': {
      const doing = `${sidText(requesters[deed.device]!)} ${deed.write ? 'writes' : 'reads'} ${hex(deed.address)}`
      const why = { context: `, which nothing maps, so that its context entry is fetched`,
        fill: ', so that the translation is fetched', request: '', also: '' }[deed.why]
      return `${deed.why === 'also' ? 'the same again as a write: ' : ''}`
        + `${deed.address === nowhere ? doing.replace(hex(nowhere), 'a page') : doing}${why}`
    }
    case 'message':
      return `${sidText(requesters[deed.device]!)} sets its MSI and sends it: address ${hex(deed.address)}, data `
        + `${hex(deed.data)}`
  }
}

/** In the model's small ids. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'landed': return `frame${outcome.frame}`
    case 'blocked': return `blocked, ${faultText(outcome.reason)}`
    case 'accepted': return `accepted by cpu${outcome.cpu} at vector ${outcome.vector}`
    case 'rejected': return `rejected, ${faultText(outcome.reason)}`
  }
}
const faultText = (reason: number | null): string =>
  reason === null ? 'no fault recorded' : `fault ${reason.toString(16)}`

/** The clause of the model's reason, where a fault is what it expects. */
export function clauseOf(expected: Outcome): string | null {
  const reason = expected.kind === 'blocked' || expected.kind === 'rejected' ? expected.reason : null
  return reason === null ? null : faultReason(reason)?.clause ?? null
}

/** What QEMU made of it; empty where nothing is to be seen. `from where`: an entry its IOTLB had, or a walk. */
export function sightText({ deed, outcome, cached, note }: HostResult): string {
  if (deed.kind === 'dma' && deed.why === 'context') return note ?? ''
  const parts = [...outcome === null ? [] : [outcomeText(outcome)], ...cached ? ['from its IOTLB'] : [],
    ...note === null ? [] : [note]]
  return parts.join(', ')
}
