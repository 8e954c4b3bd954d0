/** What QEMU's IOTLB holds, page by page: each fill that it traces, until a command that removes it by the model's
 *  rules.
 *  A hit where nothing is left and a miss where something is are both differences. */
import { coversPages } from '../../../../spec/amdvi/index.ts'
import type { Command } from '../../../../spec/amdvi/index.ts'
import type { Permissions } from './qemu-walk.ts'

/** What was found at the time of the fill. */
export interface Held {
  readonly device: number
  readonly domain: number
  /** Of the request, in pages of 4 KiB. */
  readonly page: number
  /** The pages that the entry of the tables maps, which an invalidation may name. */
  readonly first: number
  readonly pages: number
  readonly output: number
  readonly size: number
  /** Of all entries on the way; the same where QEMU also goes by entries that are not present; of the last alone. */
  readonly allowed: Permissions
  readonly withAbsent: Permissions
  readonly last: Permissions
}
export class TracedPages {
  #held: Held[] = []
  /** Those that QEMU removes though no command asks for that. */
  readonly #doomed = new WeakSet<Held>()

  command(command: Command): number {
    const before = this.#held.length
    this.#held = this.#held.filter(({ domain, first, pages }) => !coversPages(command, { domain, page: first, pages }))
    // QEMU removes all pages of the domain whatever the command names; hardware may.
    if (command.type === 'pages')
      for (const one of this.#held) if (one.domain === command.domain) this.#doomed.add(one)
    return before - this.#held.length
  }
  fill(one: Held): void {
    this.#held = this.#held.filter(({ device, page }) => device !== one.device || page !== one.page)
    this.#held.push(one)
  }
  find(device: number, page: number): { readonly held: Held; readonly doomed: boolean } | null {
    const held = this.#held.find(one => one.device === device && one.page === page)
    return held === undefined ? null : { held, doomed: this.#doomed.has(held) }
  }
}
