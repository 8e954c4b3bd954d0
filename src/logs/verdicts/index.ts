/** The claims that a log is held against, and what it says of each (VT-d rev 5.10: ch. 6, 7, 11.4.4, table 28). */
import { no, open, several, yes } from './judging.ts'
import type { Claim, Verdict } from './judging.ts'
import type { Places } from '../numbers.ts'
import type { Facts } from '../report.ts'
import { claimsOnEntries, claimsOnTables } from './on-entries.ts'
import { claimsOnUnmaps } from './on-unmaps.ts'

const merge = (...places: readonly Places[]): number[] => places.flatMap(({ lines }) => lines).sort((a, b) => a - b)

const logComplete: Claim = {
  claim: 'log-complete', kind: 'observation', of: 'log',
  says: 'Every line was read, and every queue entry from head to tail has its lines.',
  judge: ({ unread, queue: { descriptors, gaps, disagreeing, unseen, undecoded }, registers }) => {
    const missing = registers.mode === 'scalable' ? { count: 0, lines: [] } : unseen
    const wrong = [
      ...unread.total > 0 ? [`${several(unread.total, 'line')} could not be read`] : [],
      ...gaps.count > 0 ? [`${several(gaps.count, 'gap')} in the queue`] : [],
      ...disagreeing.count > 0
        ? [`${several(disagreeing.count, 'queue entry')} without what was done, or with another thing done`] : [],
      ...missing.count > 0 ? [`${several(missing.count, 'fetch')} of the queue without a descriptor`] : [],
      ...undecoded.length > 0 ? [`a descriptor that its mode does not have: ${undecoded[0]!.why}`] : [],
    ]
    const lines = [...unread.first, ...undecoded].map(({ line }) => line)
    if (wrong.length > 0)
      return no(wrong.join('; '), [...lines, ...merge(gaps, disagreeing, missing)].sort((a, b) => a - b))
    if (unseen.count > 0)
      return open(`${several(unseen.count, 'descriptor')} of scalable mode that QEMU does not print (types 6 and 7)`,
        unseen.lines)
    if (descriptors === 0) return open('no queue entry is in the log')
    return yes(`${several(descriptors, 'descriptor')}, each told twice, and the same both times`)
  },
}

const hitsExplained: Claim = {
  claim: 'hits-explained', kind: 'rule', of: 'log',
  says: 'Each IOTLB hit used an entry that a fill had put in and no invalidation had removed.',
  judge: ({ iotlb: { unexplained, otherContent, beforeStart, fills, hits } }) => {
    if (unexplained.count + otherContent.count > 0) {
      const because = `${several(unexplained.count, 'hit')} of nothing, ${several(otherContent.count, 'hit')} of `
        + 'other content'
      return no(because, merge(unexplained, otherContent))
    }
    if (beforeStart.count > 0)
      return open(`${beforeStart.count} of ${several(hits, 'hit')} may be of entries older than the log`,
        beforeStart.lines)
    return hits === 0 ? open('the log has no hit') : yes(`${several(hits, 'hit')}, ${several(fills, 'fill')}`)
  },
}

const leafChangesInvalidated: Claim = {
  claim: 'leaf-changes-invalidated', kind: 'rule', of: 'log',
  says: 'No page was fetched anew with other content while its old entry had not been invalidated.',
  judge: ({ iotlb: { refilledChanged, refilledSame, fills } }) => {
    const changed = several(refilledChanged.count, 'fill')
    if (refilledChanged.count > 0)
      return no(`${changed} with other content over an entry that no invalidation had removed`, refilledChanged.lines)
    const same = refilledSame.count === 0 ? ''
      : `; ${several(refilledSame.count, 'fill')} of the same content again, as hardware may drop any entry`
    return fills === 0 ? open('the log has no fill') : yes(`${several(fills, 'fill')}${same}`)
  },
}

const contextChangesInvalidated: Claim = {
  claim: 'context-changes-invalidated', kind: 'rule', of: 'log',
  says: 'Each context-cache hit is explained, and no context entry was fetched changed without an invalidation.',
  judge: ({ contexts: { unexplained, refilledChanged, beforeStart, fills, hits } }) => {
    if (unexplained.count + refilledChanged.count > 0) {
      const because = `${several(unexplained.count, 'unexplained hit')}, ${several(refilledChanged.count, 'change')} `
        + 'without invalidation'
      return no(because, merge(unexplained, refilledChanged))
    }
    if (beforeStart.count > 0)
      return open(`${several(beforeStart.count, 'hit')} may be of entries older than the log`, beforeStart.lines)
    return fills === 0 ? open('no context entry was fetched')
      : yes(`${several(fills, 'fetch')}, ${several(hits, 'hit')}`)
  },
}

const irteChangesInvalidated: Claim = {
  claim: 'irte-changes-invalidated', kind: 'rule', of: 'log',
  says: 'Each IRTE that changed between two reads had an invalidation of its index, and a completed wait, in between.',
  judge: ({ irtes: { changes, invalidated, missed, reads } }) => {
    if (invalidated < changes) {
      const { index, from, to } = missed[0]!
      const because = `${changes - invalidated} of ${several(changes, 'change')} without; first: index ${index}, `
        + `${from} to ${to}`
      return no(because, missed.map(({ newLine }) => newLine))
    }
    if (changes === 0) return open(`no IRTE changed in ${several(reads, 'read')}`)
    return yes(`${several(changes, 'change')} in ${several(reads, 'read')}`)
  },
}

const submissionsWaitedFor: Claim = {
  claim: 'submissions-waited-for', kind: 'observation', of: 'log',
  says: 'Whoever rang the tail asked when it was done: each submission ends with a wait, and its status was written.',
  judge: ({ queue: { submissions, waits, completed, withoutWait } }) => {
    if (withoutWait.count > 0)
      return no(`${several(withoutWait.count, 'submission')} without a wait at the end`, withoutWait.lines)
    if (completed < waits) return no(`${waits - completed} of ${several(waits, 'wait')} not completed`)
    return submissions === 0 ? open('nothing was submitted')
      : yes(`${several(submissions, 'submission')}, ${several(waits, 'wait')}`)
  },
}

const oneCommandAtATime: Claim = {
  claim: 'one-command-at-a-time', kind: 'rule', of: 'log', says: 'Each write of GCMD asks for one thing.',
  judge: ({ registers: { several: places, commands } }) => {
    if (places.count > 0) return no(`${several(places.count, 'write')} that ask for more`, places.lines)
    return commands.length === 0 ? open('GCMD was not written')
      : yes(commands.flatMap(({ commands: some }) => some).join(', '))
  },
}

const tablesFlushedBeforeUse: Claim = {
  claim: 'tables-flushed-before-use', kind: 'rule', of: 'log',
  says: 'A new root or interrupt table was put to use after its caches had been flushed, in order, each waited for.',
  judge: ({ registers: { pointers } }) => {
    const used = pointers.filter(({ usedLine }) => usedLine !== null)
    const wrong = used.filter(({ missing }) => missing.length > 0)
    if (wrong.length > 0) {
      const { pointer, missing } = wrong[0]!
      const unless = 'allowed only with ESRTPS or ESIRTPS, which the log does not show'
      return no(`${pointer}: no ${missing.join(', no ')} (${unless})`, wrong.map(({ line }) => line))
    }
    return used.length === 0 ? open('no table was set and put to use')
      : yes(used.map(({ pointer }) => pointer).join(', '))
  },
}

const noFaults: Claim = {
  claim: 'no-faults', kind: 'observation', of: 'log', says: 'No DMA was refused.',
  judge: ({ faults: { total, groups }, iotlb, contexts, irtes }) => {
    if (total === 0 && iotlb.fills + iotlb.hits + iotlb.misses + contexts.fills + contexts.hits + irtes.reads === 0)
      return open('the log has no request that could have been refused')
    if (total === 0) return yes('no fault')
    const { reason, condition, says } = groups[0]!
    const lines = merge(...groups.map(({ places }) => places))
    return no(`${several(total, 'fault')}; reason ${reason.toString(16)}h ${condition ?? ''}: ${says}`, lines)
  },
}

const claimsOnLog: readonly Claim[] = [
  logComplete, hitsExplained, leafChangesInvalidated, contextChangesInvalidated, irteChangesInvalidated,
  submissionsWaitedFor, oneCommandAtATime, tablesFlushedBeforeUse, noFaults, ...claimsOnEntries,
]

/** Every claim that a log is held against. */
export const claimsOnBoots: readonly Claim[] = [...claimsOnLog, ...claimsOnTables, ...claimsOnUnmaps]

/** All claims, each with the verdict of these facts. Claims on tables need a dump, claims on unmaps a kernel log.
 *  @param ofUnit the claims on the unit that is logged, made of those on all units. */
export function judge(facts: Facts, ofUnit: (all: readonly Claim[]) => readonly Claim[]): Verdict[] {
  const asked = ofUnit([...claimsOnLog, ...facts.tables === null ? [] : claimsOnTables,
    ...facts.kernel === null ? [] : claimsOnUnmaps])
  return asked.map(({ claim, says, kind, of, judge: decide }) => {
    const { verdict, because, lines = [] } = decide(facts)
    return { claim, says, kind, verdict, because, lines: lines.slice(0, 20), of }
  })
}
