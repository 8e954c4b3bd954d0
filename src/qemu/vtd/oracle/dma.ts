/** One DMA judged, and told side by side. */
import { faultReason } from '../../../../spec/vtd/index.ts'
import type { DmaRequest, Translation, VtdClause } from '../../../../spec/vtd/index.ts'
import { dmaExceptions } from './exceptions.ts'
import type { ExceptionName } from './exceptions.ts'
import { agrees, isWrite, landingOf } from './dma-seen.ts'
import type { DmaCompared, Seen } from './dma-seen.ts'
import type { ContextLookup } from './context-lookup.ts'
import { sizeText } from '../../oracle/judged.ts'
import type { Comparison, Judged, Tally } from '../../oracle/judged.ts'
import { sidText } from '../../pci.ts'

/** `besides`: exceptions that the model of the comparison goes by already. */
export function judgeDma(compared: DmaCompared, tally: Tally, besides: readonly ExceptionName[] = []): Judged {
  const alone = verdictOf(compared)
  const verdict = alone === 'different' || besides.length === 0 ? alone : [...alone === 'same' ? [] : alone, ...besides]
  count(compared, verdict, tally)
  return { of: 'request', verdict, compare: () => describe(compared) }
}
export function verdictOf(compared: DmaCompared): Judged['verdict'] {
  const names = agrees(compared) ? [] : dmaExceptions(compared)
  if (names === null) return 'different'
  return names.length === 0 ? 'same' : names
}
function count({ model, request, way }: DmaCompared, verdict: Judged['verdict'], tally: Tally): void {
  tally.verdict(verdict)
  if (model.kind === 'fault') {
    tally.reason(model.reason)
    tally.outcome(model.suppressed ? 'fault, not recorded (FPD)' : 'fault')
  } else tally.outcome(`${isWrite(request) ? 'write' : 'read'}, `
    + `${way.passThrough ? 'pass-through' : sizeText(model.mapping.pages * 4096)}`)
}
const hex = (value: number): string => `0x${value.toString(16)}`
const reasonText = (code: number): string => `fault ${code.toString(16).toUpperCase()}h`

export function describe({ request, model, way, seen, landed }: DmaCompared): Comparison {
  const data = landed === null ? '' : `, data ${landed ? 'landed' : 'did not land'} there`
  return {
    request: requestText(request), model: modelText(request, model), qemu: `${seenText(seen)}${data}`,
    clause: clauseOf(model, way),
  }
}
export const requestText = (request: DmaRequest): string =>
  `${sidText(request.sid)} ${isWrite(request) ? 'writes' : 'reads'} ${hex(request.address)}`
export function clauseOf(model: Translation, way: ContextLookup): VtdClause | null {
  if (model.kind === 'fault') return faultReason(model.reason)?.clause ?? null
  return way.passThrough ? 'VTD:9/pass-through' : 'VTD:3.7/walk'
}
export function modelText(request: DmaRequest, model: Translation): string {
  if (model.kind === 'translated')
    return `translated to ${hex(landingOf(request, model)!)}, page of ${sizeText(model.mapping.pages * 4096)}`
  const others = model.alternatives.length === 0 ? ''
    : ` (or ${model.alternatives.map(code => `${code.toString(16).toUpperCase()}h`).join(', ')})`
  return `${reasonText(model.reason)}${others}${model.suppressed ? ', not recorded' : ''}`
}
export function seenText(seen: Seen): string {
  const from = seen.hit ? ' from its IOTLB' : ''
  switch (seen.kind) {
    case 'translated': return `translated${from} to ${hex(seen.landing)}, page of ${sizeText(seen.size)}`
    case 'fault': return `${reasonText(seen.reason)}${from} of a ${seen.write ? 'write' : 'read'} at ${hex(seen.page)}`
    case 'suppressed': return `blocked${from}, not recorded`
    case 'silent': return seen.hit ? 'found in its IOTLB, then nothing' : 'no word of its unit'
  }
}
