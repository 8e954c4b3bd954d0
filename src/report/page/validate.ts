/** `validate` as a page: verdicts on a boot, the windows of its unmaps, and their timeline. */
import type { Body } from '../../page/data.ts'
import type { BootData, WindowData } from '../../page/reports.ts'
import { thousands } from '../../text/count.ts'
import type { ReportOf } from '../report.ts'

export function validateBody({ validation }: ReportOf<'validate'>): Body {
  const { log, kernel, tables, verdicts, iotlb, queue, faults } = validation
  const pairing = kernel?.pairing ?? null
  return { kind: 'validate', boot: {
    files: [log.path, ...kernel === null ? [] : [kernel.path], ...tables === null ? [] : [tables.path]],
    facts: [
      ['lines of the log', thousands(log.lines)],
      ...log.span_s === null ? [] : [['from first to last', `${log.span_s.toFixed(1)} s`] as const],
      ...pairing === null ? [] : [['maps', thousands(pairing.maps)] as const,
        ['unmaps', thousands(pairing.unmaps)] as const],
      ['IOTLB fills', thousands(iotlb.fills)], ['IOTLB hits', thousands(iotlb.hits)],
      ['submissions', thousands(queue.submissions)], ['faults', thousands(faults.total)],
    ],
    verdicts: verdicts.map(({ claim, says, kind, verdict, because }) =>
      ({ claim, says, verdict, because, rule: kind !== 'observation' })),
    refused: pairing?.refused ?? null, windows: (pairing?.rows ?? []).map(windowData),
    timeline: pairing?.timeline ?? [],
    notes: pairing === null || pairing.refused !== null ? [] : [
      pairing.clock === null ? 'The logs share no clock: only order bounds the windows.'
        : `The clocks of both logs are aligned by order alone, to ±${Math.ceil(pairing.clock.error_us)} µs.`,
      'Each window is given at its longest: what the logs leave open lies below.',
      'No log proves that a hit could not have happened: only that in this run it did not.',
    ],
  } satisfies BootData }
}

type Row = NonNullable<ReportOf<'validate'>['validation']['kernel']>['pairing']['rows'][number]
const answers = { page: 'by an invalidation of its own', pasid: 'by a flush of its PASID',
  domain: 'by a flush of the domain', global: 'by a flush of all' } as const
const bases = { named: 'its domain is named', only: 'one mapping fits', inferred: 'its domain is inferred' } as const
const windowData = ({ answer, basis, unmaps, held, hit, laterUnmaps, wait_us }: Row): WindowData => ({
  answer: answers[answer], basis: basis === 'unknown' ? basis : bases[basis], unmaps, held,
  later: laterUnmaps.most, wait_us: wait_us?.most ?? null,
  hit: hit.certain === hit.possible ? thousands(hit.certain) : `${thousands(hit.certain)}–${thousands(hit.possible)}`,
})
