/** Claims on unmaps, from a QEMU log and a kernel log of the same boot (VT-d rev 5.10, table 28; what they prove:
 *  docs/validate.md). */
import { lackOf, lacks, outsideText, unlessLost } from './lacks.ts'
import { no, open, several, yes } from './judging.ts'
import type { Claim, Judged } from './judging.ts'
import { thousands } from '../numbers.ts'
import type { PairingReport } from '../pairing/index.ts'
import type { WindowRow } from '../pairing/windows.ts'

const sum = (rows: readonly WindowRow[], of: (row: WindowRow) => number): number =>
  rows.reduce((total, row) => total + of(row), 0)
const unmapsOf = (rows: readonly WindowRow[]): number => sum(rows, row => row.unmaps)

const hitAfterUnmap = 'no-hit-after-unmap'
/** An invalidation may be among the lines that the log of the unit lacks. */
const onUnmaps = (claim: string, kind: Claim['kind'], says: string, judge: (pairing: PairingReport) => Judged): Claim =>
  ({
    claim, says, kind, of: 'kernel',
    judge: facts => {
      const { kernel } = facts
      if (kernel === null) return open('no kernel log was given')
      if (kernel.pairing.refused !== null) return open(kernel.pairing.refused)
      const judged = judge(kernel.pairing)
      if (judged.verdict !== 'false' || kind !== 'rule' && claim !== hitAfterUnmap) return judged
      if (kind === 'rule' && lacks(facts).length > 0)
        return open(unlessLost(judged.lines?.length ?? 1, 'event'), judged.lines)
      const doubt = kernel.pairing.disorder ?? (kind === 'rule' ? null : lackOf(facts, 'kernel'))
      return doubt === null ? judged : open(`${judged.because}; but ${doubt}`, judged.lines)
    },
  })

export const claimsOnUnmaps: readonly Claim[] = [
  onUnmaps('unmaps-answered-one-by-one', 'observation',
    'Each unmap of a page that a device had used was answered by an invalidation of its own (strict), none by a flush '
      + '(deferred).',
    ({ rows, flushed, flushedDomains }) => {
      const own = unmapsOf(rows.filter(({ answer }) => answer === 'page')), batched = unmapsOf(rows) - own
      if (rows.length === 0) return open('no unmap could be paired')
      if (batched === 0) return yes(several(own, 'unmap'))
      const domains = `domain${flushedDomains.length === 1 ? '' : 's'} ${flushedDomains.join(', ')}`
      return no(`${thousands(own)} one by one, ${thousands(batched)} by flushes of ${domains}`, flushed.lines)
    }),

  onUnmaps('unmaps-all-answered', 'rule',
    'Each unmap of a page that a device had used was followed by an invalidation that covers it, before its domain '
      + 'maps the page again.',
    ({ rows, by, unmaps, unanswered, ending, outside, unansweredSure }) => {
      if (unansweredSure.count > 0)
        return no(`${several(unansweredSure.count, 'unmap')} that nothing covers, or nothing in time`,
          unansweredSure.lines)
      if (outside.count > 0)
        return open(outsideText({ unmaps, outside, by }), outside.lines)
      if (unanswered.count > 0 && unanswered.count === ending.count)
        return open(`${several(ending.count, 'unmap')} that the log ends too early for`, ending.lines)
      if (unanswered.count > 0)
        return open(`${several(unanswered.count, 'unmap')} that nothing covers, if the domain was inferred right`,
          unanswered.lines)
      return rows.length === 0 ? open('no unmap could be paired') : yes(several(unmapsOf(rows), 'unmap'))
    }),

  onUnmaps('maps-invalidated-before-use', 'rule',
    'With caching mode: what was mapped was invalidated before a device first used it.',
    ({ mapped: { cachingMode, used, missed, early } }) => {
      if (cachingMode === null)
        return open('whether the unit has caching mode is not known: a dump says it, or cache_tag events of the kernel')
      if (!cachingMode) return open('the unit has no caching mode, and needs none')
      if (missed.count > early.count) return no(`${several(missed.count - early.count, 'page')} used without`,
        missed.lines.filter(line => !early.lines.includes(line)))
      if (early.count > 0) return open(`${several(early.count, 'page')} whose invalidation stands before the record of `
        + 'the map: Linux before 5.12 sends it within the map', early.lines)
      return used === 0 ? open('no mapped page was used that only one map explains') : yes(several(used, 'page'))
    }),

  onUnmaps(hitAfterUnmap, 'observation',
    'No cached translation was hit between the unmap of its page and its invalidation.',
    ({ rows, hitAfterUnmap: hitsAfter, by }) => {
      const certain = sum(rows.filter(({ basis }) => basis !== 'inferred'), row => row.hit.certain)
      const possible = sum(rows, row => row.hit.possible), held = sum(rows, row => row.held)
      const lines = hitsAfter.filter(({ basis }) => basis !== 'inferred').map(({ line }) => line)
      if (certain > 0) return no(`${several(certain, 'page')} hit after its unmap`, lines)
      const limit = by === 'clock' ? 'the error of the clocks' : 'the order of the logs'
      if (possible > 0)
        return open(`${possible} of ${several(held, 'cached page')} had hits that ${limit} puts on neither side`)
      return held === 0 ? open('no unmapped page was cached') : yes(several(held, 'cached page'))
    }),
]
