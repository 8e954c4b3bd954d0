/** The report as one JSON document, `remapcheck-audit/1`, in pieces: a dump may have a million ranges, and a string has
 *  an end. Fields are only ever added within a version. */
import { hex } from './format.ts'
import { showRights } from './ranges.ts'
import type { Range } from './ranges.ts'
import type { AuditReport, SpaceRow } from './report.ts'

const rangeOf = ({ input, output, bytes, rights, leaves }: Range): object =>
  ({ input: hex(input), output: hex(output), bytes, rights: showRights(rights),
    leaves: { '4K': leaves[0], '2M': leaves[1], '1G': leaves[2] } })

/** `more`: fields that follow, such as a verdict. */
export function* auditJson(report: AuditReport, more: object): Generator<string> {
  const { spaces, shared, interrupts, alarms, ...head } = report
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "spaces": [`
  for (const [i, space] of spaces.entries()) yield* spaceJson(space, i === 0 ? '\n' : ',\n')
  const { address, ...table } = interrupts
  const rest = {
    shared: { count: shared.count, runs: shared.runs.map(({ start, end, who, count }) => ({
      from: hex(start), bytes: end - start, spaces: count,
      who: who.map(({ space, rights }) => ({ space, rights: showRights(rights) })) })) },
    interrupts: {
      ...table, address: hex(address),
      entries: interrupts.entries.map(entry => ({ ...entry,
        descriptor: entry.descriptor === null ? null : hex(entry.descriptor) })),
    },
    alarms, ...more,
  }
  yield `\n  ],\n${JSON.stringify(rest, null, 2).slice(2)}\n`
}

/** What it reaches follows from its ranges. */
const leftOut = (key: string, value: unknown): unknown => key === 'reach' ? undefined : value
function* spaceJson({ ranges, ...about }: SpaceRow, before: string): Generator<string> {
  yield `${before}    ${JSON.stringify(about, leftOut).slice(0, -1)},"ranges":[`
  let piece = ''
  for (let i = 0; i < ranges.length; i++) {
    piece += `${i === 0 ? '' : ','}\n      ${JSON.stringify(rangeOf(ranges.at(i)))}`
    if (piece.length < 1 << 20) continue
    yield piece
    piece = ''
  }
  yield `${piece}${ranges.length === 0 ? '' : '\n    '}]}`
}
