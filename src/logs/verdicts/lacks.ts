/** What a log lacks, and what that leaves open. */
import { thousands } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { PairingReport } from '../pairing/index.ts'
import type { QueueReport } from '../replay/reports.ts'
import type { Facts } from '../report.ts'
import { open, several } from './judging.ts'
import type { Claim } from './judging.ts'

type LogFacts = Pick<Facts, 'unread' | 'queue' | 'registers'>

/** QEMU 10 prints descriptors of type 6: those without words are of type 7 then, and touch no translation. */
export const printsPasidIotlb = ({ byKind }: QueueReport): boolean =>
  byKind.some(({ kind }) => kind.startsWith('pasid-iotlb'))

/** Entries without words that QEMU would print. */
export const unprinted = ({ queue, registers }: LogFacts): Places =>
  registers.mode === 'scalable' ? { count: 0, lines: [] } : queue.unseen

/** Of the log of the unit, in words. */
export function lacks(facts: LogFacts): readonly string[] {
  const { unread, queue: { ring, entry, gaps, disagreeing } } = facts
  const missing = unprinted(facts)
  return [
    ...unread.total > 0 ? [`${several(unread.total, 'line')} could not be read`] : [],
    ...gaps.count > 0 ? [`${several(gaps.count, 'gap')} in the ${ring}`] : [],
    ...disagreeing.count > 0
      ? [`${several(disagreeing.count, `${ring} entry`)} without what was done, or with another thing done`] : [],
    ...missing.count > 0 ? [`${several(missing.count, 'fetch')} of the ${ring} without a ${entry}`] : [],
  ]
}

/** Of the kernel's. */
function kernelLacks({ kernel }: Pick<Facts, 'kernel'>): readonly string[] {
  return kernel === null ? [] : [
    ...kernel.lost > 0 ? [`the kernel log lost ${several(kernel.lost, 'event')}`] : [],
    ...kernel.unread.total > 0 ? [`${several(kernel.unread.total, 'line')} of the kernel log could not be read`] : [],
    // Without a clock the end of a whole log looks so too.
    ...kernel.pairing.by === 'clock' && kernel.pairing.outside.count > 0 ? [outsideText(kernel.pairing)] : [],
  ]
}

/** Of the kernel's unmaps those that the log of the unit ends before, or begins after. */
export const outsideText = ({ by, unmaps, outside }: Pick<PairingReport, 'by' | 'unmaps' | 'outside'>): string =>
  `${thousands(outside.count)} of ${several(unmaps, 'unmap')} ${by === 'clock' ? 'lie' : 'may lie'} before the log `
    + 'begins or after it ends'

/** What is lacking for a claim on that log, in one line; null where nothing is. One on the kernel's needs both. */
export function lackOf(facts: Pick<Facts, keyof LogFacts | 'kernel'>, of: 'log' | 'kernel'): string | null {
  const all = [...lacks(facts), ...of === 'kernel' ? kernelLacks(facts) : []]
  return all.length === 0 ? null : all.join('; ')
}

/** A breach that lines which the log lacks may explain, wherever they stood: not shown where it lacks any. */
export const unlessLacking = (claim: Claim): Claim => ({
  ...claim,
  judge: facts => {
    const judged = claim.judge(facts), lack = lackOf(facts, 'log')
    return judged.verdict === 'false' && lack !== null ? open(`${judged.because}, but ${lack}`, judged.lines) : judged
  },
})

export const unlessLost = (n: number, noun: string): string =>
  `${several(n, noun)} without, where the log lacks lines that may explain it`
