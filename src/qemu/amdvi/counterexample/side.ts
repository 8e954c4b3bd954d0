/** Counterexamples of AMD-Vi on QEMU. */
import { commandLayouts, decode, faultReason, placementOf, show } from '../../../../spec/amdvi/index.ts'
import type { Layout } from '../../../../spec/amdvi/index.ts'
import type { Side } from '../../counterexample/run.ts'
import { requestText } from '../../counterexample/text.ts'
import { drive } from './drive.ts'
import { limits } from './limits.ts'
import type { HostOp } from './lower.ts'

const hex = (value: number | bigint): string => `0x${value.toString(16)}`
/** From the last word to the first, as manuals print them. */
function wordsText(words: Uint32Array): string {
  const halves = Array.from({ length: Math.ceil(words.length / 2) }, (_, i) =>
    BigInt(words[2 * i + 1] ?? 0) << 32n | BigInt(words[2 * i]!))
  return halves.reverse().map(hex).join(' ')
}
const commandOf: Readonly<Record<number, Layout>> = commandLayouts
function commandText(words: Uint32Array): string {
  const code = decode(commandLayouts[8], words).OP, of: Layout | undefined = commandOf[code]
  return of === undefined ? `an illegal command (opcode ${code})` : `${of.name} (${show(of, words)})`
}
function deedText(deed: HostOp, requesters: readonly number[]): string {
  switch (deed.kind) {
    case 'store': {
      const { address, layout, words, of } = deed.entry
      return `${of}: ${hex(address)} := ${wordsText(words)} (${show(layout, words)})`
    }
    case 'enable': return `control: IommuEn ${deed.on ? 'on' : 'off'}`
    case 'commands': return `commands: ${deed.commands.map(commandText).join(', ')}; tail`
    case 'dma': case 'message': return requestText(deed, requesters)
  }
}

export const amdviSide: Side = {
  iommu: 'amdvi', limits, requesters: b => placementOf(b).requesters,
  deedText: (deed, requesters) => deedText(deed as HostOp, requesters),
  faultText: reason => faultReason(reason)?.cause ?? `reason ${reason}`,
  drive: (example, options, use) => drive(example, options, use),
}
