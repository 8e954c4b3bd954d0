/** The IOTLB invalidations of a log, for finding the first that covers a range (judged by the model's
 *  `coversTranslation`). */
import { coversTranslation } from '../../../spec/vtd/index.ts'
import { firstAtLeast } from '../numbers.ts'
import type { IotlbCommand } from '../replay/trail.ts'

export interface Range { readonly page: number; readonly end: number }

/** The smallest aligned power of two of pages that holds the range: what one page-selective descriptor for it must
 *  name. */
export function blockOf({ page, end }: Range): string {
  let mask = 0
  while (Math.floor(page / 2 ** mask) !== Math.floor((end - 1) / 2 ** mask)) mask++
  return blockKey(page, mask)
}
const blockKey = (page: number, mask: number): string => `${Math.floor(page / 2 ** mask)}/${mask}`
export const blockOfCommand = ({ descriptor }: IotlbCommand): string =>
  blockKey(descriptor.page, descriptor.addressMask)

const widest = 52

export class Commands {
  readonly all: readonly IotlbCommand[]
  readonly #broad = new Map<number | 'global', IotlbCommand[]>()
  readonly #paged = new Map<string, IotlbCommand[]>()
  readonly #masks = new Set<number>()

  constructor(all: readonly IotlbCommand[]) {
    this.all = all
    for (const command of all) {
      const { granularity, did, addressMask } = command.descriptor
      // An unmap names no PASID: those of its domain are taken for one.
      if (granularity !== 'page') add(this.#broad, granularity === 'global' ? granularity : did, command)
      else {
        this.#masks.add(Math.min(addressMask, widest))
        add(this.#paged, `${did}:${blockOfCommand(command)}`, command)
      }
    }
  }

  /** The line of the first flush of that domain, or of all, after `line`; Infinity where there is none. */
  firstFlush(did: number, line: number): number {
    return Math.min(firstAfter(this.#broad.get('global'), line)?.line ?? Infinity,
      firstAfter(this.#broad.get(did), line)?.line ?? Infinity)
  }

  /** The first after `line` that covers all of the range in that domain. Several that cover it only together are not
   *  looked for. */
  firstCovering(range: Range, did: number, line: number): IotlbCommand | null {
    const lists = [this.#broad.get('global'), this.#broad.get(did),
      ...[...this.#masks].map(mask => this.#paged.get(`${did}:${blockKey(range.page, mask)}`))]
    let best: IotlbCommand | null = null
    for (const list of lists) {
      const command = firstAfter(list, line)
      if (command !== undefined && covers(command, range, did) && (best === null || command.line < best.line))
        best = command
    }
    return best
  }
}

const firstAfter = (list: readonly IotlbCommand[] = [], line: number): IotlbCommand | undefined =>
  list[firstAtLeast(list.length, i => list[i]!.line, line + 1)]

/** A descriptor covers a run of pages without gaps, so its ends are enough. */
function covers({ descriptor }: IotlbCommand, { page, end }: Range, did: number): boolean {
  const tag = { did, pages: 1, ...descriptor.type === 'iotlb' ? {} : { pasid: descriptor.pasid, firstStage: true } }
  return coversTranslation(descriptor, { ...tag, page }) && coversTranslation(descriptor, { ...tag, page: end - 1 })
}

function add<K>(lists: Map<K, IotlbCommand[]>, key: K, command: IotlbCommand): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [command])
  else list.push(command)
}
