/** Which unmap a page-selective invalidation answers: the kernel sends one for each unmap, of the block that holds the
 *  unmapped range. */
import { firstAtLeast } from '../numbers.ts'
import type { IotlbCommand, Stay, Trail } from '../replay/trail.ts'
import type { Bracket } from './brackets.ts'
import type { Joined } from './join.ts'
import { blockOf, blockOfCommand } from './commands.ts'
import type { Commands, Range } from './commands.ts'
import type { Unmapped } from './mappings.ts'

/** Position of an unmap among the unmaps -> the command that answers it. No command answers two. */
export type Claims = ReadonlyMap<number, IotlbCommand>

const pageSelective = (commands: Commands): IotlbCommand[] =>
  commands.all.filter(({ descriptor }) => descriptor.granularity === 'page')

/** Whether a command may be the answer to the i-th unmap. */
export type MayAnswer = (i: number, command: IotlbCommand) => boolean

/** By what is known of both. */
export function mayAnswer(unmaps: readonly Unmapped[], brackets: readonly Bracket[], commands: Commands,
  trail: Trail): MayAnswer {
  const removed = new Map<number, Stay[]>()
  for (const stay of trail.stays) if (stay.until !== null) {
    const there = removed.get(stay.until)
    if (there === undefined) removed.set(stay.until, [stay])
    else there.push(stay)
  }
  return (i, command) => {
    const { event, did, basis } = unmaps[i]!
    const { after, before } = brackets[i]!
    if (after >= command.line || basis === 'only' && did !== command.descriptor.did) return false
    // what it took out was filled before the unmap
    if (removed.get(command.line)?.some(stay => overlaps(stay, event) && stay.from.line >= before)) return false
    // had the domain been flushed in between, that would have been the answer
    const unflushed = (domain: number): boolean => commands.firstFlush(domain, before - 1) > command.line
    return unflushed(command.descriptor.did) && (did === null || unflushed(did))
  }
}
const overlaps = (stay: Stay, { page, end }: Range): boolean => stay.page < end && page < stay.page + stay.pages

/** How many unmaps of the same block are tried on each side. */
const neighbours = 64

/** By time: each command takes the nearest unmap of its block that it may answer. */
export function claimByTime(unmaps: readonly Unmapped[], commands: Commands, may: MayAnswer,
  middle: (kernel_us: number) => number): Claims {
  const byBlock = placesOf(unmaps.map(({ event }) => blockOf(event)))
  const claims = new Map<number, IotlbCommand>()
  const time = (i: number): number => middle(unmaps[i]!.event.time_us)
  for (const command of pageSelective(commands)) {
    const list = byBlock.get(blockOfCommand(command)) ?? []
    const at = firstAtLeast(list.length, k => time(list[k]!), command.time_us)
    const free = (i: number): boolean => !claims.has(i) && may(i, command)
    const near = [list.slice(Math.max(0, at - neighbours), at).findLast(free),
      list.slice(at, at + neighbours).find(free)]
    const distance = (i: number): number => Math.abs(time(i) - command.time_us)
    const best = near.filter(i => i !== undefined).sort((a, b) => distance(a) - distance(b))[0]
    if (best !== undefined) claims.set(best, command)
  }
  return claims
}

/** Unmaps of one CPU that wait for an invalidation of their own. */
const waiting = 64

/** By the descriptors that the kernel recorded: each of pages answers the youngest unmap of its CPU that it covers. */
export function claimByJoin(unmaps: readonly Unmapped[], commands: Commands, { submits, lines }: Joined): Claims {
  const byLine = new Map(pageSelective(commands).map(command => [command.line, command]))
  const open = new Map<number, number[]>()
  const claims = new Map<number, IotlbCommand>()
  let next = 0
  submits.forEach(({ line, cpu }, i) => {
    for (; next < unmaps.length && unmaps[next]!.event.line < line; next++) {
      const own = open.get(unmaps[next]!.event.cpu) ?? []
      own.push(next)
      open.set(unmaps[next]!.event.cpu, own.slice(-waiting))
    }
    const command = byLine.get(lines[i]!)
    const own = open.get(cpu)
    if (command === undefined || own === undefined) return
    const unmap = own.findLast(at => blockHolds(command, unmaps[at]!.event))
    if (unmap === undefined) return
    claims.set(unmap, command)
    own.splice(own.indexOf(unmap), 1)
  })
  return claims
}
const blockHolds = ({ descriptor: { page, addressMask } }: IotlbCommand, range: Range): boolean => {
  const size = 2 ** addressMask, from = page - page % size
  return from <= range.page && range.end <= from + size
}

function placesOf(keys: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  keys.forEach((key, i) => {
    const there = places.get(key)
    if (there === undefined) places.set(key, [i])
    else there.push(i)
  })
  return places
}

/** More pairs of equal blocks than this are not searched: a log that repeats few blocks very often. */
export const pairsLimit = 1_000_000

/** By order: the longest common subsequence of the blocks unmapped and the blocks invalidated, earliest commands first
 *  (Hunt and Szymanski, 1977). Null where the logs are too repetitive for it. */
export function claimByOrder(unmaps: readonly Unmapped[], all: Commands, may: MayAnswer): Claims | null {
  const commands = pageSelective(all)
  const places = placesOf(commands.map(blockOfCommand))
  interface Link { readonly i: number; readonly j: number; readonly before: Link | null }
  const ends: Link[] = [] // ends[n]: the chain of n + 1 pairs that ends at the earliest command
  let pairs = 0
  for (let i = 0; i < unmaps.length; i++) {
    const there = places.get(blockOf(unmaps[i]!.event)) ?? []
    pairs += there.length
    if (pairs > pairsLimit) return null
    for (let k = there.length - 1; k >= 0; k--) {
      const j = there[k]!
      if (!may(i, commands[j]!)) continue
      const n = firstAtLeast(ends.length, at => ends[at]!.j, j)
      if (ends[n]?.j !== j) ends[n] = { i, j, before: n === 0 ? null : ends[n - 1]! }
    }
  }
  const claims = new Map<number, IotlbCommand>()
  for (let link = ends.at(-1) ?? null; link !== null; link = link.before) claims.set(link.i, commands[link.j]!)
  return claims
}
