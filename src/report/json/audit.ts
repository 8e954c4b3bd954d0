/** The documents of `audit`: addresses as hexadecimal strings, rights as letters. That of one dump is made in pieces:
 *  it may have a million ranges, and a string has an end. */
import type { Entry } from '../../audit/interrupts.ts'
import { hex } from '../../audit/format.ts'
import type { Gate } from '../../audit/policy.ts'
import { showRights } from '../../audit/ranges.ts'
import type { Range } from '../../audit/ranges.ts'
import type { AuditReport, SpaceRow } from '../../audit/report.ts'
import type { Head } from '../head.ts'
import type { ReportOf } from '../report.ts'
import type { BodyOf, DocumentOf } from '../schema/index.ts'

type Document = DocumentOf<'audit'>
type Space = Document['spaces'][number]
type First = 'dump' | 'unit' | 'devices'

export function* auditPieces({ audit, policy }: ReportOf<'audit'>, head: Head<'audit'>): Generator<string> {
  const { dump, unit, devices, spaces } = audit
  const first = { ...head, dump, unit, devices } satisfies Pick<Document, First | keyof Head>
  yield `${JSON.stringify(first, null, 2).slice(0, -2)},\n  "spaces": [`
  for (const [i, space] of spaces.entries()) yield* spacePieces(space, i === 0 ? '\n' : ',\n')
  yield `\n  ],\n${JSON.stringify(restOf(audit, policy), null, 2).slice(2)}\n`
}

function restOf({ shared, interrupts, queue, firmware, alarms }: AuditReport,
  policy: Gate | null): Omit<Document, First | 'spaces' | keyof Head> {
  const { address, entries, ...table } = interrupts
  return {
    shared: { count: shared.count, runs: shared.runs.map(({ start, end, who, count }) => ({
      from: hex(start), bytes: end - start, spaces: count,
      who: who.map(({ space, rights }) => ({ space, rights: showRights(rights) })) })) },
    interrupts: { ...table, address: address === null ? null : hex(address), entries: entries.map(entryOf) },
    queue, firmware, alarms, policy: policy === null ? null : policyOf(policy),
  }
}
const entryOf = (entry: Entry) => ({ ...entry, descriptor: entry.descriptor === null ? null : hex(entry.descriptor) })
const policyOf = (gate: Gate) => ({
  ...gate,
  breaches: gate.breaches.map(({ device, from, bytes, rights }) => ({ device, from: hex(from), bytes,
    rights: showRights(rights) })),
  alarms: gate.alarms.map(({ code, devices, because, todo }) => ({ code, devices, because, todo })),
})

/** What it reaches follows from its ranges. */
function aboutOf(space: SpaceRow): Omit<Space, 'ranges'> {
  const { id, kind, table, levels, second, devices, domains, readable, writable, leaves, tables, cut,
    sharesWith } = space
  return { id, kind, table, levels, second, devices, domains, readable, writable, leaves, tables, cut, sharesWith }
}
const rangeOf = ({ input, output, bytes, rights, leaves }: Range): Space['ranges'][number] =>
  ({ input: hex(input), output: hex(output), bytes, rights: showRights(rights),
    leaves: { '4K': leaves[0], '2M': leaves[1], '1G': leaves[2] } })

function* spacePieces(space: SpaceRow, before: string): Generator<string> {
  const { ranges } = space
  yield `${before}    ${JSON.stringify(aboutOf(space)).slice(0, -1)},"ranges":[`
  let piece = ''
  for (let i = 0; i < ranges.length; i++) {
    piece += `${i === 0 ? '' : ','}\n      ${JSON.stringify(rangeOf(ranges.at(i)))}`
    if (piece.length < 1 << 20) continue
    yield piece
    piece = ''
  }
  yield `${piece}${ranges.length === 0 ? '' : '\n    '}]}`
}

/** A part of a run is not made of whole leaves. */
const partOf = ({ input, output, bytes, rights }: Range) => ({ input: hex(input), output: hex(output), bytes,
  rights: showRights(rights) })
export const diffBody = ({ diff }: ReportOf<'audit-diff'>): BodyOf<'audit-diff'> => ({
  ...diff,
  ranges: diff.ranges.map(change => ({ ...change, before: change.before.map(partOf),
    after: change.after.map(partOf) })),
})
