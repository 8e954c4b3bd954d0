/** What was done to QEMU and what came of it, in words. */
import {
  descriptorLayouts, descriptorWords, qwordsOf, registers, show,
} from '../../../../spec/vtd/index.ts'
import type { Descriptor } from '../../../../spec/vtd/index.ts'
import { requestText } from '../../counterexample/text.ts'
import { nowhere } from './lower.ts'
import type { HostOp } from './lower.ts'

const hex = (value: number | bigint): string => `0x${value.toString(16)}`
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
    case 'dma': case 'message':
      return requestText(deed, requesters).replace(hex(nowhere), 'a page')
  }
}
