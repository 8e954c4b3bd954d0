/** Registers and the queue of commands of a unit, as texts list them. */
import { hang, wrapWords } from '../text/layout.ts'
import type { Theme } from '../text/theme.ts'

export interface QueueRow {
  readonly head: number
  readonly tail: number
  /** Descriptors that wait to be taken. */
  readonly waiting: number
  /** All in the ring, by what they are. */
  readonly kinds: readonly { readonly what: string; readonly count: number }[]
  /** The last ones before the tail, in their order. */
  readonly last: readonly { readonly index: number; readonly says: string; readonly words: string }[]
}

export interface RegisterRow { readonly name: string; readonly value: string; readonly says: string }

export function queueLines({ head, tail, waiting, kinds, last }: QueueRow, theme: Theme): string[] {
  const row = (text: string): string[] => hang('  ', 4, wrapWords(text, theme.width - 4))
  return ['', theme.strong('invalidation queue'),
    ...row(waiting === 0 ? `head and tail at ${head}: the unit has taken every descriptor`
      : `head at ${head}, tail at ${tail}: ${waiting} descriptors are not taken yet`),
    ...kinds.length === 0 ? [] : row(`in the ring: ${kinds.map(({ what, count }) => `${count} ${what}`).join(', ')}`),
    ...last.length === 0 ? [] : row('the last ones:'),
    ...last.map(({ index, says, words }) => `    ${`${index}`.padStart(5)}  ${says}  ${theme.dim(words)}`),
  ]
}
