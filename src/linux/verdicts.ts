/** The claims that a log is held against, and what it says of each (VT-d rev 5.10: ch. 6, 7, 11.4.4, table 28). */
import type { Places } from './numbers.ts'
import type { PairingReport } from './pairing/index.ts'
import type { WindowRow } from './pairing/windows.ts'
import type { Facts } from './report.ts'

export interface Verdict {
  readonly claim: string
  /** The claim in words. */
  readonly says: string
  readonly verdict: 'true' | 'false' | 'not-shown'
  readonly because: string
  /** The first lines that speak against it, or leave it open. */
  readonly lines: readonly number[]
  readonly of: 'log' | 'kernel'
}
type Judged = Pick<Verdict, 'verdict' | 'because'> & { readonly lines?: readonly number[] }
interface Claim { readonly claim: string; readonly says: string; readonly of: Verdict['of']; readonly judge: (facts: Facts) => Judged }

const yes = (because: string): Judged => ({ verdict: 'true', because })
const no = (because: string, lines: readonly number[] = []): Judged => ({ verdict: 'false', because, lines })
const open = (because: string, lines: readonly number[] = []): Judged => ({ verdict: 'not-shown', because, lines })
const merge = (...places: readonly Places[]): number[] => places.flatMap(({ lines }) => lines).sort((a, b) => a - b)
/** `1 hit`, `2 hits` */
export const several = (n: number, noun: string): string => `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : /(s|x|ch)$/.test(noun) ? 'es' : 's'}`

const ofLog: readonly Claim[] = [
  { claim: 'log-complete', of: 'log', says: 'Every line was read, and every queue entry from head to tail has its lines.', judge: ({ unread, queue, registers }) => {
    const { gaps, disagreeing, unseen, undecoded } = queue
    const legacy = registers.mode !== 'scalable'
    const bad = [
      ...unread.total > 0 ? [`${several(unread.total, 'line')} could not be read`] : [],
      ...gaps.count > 0 ? [`${several(gaps.count, 'gap')} in the queue`] : [],
      ...disagreeing.count > 0 ? [`${several(disagreeing.count, 'queue entry').replace('entrys', 'entries')} without the line that says what was done, or with another`] : [],
      ...legacy && unseen.count > 0 ? [`${several(unseen.count, 'fetch')} of the queue without a descriptor`] : [],
      ...undecoded.length > 0 ? [`a descriptor that legacy mode does not have: ${undecoded[0]!.why}`] : [],
    ]
    const lines = [...unread.first.map(({ line }) => line), ...merge(gaps, disagreeing, ...legacy ? [unseen] : []), ...undecoded.map(({ line }) => line)]
    if (bad.length > 0) return no(bad.join('; '), lines.sort((a, b) => a - b))
    if (unseen.count > 0) return open(`${several(unseen.count, 'descriptor')} of scalable mode that QEMU does not print (PASID-cache or PASID-based IOTLB)`, unseen.lines)
    return queue.descriptors === 0 ? open('no queue entry is in the log') : yes(`${several(queue.descriptors, 'descriptor')}, each told twice, and the same both times`)
  } },
  { claim: 'hits-explained', of: 'log', says: 'Each IOTLB hit used an entry that a fill had put in and no invalidation had removed.', judge: ({ iotlb }) => {
    const { unexplained, otherContent, beforeStart, hits } = iotlb
    if (unexplained.count + otherContent.count > 0)
      return no(`${several(unexplained.count, 'hit')} of nothing, ${several(otherContent.count, 'hit')} of other content`, merge(unexplained, otherContent))
    if (beforeStart.count > 0) return open(`${beforeStart.count} of ${several(hits, 'hit')} may be of entries older than the log`, beforeStart.lines)
    return hits === 0 ? open('the log has no hit') : yes(`${several(hits, 'hit')}, ${several(iotlb.fills, 'fill')}`)
  } },
  { claim: 'leaf-changes-invalidated', of: 'log', says: 'No page was fetched anew with other content while its old entry had not been invalidated.', judge: ({ iotlb }) => {
    const { refilledChanged, refilledSame, fills } = iotlb
    if (refilledChanged.count > 0) return no(`${several(refilledChanged.count, 'fill')} with other content over an entry that no invalidation had removed`, refilledChanged.lines)
    const same = refilledSame.count === 0 ? '' : `; ${several(refilledSame.count, 'fill')} of the same content again, as hardware may drop any entry`
    return fills === 0 ? open('the log has no fill') : yes(`${several(fills, 'fill')}${same}`)
  } },
  { claim: 'context-changes-invalidated', of: 'log', says: 'Each context-cache hit is explained, and no context entry was fetched changed without an invalidation.', judge: ({ contexts }) => {
    const { unexplained, refilledChanged, beforeStart, fills, hits } = contexts
    if (unexplained.count + refilledChanged.count > 0)
      return no(`${several(unexplained.count, 'unexplained hit')}, ${several(refilledChanged.count, 'change')} without invalidation`, merge(unexplained, refilledChanged))
    if (beforeStart.count > 0) return open(`${several(beforeStart.count, 'hit')} may be of entries older than the log`, beforeStart.lines)
    return fills === 0 ? open('no context entry was fetched') : yes(`${several(fills, 'fetch')}, ${several(hits, 'hit')}`)
  } },
  { claim: 'irte-changes-invalidated', of: 'log', says: 'Each IRTE that changed between two reads had an invalidation of its index, and a completed wait, in between.', judge: ({ irtes }) => {
    const { changes, invalidated, missed, reads } = irtes
    if (invalidated < changes) return no(`${changes - invalidated} of ${several(changes, 'change')} without; first: index ${missed[0]!.index}, ${missed[0]!.from} to ${missed[0]!.to}`, missed.map(({ newLine }) => newLine))
    return changes === 0 ? open(`no IRTE changed in ${several(reads, 'read')}`) : yes(`${several(changes, 'change')} in ${several(reads, 'read')}`)
  } },
  { claim: 'submissions-waited-for', of: 'log', says: 'Whoever rang the tail asked when it was done: each submission ends with a wait, and its status was written.', judge: ({ queue }) => {
    const { submissions, waits, completed, withoutWait } = queue
    if (withoutWait.count > 0) return no(`${several(withoutWait.count, 'submission')} without a wait at the end`, withoutWait.lines)
    if (completed < waits) return no(`${waits - completed} of ${several(waits, 'wait')} not completed`)
    return submissions === 0 ? open('nothing was submitted') : yes(`${several(submissions, 'submission')}, ${several(waits, 'wait')}`)
  } },
  { claim: 'one-command-at-a-time', of: 'log', says: 'Each write of GCMD asks for one thing.', judge: ({ registers: { several: places, commands } }) =>
    places.count > 0 ? no(`${several(places.count, 'write')} that ask for more`, places.lines)
      : commands.length === 0 ? open('GCMD was not written') : yes(commands.flatMap(({ commands: some }) => some).join(', ')) },
  { claim: 'tables-flushed-before-use', of: 'log', says: 'A new root or interrupt table was put to use after its caches had been flushed, in order, each waited for.', judge: ({ registers: { pointers } }) => {
    const used = pointers.filter(({ usedLine }) => usedLine !== null)
    const bad = used.filter(({ missing }) => missing.length > 0)
    if (bad.length > 0) return no(`${bad[0]!.pointer}: no ${bad[0]!.missing.join(', no ')} (allowed only with ESRTPS or ESIRTPS, which the log does not show)`, bad.map(({ line }) => line))
    return used.length === 0 ? open('no table was set and put to use') : yes(used.map(({ pointer }) => pointer).join(', '))
  } },
  { claim: 'no-faults', of: 'log', says: 'No DMA was refused.', judge: ({ faults: { total, groups } }) => {
    if (total === 0) return yes('no fault')
    const { reason, condition, says } = groups[0]!
    return no(`${several(total, 'fault')}; reason ${reason.toString(16)}h ${condition ?? ''}: ${says}`, merge(...groups.map(({ places }) => places)))
  } },
]

const sound = (row: WindowRow): boolean => row.basis !== 'inferred'
const sum = (rows: readonly WindowRow[], of: (row: WindowRow) => number): number => rows.reduce((total, row) => total + of(row), 0)
const ofKernel = (claim: string, says: string, judge: (pairing: PairingReport) => Judged): Claim => ({ claim, says, of: 'kernel', judge: ({ kernel }) => {
  if (kernel === null) return open('no kernel log was given')
  if (kernel.pairing.refused !== null) return open(kernel.pairing.refused)
  if (kernel.unread.total > 0) {
    const judged = judge(kernel.pairing)
    return judged.verdict === 'true' ? open(`${several(kernel.unread.total, 'line')} of the kernel log could not be read`, kernel.unread.first.map(({ line }) => line)) : judged
  }
  return judge(kernel.pairing)
} })

const ofUnmaps: readonly Claim[] = [
  ofKernel('unmaps-answered-one-by-one', 'Each unmap of a page that a device had used was answered by an invalidation of its own (strict), none by a flush of the domain (deferred).', ({ rows, flushed, flushedDomains }) => {
    const one = rows.filter(({ answer }) => answer === 'page'), batch = rows.filter(({ answer }) => answer !== 'page')
    const [ones, batches] = [sum(one, row => row.unmaps), sum(batch, row => row.unmaps)]
    if (ones + batches === 0) return open('no unmap could be paired')
    const where = `domain${flushedDomains.length === 1 ? '' : 's'} ${flushedDomains.join(', ')}`
    return batches === 0 ? yes(`${several(ones, 'unmap')}`)
      : no(`${ones.toLocaleString('en-US')} one by one, ${batches.toLocaleString('en-US')} by flushes of ${where}`, flushed.lines)
  }),
  ofKernel('unmaps-all-answered', 'Each unmap of a page that a device had used was followed by an invalidation that covers it.', ({ rows, unanswered, unansweredSure }) => {
    if (unansweredSure.count > 0) return no(`${several(unansweredSure.count, 'unmap')} that nothing in the log covers`, unansweredSure.lines)
    if (unanswered.count > 0) return open(`${several(unanswered.count, 'unmap')} that nothing covers if its domain was inferred right`, unanswered.lines)
    return rows.length === 0 ? open('no unmap could be paired') : yes(`${several(sum(rows, row => row.unmaps), 'unmap')}`)
  }),
  ofKernel('no-hit-after-unmap', 'No cached translation was hit between the unmap of its page and its invalidation.', ({ rows, hitAfterUnmap, by }) => {
    const certain = sum(rows.filter(sound), row => row.hit.certain), possible = sum(rows, row => row.hit.possible), held = sum(rows, row => row.held)
    const lines = hitAfterUnmap.filter(({ basis }) => basis !== 'inferred').map(({ line }) => line)
    if (certain > 0) return no(`${several(certain, 'page')} hit after its unmap`, lines)
    if (possible > 0) return open(`${possible} of ${several(held, 'cached page')} had hits that ${by === 'clock' ? 'the error of the clocks' : 'the order of the logs'} puts on neither side`)
    return held === 0 ? open('no unmapped page was cached') : yes(`${several(held, 'cached page')}`)
  }),
]

/** All claims, each with the verdict of these facts. Claims about unmaps need a kernel log. */
export function judge(facts: Facts): Verdict[] {
  return [...ofLog, ...facts.kernel === null ? [] : ofUnmaps].map(({ claim, says, of, judge: decide }) => {
    const { verdict, because, lines = [] } = decide(facts)
    return { claim, says, verdict, because, lines: lines.slice(0, 20), of }
  })
}
