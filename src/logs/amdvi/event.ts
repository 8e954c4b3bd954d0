/** What logs of an AMD unit show, beside what logs of all units do (AMD 48882 rev 3.05: 2.2.5, 2.4, 2.5). */
import type { At, Dropped, Waited } from '../event.ts'

interface Told { readonly at: At }

/** A translation that the IOTLB takes. `domain`: DomainID of the device table entry. Pages of 4 KiB. */
export interface PageFill extends Told {
  readonly kind: 'pageFill'
  readonly device: number; readonly page: number; readonly frame: number; readonly domain: number
}
/** The log does not say for which domain. */
export interface PageHit extends Told {
  readonly kind: 'pageHit'
  readonly device: number; readonly page: number; readonly frame: number
}
/** What a request got: the page that was filled or hit just before, or one that passed or was refused. */
export interface Result extends Told {
  readonly kind: 'result'
  readonly device: number; readonly page: number; readonly frame: number
}
/** The unit fetches a command: `head` and `tail` are offsets in the buffer, in bytes. */
export interface CommandFetched extends Told {
  readonly kind: 'command'
  readonly head: number; readonly tail: number; readonly base: number
}
/** What the command just fetched is, with what the log prints of it: the DeviceID of a DEVTAB, the DomainID of
 *  pages. */
export interface CommandDone extends Told {
  readonly kind: 'done'
  readonly what: 'devtab' | 'pages' | 'interrupts' | 'all' | 'device TLB' | 'prefetch' | 'page request answer'
  readonly id: number | null
}
/** A COMPLETION_WAIT, with the data that it stores. */
export interface WaitDone extends Omit<Waited, 'kind'> { readonly kind: 'wait'; readonly data: number }
/** A command that the unit does not know. */
export interface CommandUnknown extends Told { readonly kind: 'unknownCommand'; readonly code: number }
/** Control was written, and is now this. */
export interface Control extends Told { readonly kind: 'control'; readonly words: Uint32Array }
/** A register was read or written: the log does not say which. */
export interface Access extends Told { readonly kind: 'access'; readonly offset: number }

/** A device sends an interrupt. */
export interface Message extends Told { readonly kind: 'message'; readonly device: number }
/** The entry at this host address is read: 1 dword, or 4. */
export interface EntryAt extends Told { readonly kind: 'entryAt'; readonly address: number }
export interface Entry extends Told { readonly kind: 'entry'; readonly words: Uint32Array }
/** What the message became; unchanged where it was not remapped. */
export interface Became extends Told {
  readonly kind: 'became'
  readonly from: { readonly address: number; readonly data: number }
  readonly to: { readonly address: number; readonly data: number }
}
/** A request that the unit refuses. `reason`: the code of the event that the manual has for it; of a refusal without an
 *  event the number of its cause, from 1000h up; 0 where the manual has neither. `page`: that it asked for; null where
 *  the line does not say. `of`: what was refused; `either` where a DMA and an interrupt are refused in these words. */
export interface Refused extends Told {
  readonly kind: 'refused'
  readonly reason: number; readonly says: string; readonly page: number | null
  readonly of: 'DMA' | 'interrupt' | 'either' | 'command'
}

export type AmdviEvent = Dropped | PageFill | PageHit | Result | CommandFetched | CommandDone | WaitDone
  | CommandUnknown | Control | Access | Message | EntryAt | Entry | Became | Refused
