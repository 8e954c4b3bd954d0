/** One DMA: what the model says, what QEMU's trace and memory show, and whether they agree. */
import type { translate } from '../../../../spec/amdvi/index.ts'
import { isRam } from '../../oracle/memory-map.ts'
import type { Request, Walked, Way } from './qemu-walk.ts'

export type Translation = ReturnType<typeof translate>
export interface DmaCompared extends Walked {
  readonly request: Request
  readonly model: Translation
  /** Where the page of the request begins, by QEMU's trace; it means nothing where nothing moved. */
  readonly page: number | null
  /** Whether data moved; whether it stands where it would, or came from there. Of places in RAM alone. */
  readonly moved: boolean
  readonly cameFrom: (address: number) => boolean
}

/** QEMU does not say why it blocks a request. */
export function agrees({ page, moved, cameFrom }: DmaCompared, way: Way): boolean {
  if (way.kind === 'endless') return false
  if (way.kind === 'blocked') return !moved
  if (page !== way.output) return false
  return isRam(way.landing) ? cameFrom(way.landing) : true
}
const all = { read: true, write: true }
export function wayOf(model: Translation, { address }: Request): Way {
  if (model.kind === 'fault') return { kind: 'blocked' }
  if (model.kind === 'untranslated')
    return { kind: 'moved', landing: address, output: address - address % 4096, size: 4096, last: all }
  const { output, size } = model.mapping
  return { kind: 'moved', landing: model.address, output, size, last: model.mapping }
}
