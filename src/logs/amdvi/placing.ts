/** Finds the lines of a log between which a dump of memory was made: the dump has CmdHead and the commands before it,
 *  and a COMPLETION_WAIT stores data that tell it from others (AMD 48882 rev 3.05, 2.4.1). */
import { commandLayouts, decode, registers as map } from '../../../spec/amdvi/index.ts'
import type { AmdviDump } from '../../dump/dump.ts'
import type { Interval } from '../tables/agreement.ts'
import type { CommandFetched, WaitDone } from './event.ts'

const command_bytes = 16

/** The youngest wait before the head, and how many commands were fetched after it. */
interface Mark { readonly address: number; readonly data: number; readonly after: number }

/** Null where the dump lacks the ring, or has no wait before the head. */
function markIn({ memory, registers: { CmdBufBase, CmdHead } }: AmdviDump): Mark | null {
  if (CmdBufBase === undefined || CmdHead === undefined) return null
  const { BASE, LEN } = decode(map.CmdBufBase.layout, CmdBufBase)
  const length = 2 ** LEN, head = decode(map.CmdHead.layout, CmdHead).PTR % length
  for (let after = 0; after < Math.min(length, 64); after++) {
    const at = (BASE * 4096 + (head - 1 - after + length) % length * command_bytes) / 4
    const words = memory.page(Math.floor(at / 1024))?.subarray(at % 1024, at % 1024 + 4)
    if (words === undefined || words[1]! >>> 28 !== 1) continue
    const { STOREL, STOREH, DATAL, DATAH } = decode(commandLayouts[1], words)
    return { address: STOREH * 2 ** 32 + STOREL * 8, data: DATAH * 2 ** 32 + DATAL, after }
  }
  return null
}

export class Placing {
  readonly #mark: Mark | null
  /** Commands that have to come yet after the wait; null before it. */
  #left: number | null = null
  #from: number | null = null
  #until: number | null = null
  #line = 0

  constructor(dump: AmdviDump) { this.#mark = markIn(dump) }

  fetched({ at: { line } }: CommandFetched): void {
    this.#line = line
    if (this.#from !== null && this.#until === null) this.#until = line
  }
  /** A command that is no wait. */
  done(): void { this.#advance() }
  waited({ status, data }: WaitDone): void {
    if (this.#mark !== null && status === this.#mark.address && data === this.#mark.data && this.#until === null) {
      this.#left = this.#mark.after
      this.#from = this.#left === 0 ? this.#line : null
    } else this.#advance()
  }

  /** Told after the last line; null where the ring never was as the dump has it. */
  interval(lines: number): Interval | null {
    return this.#from === null ? null
      : { from: this.#from, until: this.#until ?? lines + 1, ends: this.#until === null }
  }

  #advance(): void {
    if (this.#left === null || this.#left === 0) return
    if (--this.#left === 0) this.#from = this.#line
  }
}
