/** What a log shows of the tables about the moment of a dump: the last that was fetched or read of each entry (VT-d rev
 *  5.10, ch. 6). */
import {
  contextEntry, coversContext, coversIec, coversPasid, coversTranslation, getter,
} from '../../../spec/vtd/index.ts'
import { bdf } from '../numbers.ts'
import type { IrteSpan, OtherCommand, PassThrough, Stay, TableTrail, Trail } from '../replay/trail.ts'
import type { Interval, Sighting } from '../tables/agreement.ts'
import { contextText, irteText, passThroughText, translationText } from './dumped.ts'
import type { Tables } from './dumped.ts'
import { pointed } from './leaves.ts'

const didOf = getter(contextEntry, 'DID')

/** Whether an invalidation between these lines names the device, whatever its domain. */
const contextTaken = (others: readonly OtherCommand[], sid: number, after: number, before: number): boolean =>
  others.some(({ line, descriptor }) =>
    line > after && line < before && descriptor.type === 'context-cache'
    && coversContext(descriptor, { sid, did: descriptor.did }))

/** Every fill of the IOTLB before the end of the interval. Those that were removed before it are not known, nor those
 *  whose device may have got another context entry: its cached one was invalidated. */
export function translationsOf({ stays, commands }: Trail, { others }: TableTrail, { until }: Interval,
  tables: Tables): Sighting[] {
  const mayHaveMoved = ({ sid, did, pasid, from }: Stay): boolean => contextTaken(others, sid, from.line, until)
    || others.some(({ line, descriptor }) => line > from.line && line < until && descriptor.type === 'pasid-cache'
      && coversPasid(descriptor, { did, pasid }))
  return stays.filter(({ from }) => from.line < until).map((stay: Stay): Sighting => {
    const { sid, did, page, pages, frame } = stay
    const { read, write } = pointed(stay.leaf, stay.firstStage)
    return {
      line: stay.from.line, what: `${bdf(sid)} page 0x${(page * 4096).toString(16)}`,
      log: translationText({ did, input: page * 4096, output: frame * 4096, pages, read, write }),
      isKnown: (stay.until === null || stay.until >= until) && !mayHaveMoved(stay),
      find: () => tables.translation({ sid, access: read ? 'read' : 'write', address: page * 4096 }),
      isInvalidatedLater: () =>
        commands.some(({ line, descriptor }) => line >= until && coversTranslation(descriptor, stay)),
    }
  })
}

/** Of each device the last translation that passed through before the end of the interval. */
export function passesOf({ passed, others }: TableTrail, { until }: Interval, tables: Tables): Sighting[] {
  const latest = new Map<number, PassThrough>()
  for (const pass of passed) if (pass.line < until) latest.set(pass.sid, pass)
  return [...latest.values()].map(({ line, sid, address }): Sighting => {
    const covered = (after: number, before: number): boolean => contextTaken(others, sid, after, before)
    return {
      line, what: `${bdf(sid)} page 0x${address.toString(16)}`, log: passThroughText(address, address),
      isKnown: !covered(line, until),
      find: () => tables.translation({ sid, access: 'read', address }),
      isInvalidatedLater: () => covered(until - 1, Infinity),
    }
  })
}

/** Every fill of the context cache before the end of the interval. */
export function contextsOf({ contexts, others }: TableTrail, { until }: Interval, tables: Tables): Sighting[] {
  return contexts.filter(({ line }) => line < until).map((stay): Sighting => {
    const { sid, words } = stay
    return {
      line: stay.line, what: `context entry of ${bdf(sid)}`, log: contextText(words, tables.isScalable),
      isKnown: stay.until === null || stay.until >= until,
      find: () => tables.context(sid),
      // In scalable mode the domain stands in the PASID entry: any invalidation of the device counts.
      isInvalidatedLater: () =>
        others.some(({ line, descriptor }) => line >= until && descriptor.type === 'context-cache'
          && coversContext(descriptor, { sid, did: tables.isScalable ? descriptor.did : didOf(words, 0) })),
    }
  })
}

/** Of each index the last read before the end of the interval. */
export function irtesOf({ irtes, others }: TableTrail, { until }: Interval, tables: Tables): Sighting[] {
  const latest = new Map<number, IrteSpan>()
  for (const span of irtes) if (span.reads[0]! < until) latest.set(span.index, span)
  return [...latest.values()].map(({ index, words, reads }): Sighting => {
    const last = reads.findLast(line => line < until)!
    const covered = (after: number, before: number): boolean => others.some(({ line, descriptor }) =>
      line > after && line < before && descriptor.type === 'iec' && coversIec(descriptor, index))
    return {
      line: last, what: `interrupt entry ${index}`, log: irteText(words), isKnown: !covered(last, until),
      find: () => tables.irte(index), isInvalidatedLater: () => covered(until - 1, Infinity),
    }
  })
}
