/** Registers and the queue of commands of a unit, as texts list them. */
import type { Queue } from '../dump/text/units.ts'
import { hang, wrapWords } from '../text/layout.ts'
import type { Theme } from '../text/theme.ts'
import { several } from './format.ts'

export interface QueueRow {
  /** What the manual of the unit calls the ring, and what is in it. */
  readonly name: 'invalidation queue' | 'command buffer'
  readonly entry: 'descriptor' | 'command'
  readonly head: number
  readonly tail: number
  /** Entries that wait to be taken. */
  readonly waiting: number
  /** All in the ring, by what they are. */
  readonly kinds: readonly { readonly what: string; readonly count: number }[]
  /** The last ones before the tail, in their order. */
  readonly last: readonly { readonly index: number; readonly says: string; readonly words: string }[]
}

const shown = 8
/** @param size of the ring, in entries. @param saysOf of the words of an entry what it is, and of whom. */
export function queueRow(called: Pick<QueueRow, 'name' | 'entry'>, { head, tail, rows }: Queue, size: number,
  saysOf: (words: readonly bigint[]) => { readonly what: string; readonly says: string }): QueueRow {
  const kinds = new Map<string, number>()
  const used = rows.filter(({ words }) => words.some(word => word !== 0n))
  for (const { words } of used) {
    const { what } = saysOf(words)
    kinds.set(what, (kinds.get(what) ?? 0) + 1)
  }
  // The ring, from the tail on: the oldest first.
  const inOrder = used.toSorted((a, b) => (a.index - tail + size) % size - (b.index - tail + size) % size)
  return { ...called, head, tail, waiting: (tail - head + size) % size,
    kinds: [...kinds].map(([what, count]) => ({ what, count })).sort((a, b) => b.count - a.count),
    last: inOrder.slice(-shown).map(({ index, words }) => ({ index, says: saysOf(words).says,
      words: words.map(word => `0x${word.toString(16)}`).join(',') })) }
}

export interface RegisterRow { readonly name: string; readonly value: string; readonly says: string }

export function queueLines({ name, entry, head, tail, waiting, kinds, last }: QueueRow, theme: Theme): string[] {
  const row = (text: string): string[] => hang('  ', 4, wrapWords(text, theme.width - 4))
  return ['', theme.strong(name),
    ...row(waiting === 0 ? `head and tail at ${head}: the unit has taken every ${entry}`
      : `head at ${head}, tail at ${tail}: ${several(waiting, entry)} not taken yet`),
    ...kinds.length === 0 ? [] : row(`in the ring: ${kinds.map(({ what, count }) => `${count} ${what}`).join(', ')}`),
    ...last.length === 0 ? [] : row('the last ones:'),
    ...last.flatMap(({ index, says, words }) =>
      hang(`    ${`${index}`.padStart(5)}  `, 13, wrapWords(`${says}: ${theme.dim(words)}`, theme.width - 13))),
  ]
}
