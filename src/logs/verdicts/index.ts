/** The claims that a log is held against, and what it says of each (VT-d rev 5.10: ch. 6, 7, 11.4.4, table 28). */
import { thousands } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { IrteWindow } from '../replay/reports.ts'
import type { Facts } from '../report.ts'
import { no, open, several, yes } from './judging.ts'
import type { Claim, Judged, Verdict } from './judging.ts'
import { lackOf, lacks, printsPasidIotlb, unlessLacking, unlessLost, unprinted } from './lacks.ts'
import { claimsOnEntries, claimsOnTables } from './on-entries.ts'
import { claimsOnUnmaps } from './on-unmaps.ts'

const merge = (...places: readonly Places[]): number[] => places.flatMap(({ lines }) => lines).sort((a, b) => a - b)

const logComplete: Claim = {
  claim: 'log-complete', kind: 'observation', of: 'log',
  says: 'Every line was read, and every queue entry from head to tail has its lines. Only the queue is numbered: a '
    + 'line about something else that is missing whole cannot be noticed.',
  judge: facts => {
    const { unread, queue: { entry, ring, descriptors, gaps, disagreeing, unseen, undecoded } } = facts
    const missing = unprinted(facts)
    const wrong = [...lacks(facts), ...undecoded.length > 0
      ? [`a ${entry} that the unit does not have: ${undecoded[0]!.why}`] : []]
    const lines = [...unread.first, ...undecoded].map(({ line }) => line)
    if (wrong.length > 0)
      return no(wrong.join('; '), [...lines, ...merge(gaps, disagreeing, missing)].sort((a, b) => a - b))
    if (unseen.count > 0)
      return open(`${several(unseen.count, 'descriptor')} of scalable mode that QEMU does not print (type 7, before `
        + 'QEMU 10 also 6)', unseen.lines)
    if (descriptors === 0) return open(`the log has no ${entry} of the ${ring}`)
    return yes(`${several(descriptors, entry)}, each in both logs, and the same in both`)
  },
}

const hitsExplained: Claim = {
  claim: 'hits-explained', kind: 'rule', of: 'log',
  says: 'Each IOTLB hit used an entry that a fill had put in and no invalidation had removed.',
  judge: ({ iotlb: { unexplained, otherContent, beforeStart, doubtful, afterUnseen, fills, hits }, queue }) => {
    if (unexplained.count + otherContent.count > 0) {
      const because = `${several(unexplained.count, 'hit')} of nothing, ${several(otherContent.count, 'hit')} of `
        + 'other content'
      return no(because, merge(unexplained, otherContent))
    }
    if (beforeStart.count > 0)
      return open(`${beforeStart.count} of ${several(hits, 'hit')} may be of entries older than the log`,
        beforeStart.lines)
    if (doubtful.count > 0) return open(unlessLost(doubtful.count, 'hit or fill'), doubtful.lines)
    if (afterUnseen.count > 0 && !printsPasidIotlb(queue))
      return open(`${several(afterUnseen.count, 'hit')} of entries that a descriptor which QEMU does not print may `
        + 'have removed', afterUnseen.lines)
    return hits === 0 ? open('the log has no hit') : yes(`${several(hits, 'hit')}, ${several(fills, 'fill')}`)
  },
}

const leafChangesInvalidated: Claim = {
  claim: 'leaf-changes-invalidated', kind: 'rule', of: 'log',
  says: 'No page was fetched anew with other content while its old entry had not been invalidated.',
  judge: ({ iotlb: { refilledChanged, refilledSame, doubtful, fills } }) => {
    const changed = several(refilledChanged.count, 'fill')
    if (refilledChanged.count > 0)
      return no(`${changed} with other content over an entry that no invalidation had removed`, refilledChanged.lines)
    if (doubtful.count > 0) return open(unlessLost(doubtful.count, 'hit or fill'), doubtful.lines)
    const same = refilledSame.count === 0 ? ''
      : `; ${several(refilledSame.count, 'fill')} of the same content again, as hardware may drop any entry`
    return fills === 0 ? open('the log has no fill') : yes(`${several(fills, 'fill')}${same}`)
  },
}

const contextChangesInvalidated: Claim = {
  claim: 'context-changes-invalidated', kind: 'rule', of: 'log',
  says: 'Each context-cache hit is explained, and no context or PASID entry was used changed without an invalidation.',
  judge: ({ contexts: { unexplained, refilledChanged, doubtful, pasids, beforeStart, fills, hits } }) => {
    if (unexplained.count + refilledChanged.count + pasids.changed.count > 0) {
      const because = [`${several(unexplained.count, 'unexplained hit')}, ${several(refilledChanged.count, 'change')} `
        + 'without invalidation', ...pasids.changed.count === 0 ? []
        : [`${several(pasids.changed.count, 'fill')} of another domain without invalidation of the PASID entry`]]
      return no(because.join('; '), merge(unexplained, refilledChanged, pasids.changed))
    }
    if (beforeStart.count > 0)
      return open(`${several(beforeStart.count, 'hit')} may be of entries older than the log`, beforeStart.lines)
    if (doubtful.count > 0) return open(unlessLost(doubtful.count, 'hit or fetch'), doubtful.lines)
    return fills === 0 ? open('no context entry was fetched')
      : yes(`${several(fills, 'fetch')}, ${several(hits, 'hit')}`)
  },
}

const irteChangesInvalidated: Claim = {
  claim: 'irte-changes-invalidated', kind: 'rule', of: 'log',
  says: 'Each IRTE that changed between two reads had an invalidation of its index, and a completed wait after that.',
  judge: ({ irtes: { changes, missed, doubtful, ending, early, longest, reads } }) => {
    if (missed.length > 0) {
      const { index, from, to } = missed[0]!
      const because = `${missed.length} of ${several(changes, 'change')} without; first: index ${index}, `
        + `${from} to ${to}`
      return no(because, missed.map(({ newLine }) => newLine))
    }
    if (doubtful.count > 0) return open(unlessLost(doubtful.count, 'change'), doubtful.lines)
    if (ending.count > 0)
      return open(`${several(ending.count, 'change')} after which the log ends before an invalidation could have come`,
        ending.lines)
    if (changes === 0) return open(`no IRTE changed in ${several(reads, 'read')}`)
    return yes(`${several(changes, 'change')} in ${several(reads, 'read')}${openFor(early.count, longest)}`)
  },
}
/** An interrupt between the store of an entry and its invalidation may use either content. */
function openFor(early: number, longest: IrteWindow | null): string {
  if (longest === null) return ''
  const { newLine, waitLine, open_us } = longest
  const time = open_us === 0 ? '' : `, ${thousands(open_us)} µs`
  return `; ${several(early, 'change')} was used before its invalidation, at most `
    + `${several(waitLine - newLine, 'line')}${time} (line ${newLine})`
}

const tailInRing: Claim = unlessLacking({
  claim: 'tail-in-ring', kind: 'rule', of: 'log', says: 'Each tail that was written is an entry of the queue.',
  judge: ({ queue: { beyond, submissions } }) => {
    if (beyond.count > 0) return no(`${several(beyond.count, 'tail')} behind the end of the ring`, beyond.lines)
    return submissions === 0 ? open('nothing was submitted') : yes(several(submissions, 'tail'))
  },
})

const noUnremappedInterrupt: Claim = unlessLacking({
  claim: 'no-unremapped-interrupt', kind: 'rule', of: 'log',
  says: 'No interrupt passed unremapped while remapping was on: each message named an entry.',
  judge: ({ unremapped: { passed, admitted, beforeStart, first, wasOn }, irtes: { reads } }) => {
    if (first !== null)
      return no(`${several(passed.count, 'message')} in compatibility format; first: address 0x`
        + `${first.address.toString(16)}, data 0x${first.data.toString(16)} (hardware blocks it with fault 25h, `
        + 'QEMU lets it through)', passed.lines)
    if (admitted.count > 0) return open(`${several(admitted.count, 'message')} that CFI admits`, admitted.lines)
    if (beforeStart.count > 0)
      return open(`${several(beforeStart.count, 'message')} before the log tells whether remapping is on`,
        beforeStart.lines)
    if (!wasOn) return open('the log does not show remapping switched on')
    return reads === 0 ? open('no interrupt was remapped') : yes(several(reads, 'interrupt'))
  },
})

const submissionsWaitedFor: Claim = {
  claim: 'submissions-waited-for', kind: 'observation', of: 'log',
  says: 'Whoever rang the tail asked when it was done: each submission ends with a wait, and its status was written.',
  judge: facts => {
    const { queue: { submissions, waits, completed, withoutWait } } = facts
    const lack = lackOf(facts, 'log')
    if (withoutWait.count > 0 && lack !== null)
      return open(unlessLost(withoutWait.count, 'submission'), withoutWait.lines)
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
      const sure = wrong.find(({ doubtful }) => !doubtful)
      if (sure === undefined) return open(unlessLost(wrong.length, 'table'), wrong.map(({ line }) => line))
      const { pointer, missing } = sure
      const unless = 'allowed only with ESRTPS or ESIRTPS, which the log does not show'
      return no(`${pointer}: no ${missing.join(', no ')} (${unless})`, wrong.map(({ line }) => line))
    }
    return used.length === 0 ? open('no table was set and put to use')
      : yes(used.map(({ pointer }) => pointer).join(', '))
  },
}

const noFaults: Claim = {
  claim: 'no-faults', kind: 'observation', of: 'log', says: 'No DMA and no interrupt was refused.',
  judge: ({ faults: { total, groups, complaints }, iotlb, contexts, irtes }) => {
    const refused = complaints.filter(({ isRefusal }) => isRefusal)
    if (total === 0 && refused.length > 0)
      return no(`QEMU says so on stderr: ${refused[0]!.says}`, refused.map(({ line }) => line))
    if (total === 0 && iotlb.fills + iotlb.hits + iotlb.misses + contexts.fills + contexts.hits + irtes.reads === 0)
      return open('the log has no request that could have been refused')
    if (total === 0) return yes('no fault')
    const { reason, condition, says } = groups[0]!
    const lines = merge(...groups.map(({ places }) => places))
    const more = refused.length === 0 ? '' : `; QEMU says on stderr too: ${refused[0]!.says}`
    return no(`${several(total, 'fault')}; reason ${reason.toString(16)}h ${condition ?? ''}: ${says}${more}`,
      [...lines, ...refused.map(({ line }) => line)])
  },
}

const claimsOnLog: readonly Claim[] = [
  logComplete, hitsExplained, leafChangesInvalidated, contextChangesInvalidated, irteChangesInvalidated,
  submissionsWaitedFor, tailInRing, oneCommandAtATime, tablesFlushedBeforeUse, noUnremappedInterrupt, noFaults,
  ...claimsOnEntries,
]

/** Every claim that a log is held against. */
export const claimsOnBoots: readonly Claim[] = [...claimsOnLog, ...claimsOnTables, ...claimsOnUnmaps]

/** All claims, each with the verdict of these facts. Claims on tables need a dump, claims on unmaps a kernel log.
 *  @param ofUnit the claims on the unit that is logged, made of those on all units. */
export function judge(facts: Facts, ofUnit: (all: readonly Claim[]) => readonly Claim[]): Verdict[] {
  const asked = ofUnit([...claimsOnLog, ...facts.tables === null ? [] : claimsOnTables,
    ...facts.kernel === null ? [] : claimsOnUnmaps])
  return asked.map(({ claim, says, kind, of, judge: decide }) => {
    const { verdict, because, lines = [] } = claim === logComplete.claim ? decide(facts)
      : asFarAsRead(decide(facts), lackOf(facts, of))
    return { claim, says, kind, verdict, because, lines: lines.slice(0, 20), of }
  })
}

/** A line that the log lacks may speak against any claim that the others bear out. */
const asFarAsRead = (judged: Judged, lack: string | null): Judged =>
  lack === null || judged.verdict !== 'true' ? judged : open(`${judged.because}, but ${lack}`)
