/** What a verdict is, and the words for one. */
import { thousands } from '../numbers.ts'
import type { Facts } from '../report.ts'

export interface Verdict {
  readonly claim: string
  /** The claim in words. */
  readonly says: string
  readonly kind: 'rule' | 'observation' | 'expectation'
  readonly verdict: 'true' | 'false' | 'not-shown'
  readonly because: string
  /** The first lines that speak against it, or leave it open. */
  readonly lines: readonly number[]
  /** Whose lines these are. */
  readonly of: 'log' | 'kernel'
}
/** What false means. */
export const kinds: Readonly<Record<Verdict['kind'], string>> = {
  rule: 'false is a breach of the manual by whoever is logged',
  observation: 'false is a fact, such as that flushes are deferred',
  expectation: 'false is not what --expect asks for',
}
/** Whether false is wrong. An observation (was this strict or deferred?) is neither right nor wrong. */
export const binds = ({ kind }: Pick<Verdict, 'kind'>): boolean => kind !== 'observation'
export type Judged = Pick<Verdict, 'verdict' | 'because'> & { readonly lines?: readonly number[] }
export interface Claim extends Pick<Verdict, 'claim' | 'says' | 'kind' | 'of'> {
  readonly judge: (facts: Facts) => Judged
}

export const yes = (because: string): Judged => ({ verdict: 'true', because })
export const no = (because: string, lines: readonly number[] = []): Judged => ({ verdict: 'false', because, lines })
export const open = (because: string, lines: readonly number[] = []): Judged =>
  ({ verdict: 'not-shown', because, lines })
/** `1 hit`, `2 hits`, `3 queue entries` */
export const several = (n: number, noun: string, many = pluralOf(noun)): string =>
  `${thousands(n)} ${n === 1 ? noun : many}`
function pluralOf(noun: string): string {
  if (/(s|x|ch)$/.test(noun)) return `${noun}es`
  return noun.endsWith('ry') ? `${noun.slice(0, -1)}ies` : `${noun}s`
}
