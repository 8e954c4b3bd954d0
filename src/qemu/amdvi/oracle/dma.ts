/** One DMA judged, and told side by side. */
import { sizeText } from '../../oracle/judged.ts'
import type { Comparison, Judged, Tally } from '../../oracle/judged.ts'
import { sidText } from '../../pci.ts'
import { agrees, wayOf } from './compared.ts'
import type { DmaCompared, Translation } from './compared.ts'
import { walkExceptions } from './exceptions.ts'
import type { Request } from './qemu-walk.ts'

export function judgeDma(compared: DmaCompared, tally: Tally): Judged {
  const { model, request } = compared
  const verdict = agrees(compared, wayOf(model, request)) ? 'same' : walkExceptions(compared) ?? 'different'
  tally.verdict(verdict)
  tally.outcome(outcomeOf(model, request))
  return { of: 'request', verdict, compare: () => describe(compared) }
}
function outcomeOf(model: Translation, { access }: Request): string {
  if (model.kind === 'fault') return 'blocked'
  return `${access}, ${model.kind === 'untranslated' ? 'untranslated' : sizeText(model.mapping.size)}`
}

const hex = (value: number): string => `0x${value.toString(16)}`
export const requestText = ({ device, access, address }: Request): string =>
  `${sidText(device)} ${access}s ${hex(address)}`
function describe({ request, model, page, moved }: DmaCompared): Comparison {
  return { request: requestText(request), model: modelText(model), clause: model.kind === 'fault'
    ? model.reason.clause : null,
  qemu: `${moved ? 'moved data' : 'moved nothing that is found'}, page ${page === null ? 'unknown' : hex(page)}` }
}
export function modelText(model: Translation): string {
  if (model.kind === 'fault') return `blocked: ${model.reason.cause}`
  return model.kind === 'untranslated' ? 'as it is'
    : `translated to ${hex(model.address)}, page of ${sizeText(model.mapping.size)}`
}
