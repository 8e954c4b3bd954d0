/** Claims on a kernel's trace alone, and what it says of each. */
import { apart_us } from '../formats/clock.ts'
import { bdf, thousands } from '../numbers.ts'
import type { Expectation } from '../verdicts/expected.ts'
import { no, open, several, yes } from '../verdicts/judging.ts'
import type { Judged, Verdict } from '../verdicts/judging.ts'
import type { TraceFacts } from './report.ts'

interface TraceClaim extends Pick<Verdict, 'claim' | 'says' | 'kind'> {
  readonly judge: (facts: TraceFacts) => Judged
}

const noQueue = 'the trace has no invalidation: switch on intel_iommu:qi_submit and cache_tag_flush_* '
  + '(Linux 5.12, 6.10); of AMD units Linux traces none'
const silently = 'the interrupt had moved without a record, as it does from a CPU that goes offline'
const noIrqs = 'the trace has no such event: switch on irq_vectors:*'
export const hasQueue = ({ flushes: { descriptors, domains } }: TraceFacts): boolean =>
  descriptors.length + domains.length > 0
const has = ({ events }: TraceFacts, name: RegExp): boolean => events.some(event => name.test(event.name))

/** Windows in time mean nothing where the clock was set back. */
export const clockJumps = ({ trace: { farthest_us } }: Pick<TraceFacts, 'trace'>): boolean => farthest_us > apart_us

export function lacksOf({ trace: { lost }, unread, flushes: { dropped } }: TraceFacts): string | null {
  const all = [
    ...lost > 0 ? [`the kernel lost ${several(lost, 'event')}`] : [],
    ...unread.total > 0 ? [`${several(unread.total, 'line')} could not be read`] : [],
    ...dropped > 0 ? [`${several(dropped, 'unmap')} are too many to keep`] : [],
  ]
  return all.length === 0 ? null : all.join('; ')
}

const oneByOne = ({ flushes: { own, flushed, perhaps, unmaps } }: TraceFacts): Judged => {
  if (unmaps === 0) return open('the trace has no unmap')
  const batched = flushed + perhaps.count
  if (batched > 0) return no(`${thousands(own)} one by one, ${thousands(batched)} by flushes`, perhaps.lines)
  return own === 0 ? open('no unmap could be paired') : yes(several(own, 'unmap'))
}

const claims: readonly TraceClaim[] = [
  {
    claim: 'trace-complete', kind: 'observation', says: 'Every line was read, and the kernel lost no event.',
    judge: facts => {
      const lack = lacksOf(facts)
      return lack === null ? yes(several(facts.trace.lines, 'line'))
        : no(lack, facts.unread.first.map(({ line }) => line))
    },
  },
  {
    claim: 'unmaps-answered-one-by-one', kind: 'observation',
    says: 'Each unmap was answered by an invalidation of its own (strict), none by a flush (deferred).',
    judge: facts => hasQueue(facts) ? oneByOne(facts) : open(noQueue),
  },
  {
    claim: 'unmaps-all-answered', kind: 'rule',
    says: 'After each unmap the kernel queued an invalidation that covers it.',
    judge: facts => {
      const { flushes: { own, flushed, perhaps, unanswered, ending, unmaps } } = facts
      if (unmaps === 0) return open('the trace has no unmap')
      if (!hasQueue(facts)) return open(noQueue)
      if (unanswered.count > 0) return no(`${several(unanswered.count, 'unmap')} that nothing covers`, unanswered.lines)
      if (ending.count > 0)
        return open(`${several(ending.count, 'unmap')} that the trace ends too early for`, ending.lines)
      if (perhaps.count > 0)
        return open(`${several(perhaps.count, 'unmap')} after which some domains were flushed and not all: an unmap `
          + 'does not name its domain', perhaps.lines)
      return yes(several(own + flushed, 'unmap'))
    },
  },
  {
    claim: 'no-faults', kind: 'observation', says: 'The kernel reported no fault to the owner of a domain.',
    judge: facts => {
      const { faults: { total, first } } = facts
      if (total > 0)
        return no(`${several(total, 'fault')}; first: ${first[0]!.device} at 0x${first[0]!.address.toString(16)}: `
          + first[0]!.says, first.map(({ line }) => line))
      return open('no io_page_fault event: the kernel makes one only where the owner of the domain asked for it')
    },
  },
  {
    claim: 'vectors-not-shared', kind: 'rule', says: 'No two interrupts had one vector of a CPU at once.',
    judge: facts => {
      const { interrupts: { shared, sharedPerhaps, irqs, moves } } = facts
      if (!has(facts, /^vector_update$/)) return open(noIrqs)
      if (shared.count > 0) return no(several(shared.count, 'vector'), shared.lines)
      return sharedPerhaps.count > 0
        ? open(`${several(sharedPerhaps.count, 'vector')}, unless ${silently}`, sharedPerhaps.lines)
        : yes(`${several(irqs.length, 'interrupt')}, ${several(moves, 'move')}`)
    },
  },
  {
    claim: 'old-vectors-freed', kind: 'observation', says: 'Each interrupt that moved left its old vector.',
    judge: facts => {
      const { interrupts: { unfreed, moves } } = facts
      if (!has(facts, /^vector_update$/)) return open(noIrqs)
      if (unfreed.count > 0)
        return no(`${several(unfreed.count, 'move')} whose old vector is not freed in the trace`, unfreed.lines)
      return moves === 0 ? open('no interrupt moved') : yes(several(moves, 'move'))
    },
  },
  {
    claim: 'no-interrupt-after-free', kind: 'rule',
    says: 'No handler began on the CPU of an old vector after that was freed.',
    judge: facts => {
      const { interrupts: { late, latePerhaps, moves, entries } } = facts
      if (entries === 0) return open('the trace has no handler: switch on irq:irq_handler_entry and irq_handler_exit')
      if (!has(facts, /^vector_free_moved$/)) return open(moves === 0 ? 'no interrupt moved' : noIrqs)
      if (late.count > 0) return no(several(late.count, 'handler'), late.lines)
      return latePerhaps.count > 0
        ? open(`${several(latePerhaps.count, 'handler')}, unless ${silently}`, latePerhaps.lines)
        : yes(several(moves, 'move'))
    },
  },
  {
    claim: 'handlers-end', kind: 'observation', says: 'Each handler that began ended, and took its interrupt.',
    judge: ({ interrupts: { unended, unhandled, entries } }) => {
      if (entries === 0) return open('the trace has no handler: switch on irq:irq_handler_entry and irq_handler_exit')
      return unended.count + unhandled.count > 0
        ? no(`${several(unended.count, 'handler')} without an end, ${several(unhandled.count, 'interrupt')} that no `
          + 'handler took', [...unended.lines, ...unhandled.lines].sort((a, b) => a - b))
        : yes(several(entries, 'handler'))
    },
  },
]

/** All claims; where the trace lacks something nothing is certain either way. */
export function judgeTrace(facts: TraceFacts, expectations: readonly Expectation[]): Verdict[] {
  const lack = lacksOf(facts)
  const told = (claim: TraceClaim, judged: Judged): Verdict => {
    const isOpen = lack !== null && claim.claim !== 'trace-complete'
      && (judged.verdict === 'true' || judged.verdict === 'false' && claim.kind === 'rule')
    return { claim: claim.claim, says: claim.says, kind: claim.kind, of: 'log',
      verdict: isOpen ? 'not-shown' : judged.verdict,
      because: isOpen ? `${judged.because}, but ${lack}` : judged.because,
      lines: (judged.lines ?? []).slice(0, 20) }
  }
  return [...claims.map(claim => told(claim, claim.judge(facts))), ...expectations.map(one =>
    told({ claim: `expect ${one.text}`, says: 'What the gate asks for.', kind: 'expectation', judge: () => open('') },
      expectedOf(facts, one)))]
}

function expectedOf(facts: TraceFacts, expectation: Expectation): Judged {
  const { flushes: { own, flushed, perhaps }, faults: { first, total } } = facts
  const batched = flushed + perhaps.count
  switch (expectation.is) {
    case 'strict': return hasQueue(facts) ? oneByOne(facts) : open(noQueue)
    case 'lazy': {
      if (own + batched === 0) return open('no unmap could be paired')
      const said = `${thousands(own)} one by one, ${thousands(batched)} by flushes`
      return batched > own ? yes(said) : no(said)
    }
    case 'no-faults': return total > 0 ? no(several(total, 'fault'), first.map(({ line }) => line))
      : open('a trace shows only faults whose owner asked for them')
    case 'fault': {
      const found = first.find(({ device, address }) => device.endsWith(bdf(expectation.sid))
        && Math.floor(address / 4096) === expectation.page)
      return found === undefined ? open('a trace shows only faults whose owner asked for them')
        : yes(`line ${found.line}`)
    }
  }
}
