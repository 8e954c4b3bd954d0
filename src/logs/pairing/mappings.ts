/** Which mapping an unmap took away. The kernel's events name no device, and several domains use the same pages. */
import type { KernelEvent, MapEvent, UnmapEvent } from '../event.ts'
import type { Bracket } from './brackets.ts'
import type { Fetches } from './fetches.ts'

/** How the domain of an unmap is known.
 *  named: a page invalidation of just this block answers it, and names the domain.
 *  only: one mapping fits that was not fetched again later, and devices used it through one domain.
 *  inferred: several such mappings fit; the youngest was taken.
 *  unknown: no device used the mapping, so no cache can have held it. */
export type Basis = 'named' | 'only' | 'inferred' | 'unknown'

export interface Unmapped {
  readonly event: UnmapEvent
  /** The map events it took away, lowest page first; empty where none fits (mapped before tracing began). */
  readonly maps: readonly MapEvent[]
  readonly did: number | null
  readonly basis: Basis
  /** Whether no other mapping could have been meant. */
  readonly sure: boolean
}

/** What is already known of the unmaps, by their position among the unmaps. */
export interface Hints {
  /** Domains that invalidations name. */
  readonly named: ReadonlyMap<number, number>
  /** Where the events stand in the log of the unit; none where nothing is known yet. */
  readonly brackets: readonly Bracket[]
  /** Whether they are narrow enough to say which fills are of which mapping: where the descriptors join the logs. */
  readonly areNarrow: boolean
}

/** One for each unmap, in their order. */
export function findMappings(events: readonly KernelEvent[], fetches: Fetches, hints: Hints): Unmapped[] {
  const open = new OpenMappings()
  const found: Unmapped[] = []
  events.forEach((event, order) => {
    if (event.kind === 'map') return open.add(event, order)
    const before = hints.brackets[order]?.before ?? Infinity
    const fitting = open.fitting(event)
    const goesOn = ({ map }: Open): boolean =>
      fetches.of(map).some(({ last, maps }) => maps === 1 && last.line >= before)
    const chains = fitting.filter(chain => !chain.some(goesOn))
    const did = hints.named.get(found.length)
    const since = (chain: readonly Open[]): number => Math.min(...chain.map(each => hints.brackets[each.order]!.after))
    const domains = chains.map(chain => {
      const maps = chain.map(({ map }) => map)
      return hints.areNarrow ? fetches.domainOf(maps, since(chain), before) : fetches.domainOf(maps, 0, Infinity)
    })
    const possible = chains.map((_, i) => i).filter(i => did === undefined || domains[i] === null || domains[i] === did)
    const taken = possible.findLast(i => did !== undefined && domains[i] === did) ?? possible.at(-1)
    const chain = taken === undefined ? [] : chains[taken]!
    const domain = did ?? (taken === undefined ? null : domains[taken]!)
    const sure = possible.length === 1 && !open.doubtful(event.page)
    open.remove(chain, event.page, !sure)
    const basis = did !== undefined ? 'named' : unnamedBasis(domain, sure)
    found.push({ event, maps: chain.map(({ map }) => map), did: domain, basis, sure })
  })
  return found
}
function unnamedBasis(domain: number | null, sure: boolean): Basis {
  if (domain === null) return 'unknown'
  return sure ? 'only' : 'inferred'
}

interface Open { readonly map: MapEvent; readonly order: number }

class OpenMappings {
  readonly #byPage = new Map<number, Open[]>()
  /** Pages where one of several was taken away: those left may include the one that went. */
  readonly #doubtful = new Set<number>()

  add(map: MapEvent, order: number): void {
    const there = this.#byPage.get(map.page)
    if (there === undefined) this.#byPage.set(map.page, [{ map, order }])
    else there.push({ map, order })
  }

  /** The runs of mappings that make up just the unmapped range, oldest first. A range mapped in pieces was mapped in
   *  one go. */
  fitting({ page, end }: UnmapEvent): Open[][] {
    const chains: Open[][] = []
    for (const start of this.#byPage.get(page) ?? []) {
      const chain = [start]
      let last: Open | undefined = start
      while (last !== undefined && last.map.end < end) {
        const after: Open = last
        last = this.#byPage.get(after.map.end)?.find(({ map, order }) => order > after.order && map.end <= end)
        if (last !== undefined) chain.push(last)
      }
      if (last?.map.end === end) chains.push(chain)
    }
    return chains
  }

  doubtful(page: number): boolean { return this.#doubtful.has(page) }

  remove(chain: readonly Open[], page: number, guessed: boolean): void {
    for (const open of chain) {
      const there = this.#byPage.get(open.map.page)!
      if (there.length === 1) this.#byPage.delete(open.map.page)
      else there.splice(there.indexOf(open), 1)
    }
    if (!this.#byPage.has(page)) this.#doubtful.delete(page)
    else if (guessed) this.#doubtful.add(page)
  }
}
