/** Mappings, time and answers of a kernel log beside a QEMU log: each helps to know the others. */
import type { KernelEvent } from '../event.ts'
import type { Trail } from '../replay/trail.ts'
import { close, momentsOf, narrowByClock, openBrackets } from './brackets.ts'
import type { Bracket, Ends } from './brackets.ts'
import { claimByJoin, claimByOrder, claimByTime, mayAnswer } from './claims.ts'
import type { Claims } from './claims.ts'
import { align } from './clock.ts'
import type { Alignment, Bound } from './clock.ts'
import type { Commands } from './commands.ts'
import type { Fetches } from './fetches.ts'
import { narrowByJoin } from './join.ts'
import type { Joined } from './join.ts'
import { findMappings } from './mappings.ts'
import type { Unmapped } from './mappings.ts'

export interface Logs {
  readonly events: readonly KernelEvent[]
  readonly trail: Trail
  readonly fetches: Fetches
  readonly commands: Commands
  readonly ends: Ends | null
  /** Null where the kernel's log has no descriptors, or others. */
  readonly joined: Joined | null
}
/** What is known of the unmaps, each list in their order. */
export interface Known {
  readonly unmaps: readonly Unmapped[]
  readonly brackets: readonly Bracket[]
  /** Of all events. */
  readonly all: readonly Bracket[]
  readonly claims: Claims
  readonly alignment: Alignment | null
}

/** A second round starts from the facts of the first. A third found nothing more in any recorded boot. */
const rounds = 2

export function solve(logs: Logs): Known {
  const unmaps = findMappings(logs.events, logs.fetches, { named: new Map(), brackets: [], areNarrow: false })
  let known: Known = { unmaps, brackets: [], all: [], claims: new Map(), alignment: null }
  for (let round = 0; round < rounds; round++) known = nextRound(known, logs)
  return known
}

function nextRound({ unmaps, claims: last }: Known, logs: Logs): Known {
  const { events, trail, fetches, commands, ends, joined } = logs
  const alignment = ends !== null ? alignBy(logs, unmaps, last) ?? alignBy(logs, unmaps, new Map()) : null
  const all = openBrackets(events)
  const brackets = all.filter((_, i) => events[i]!.kind === 'unmap')
  boundByFetches(events, fetches, unmaps, all)
  if (alignment !== null) narrowByClock(all, events, [...momentsOf(trail), ...ends ?? []], alignment)
  if (joined !== null) narrowByJoin(all, events, joined)
  close(all)
  const may = mayAnswer(unmaps, brackets, commands, trail)
  const unjoined = (): Claims | null => alignment === null ? claimByOrder(unmaps, commands, may)
    : claimByTime(unmaps, commands, may, alignment.middle)
  const claims: Claims = (joined === null ? unjoined() : claimByJoin(unmaps, commands, joined)) ?? new Map()
  boundByClaims(claims, unmaps, brackets, trail)
  close(all)
  const named = new Map([...claims].map(([i, { descriptor }]) => [i, descriptor.did]))
  const better = findMappings(events, fetches, { named, brackets: all, areNarrow: joined !== null })
  return { unmaps: better, brackets, all, claims, alignment }
}

/** Above: a fill comes after the map of its page, an answer after its unmap. Below: a fill comes before the unmap. */
function alignBy({ events, fetches, joined }: Logs, unmaps: readonly Unmapped[], claims: Claims): Alignment | null {
  const above: Bound[] = [], below: Bound[] = []
  joined?.submits.forEach(({ time_us }, i) => {
    above.push({ kernel_us: time_us, qemu_us: joined.times_us[i]! + 1 })
    if (i > 0) below.push({ kernel_us: time_us, qemu_us: joined.times_us[i - 1]! - 1 })
  })
  for (const map of events) if (map.kind === 'map')
    for (const { first, maps } of fetches.of(map))
      if (maps === 1) above.push({ kernel_us: map.time_us, qemu_us: first.time_us + 1 })
  for (const [i, { time_us }] of claims) above.push({ kernel_us: unmaps[i]!.event.time_us, qemu_us: time_us + 1 })
  for (const { event, maps, sure } of unmaps) if (sure)
    for (const map of maps) for (const { last, maps: times } of fetches.of(map))
      if (times === 1) below.push({ kernel_us: event.time_us, qemu_us: last.time_us - 1 })
  return align({ above, below }, [events[0]!.time_us, events.at(-1)!.time_us])
}

/** A fill that only one mapping explains comes after its map and, if no other mapping could be meant, before its
 *  unmap. */
function boundByFetches(events: readonly KernelEvent[], fetches: Fetches, unmaps: readonly Unmapped[],
  brackets: readonly Bracket[]): void {
  let next = 0
  events.forEach((event, i) => {
    const bracket = brackets[i]!
    if (event.kind === 'map') {
      for (const { first, maps } of fetches.of(event))
        if (maps === 1) bracket.before = Math.min(bracket.before, first.line)
      return
    }
    const { maps, sure } = unmaps[next++]!
    if (sure) for (const map of maps) for (const { last, maps: times } of fetches.of(map))
      if (times === 1) bracket.after = Math.max(bracket.after, last.line)
  })
}

/** An unmap comes before the invalidation that answers it, and after the fills of what that invalidation took out. */
function boundByClaims(claims: Claims, unmaps: readonly Unmapped[], brackets: readonly Bracket[], trail: Trail): void {
  const byLine = new Map([...claims].map(([i, { line }]) => [line, i]))
  for (const [i, { line }] of claims) brackets[i]!.before = Math.min(brackets[i]!.before, line)
  for (const { until, page, pages, from } of trail.stays) {
    const i = until === null ? undefined : byLine.get(until)
    if (i === undefined) continue
    const { event } = unmaps[i]!
    if (page < event.end && event.page < page + pages) brackets[i]!.after = Math.max(brackets[i]!.after, from.line)
  }
}
