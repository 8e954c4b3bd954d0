/** What is seen of the steps of a sequence, and the places that both sides know. */
import type { FaultState } from '../unit.ts'
import type { Seen } from './dma-seen.ts'
import { place } from '../../oracle/memory-map.ts'

/** FSTS and the record, and FECTL. */
export interface Registers extends FaultState { readonly fectl: number }
/** What QEMU found in its caches, or put there; null where it did neither. `did`: the domain that it is tagged with. */
export interface CachesSeen {
  readonly context: 'hit' | { readonly did: number } | null
  readonly page: 'hit' | { readonly did: number } | null
}
/** What was seen of a step. `messages`: fault events that QEMU sent in it. */
export type Observed =
  | {
    readonly of: 'dma'
    readonly seen: Seen
    readonly caches: CachesSeen
    readonly landed: boolean | null
    readonly registers: Registers
    readonly messages: number
  }
  | { readonly of: 'status'; readonly status: number }
  | { readonly of: 'register'; readonly value: bigint }
  | { readonly of: 'bad'; readonly stopped: Queue; readonly resumed: Queue; readonly messages: number }
  | { readonly of: 'registers'; readonly registers: Registers; readonly messages: number }
  | { readonly of: 'nothing' }
/** FSTS, IQH, IQERCD and the status words that two waits would write. */
export interface Queue {
  readonly fsts: number
  readonly iqh: bigint
  readonly iqercd: bigint
  readonly statuses: readonly number[]
}

/** What software has the unit send when a fault is recorded: a fixed interrupt that no processor of the machine
 *  takes. */
export const eventMessage = { address: 0xfee0_1000, data: 0x33 } as const
/** PFO, IQE, ICE, ITE. */
export const clearedStatus = 0x71
/** Where the wait of a step writes. */
export const statusAt = (step: number, second = 0): number => place.status + 8 * step + 4 * second
