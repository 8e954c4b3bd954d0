/** What the comparison answers to the question of 2011: sentences made from its numbers. Which designs they are about
 *  follows from what designs are (drivers in the kernel or not, IOMMU or not, how they map), never from names. */
import { composeCounts } from '../cost/index.ts'
import type { PathCounts } from '../cost/index.ts'
import type { Broken, ComparedDesign, GroupVerdict, Priced, Sentence, WeakPoint } from '../report/compare.ts'
import { thousands } from '../text/count.ts'
import { countsOfPacket, load, settledBy } from '../../spec/costs/index.ts'
import type { Profile } from '../../spec/costs/index.ts'
import { usual_bytes } from './throughput.ts'

/** Costs nearer than this are alike. */
const alike_percent = 10

const round = (value: number): string => thousands(Math.round(value))
const holds = ({ standing }: GroupVerdict): boolean => standing === 'holds'
const breaks = ({ isolation, interrupts, progress }: ComparedDesign): readonly Broken[] =>
  [isolation, interrupts, progress].flatMap(({ broken }) => broken)
const groups = ['isolation', 'interrupts', 'progress'] as const
/** What its verdicts are, with what was not asked and what was not decided. */
function standingOf(one: ComparedDesign): string {
  const broken = breaks(one), of = (standing: GroupVerdict['standing']): string =>
    groups.filter(group => one[group].standing === standing).join(' and ')
  const open = of('open'), none = of('none')
  const kept = open === '' ? `it keeps every claim${none === '' ? '' : ' asked of it'}`
    : `of ${open} not all is decided`
  const namesOf = (isKnown: boolean): string =>
    broken.flatMap(({ property, known }) => known === isKnown ? property : []).join(', ')
  const givenUp = namesOf(true), wrong = namesOf(false)
  const lacks = [wrong === '' ? '' : `breaks ${wrong}`, givenUp === '' ? '' : `gives up ${givenUp}`]
    .filter(text => text !== '').join(' and ')
  return (lacks === '' ? kept : `it ${lacks}`)
    + (none === '' ? '' : `, and is not asked about ${none}`)
}

const shown = (what: string, { cycles: { min, typ, max }, assumed_range }: Priced): string =>
  `${what} ${round(typ)} (${round(min)}..${round(max)}) cycles`
  + (assumed_range.min === assumed_range.max ? '' : `, ${round(assumed_range.min)}..${round(assumed_range.max)} by `
    + 'assumptions alone')
const packetOf = (one: ComparedDesign): string => shown(`packet of ${one.design}`, one.packet)
/** The first in order that is as cheap as the cheapest, but for what prices are not known to. */
function cheapest(some: readonly ComparedDesign[]): ComparedDesign | null {
  const least = Math.min(...some.map(typ))
  return some.find(one => typ(one) <= least * (1 + alike_percent / 100)) ?? null
}
const typ = ({ packet }: ComparedDesign): number => packet.cycles.typ
const isAlike = (one: ComparedDesign, other: ComparedDesign): boolean =>
  typ(one) <= typ(other) * (1 + alike_percent / 100)
const leastBy = (some: readonly ComparedDesign[], of: (one: ComparedDesign) => number): ComparedDesign | undefined =>
  some.toSorted((a, b) => of(a) - of(b))[0]
/** How many cycles the one takes of those of the other. */
function against(one: number, other: number): string {
  const percent = 100 * (one - other) / other
  if (Math.abs(percent) <= alike_percent) return `as many, within ${Math.ceil(Math.abs(percent))} %`
  return one > other ? `${(one / other).toFixed(1)} times as many` : `${Math.round(100 * one / other)} % of them`
}

export function answerOf(designs: readonly ComparedDesign[], profile: Profile): readonly Sentence[] {
  const bare = cheapest(designs.filter(one => !one.remapsDma && one.inKernel))
  const kernels = designs.filter(one => one.remapsDma && !one.userDrivers)
  const ring0 = cheapest(kernels.filter(one =>
    one.inKernel && one.unmaps === 'each' && holds(one.isolation) && breaks(one).length === 0))
  const users = designs.filter(one => one.remapsDma && one.userDrivers)
  const mapping = cheapest(users.filter(one => one.unmaps === 'each' && holds(one.isolation)))
  const keeping = cheapest(users.filter(one => one.unmaps === 'never'))
  const batching = kernels.filter(one => one.unmaps === 'batched')
  return [
    ...matchSentences(bare, ring0, mapping, keeping), ...batchSentence(ring0, batching),
    ...saturationSentence(ring0, keeping), ...latencySentence(designs, profile), ...migrationSentences(designs),
  ]
}

/** The cheapest kernel that collects unmaps, and the cheapest of those that isolate. */
function batchSentence(ring0: ComparedDesign | null, batching: readonly ComparedDesign[]): readonly Sentence[] {
  const some = [...new Set([cheapest(batching), cheapest(batching.filter(one => holds(one.isolation)))])]
    .flatMap(one => one ?? [])
  if (ring0 === null || some.length === 0) return []
  return [{
    says: `The invalidation that each unmap waits for is ${round(ring0.packet.serial.typ)} of the ${round(typ(ring0))} `
      + `cycles of a packet in ${ring0.design}. Where unmaps are collected for a flush, a packet takes `
      + `${some.map(one => `${round(typ(one))} in ${one.design}, ${against(typ(one), typ(ring0))} `
        + `(${standingOf(one)})`).join('; ')}.`,
    rests: [packetOf(ring0), ...some.map(packetOf), `${load.flush_every} unmaps share a flush (Linux)`],
  }]
}

function matchSentences(bare: ComparedDesign | null, ring0: ComparedDesign | null, mapping: ComparedDesign | null,
  keeping: ComparedDesign | null): readonly Sentence[] {
  return [
    ...keeping === null || bare === null ? [] : [{
      says: `${isAlike(keeping, bare) ? 'Yes' : 'Nearly'}: userland drivers match ring 0 where their memory stays `
        + `mapped. A packet takes ${round(typ(keeping))} cycles in ${keeping.design}, and ${round(typ(bare))} in `
        + `${bare.design}, a kernel driver without an IOMMU: ${against(typ(keeping), typ(bare))}. Of `
        + `${keeping.design}: ${standingOf(keeping)}.`,
      rests: [packetOf(keeping), packetOf(bare),
        `${round(load.work_cycles)} cycles of a packet are stack and driver (rIOMMU)`,
        'a DMA that hits the IOTLB costs nothing (pcie-bench)'],
    }],
    ...mapping === null || ring0 === null ? [] : [{
      says: `${isAlike(mapping, ring0) ? 'Also' : 'Not'} where each packet is mapped and unmapped: `
        + `${round(typ(mapping))} cycles in ${mapping.design}, ${round(typ(ring0))} in ${ring0.design}, a kernel that `
        + `does so: ${against(typ(mapping), typ(ring0))}. Of ${mapping.design}: ${standingOf(mapping)}. Of `
        + `${ring0.design}: ${standingOf(ring0)}.`,
      rests: [packetOf(mapping), packetOf(ring0),
        `${load.mappings} buffers of a packet, each mapped by itself (rIOMMU)`],
    }],
    ...ring0 === null || bare === null ? [] : [{
      says: `Isolation ${isAlike(ring0, bare) ? 'hardly costs ring 0' : 'costs ring 0 too'}: a packet takes `
        + `${round(typ(ring0))} cycles in ${ring0.design}, and ${round(typ(bare))} in ${bare.design}: `
        + `${against(typ(ring0), typ(bare))}.`,
      rests: [packetOf(ring0), packetOf(bare)],
    }],
  ]
}

function saturationSentence(ring0: ComparedDesign | null, keeping: ComparedDesign | null): readonly Sentence[] {
  if (ring0 === null || keeping === null) return []
  const says = ({ design, throughput: { gbps, cores, binds } }: ComparedDesign): string =>
    `${design} reaches ${gbps.toFixed(1)} Gb/s with ${cores} ${cores === 1 ? 'core' : 'cores'}, where `
    + ({ CPU: 'the CPUs bind', invalidation: 'invalidations bind, one at a time', walkers: 'the walkers bind',
      link: 'the link binds' })[binds]
  return [{ says: `On a link of ${ring0.throughput.link_gbps} Gb/s with packets of ${usual_bytes} bytes, `
    + `${says(ring0)}; ${says(keeping)}.`,
  rests: [packetOf(ring0), packetOf(keeping),
    `${load.walkers} walkers of ${load.walk_ns} ns, an IOTLB of ${load.iotlb_entries} entries (pcie-bench)`] }]
}

/** A remapped interrupt beside a plain one, with drivers in the kernel both. */
function latencySentence(designs: readonly ComparedDesign[], profile: Profile): readonly Sentence[] {
  const some = designs.filter(one => one.interrupt !== null && one.inKernel)
  const of = ({ interrupt }: ComparedDesign): number => interrupt!.cycles.typ
  const remapped = leastBy(some.filter(one => one.remapsInterrupts), of)
  const plain = leastBy(some.filter(one => !one.remapsInterrupts), of)
  const { 'remap-entry-fetch': fetch, 'remap-entry-hit': hit } = profile.units
  if (remapped === undefined || plain === undefined || fetch === undefined || 'within' in fetch) return []
  const more = of(remapped) - of(plain), cached = hit === undefined || 'within' in hit ? null : hit.typ
  const isFetch = Math.abs(more - fetch.typ) < 1
  return [{
    says: `${more >= 0 ? 'No' : 'Yes'}: interrupt remapping ${more >= 0 ? 'does not cut' : 'cuts'} latency. An `
      + `interrupt takes ${round(of(remapped))} cycles in ${remapped.design} and ${round(of(plain))} in `
      + `${plain.design}. The difference, ${round(more)}, is ${isFetch ? '' : 'not '}the fetch of the entry`
      + (isFetch ? '' : ' alone')
      + (isFetch && cached !== null ? `; with the entry cached it is ${cached === 0 ? 'none' : round(cached)}.` : '.'),
    rests: [shown(`interrupt of ${remapped.design}`, remapped.interrupt!),
      shown(`interrupt of ${plain.design}`, plain.interrupt!),
      `fetch of an entry ${round(fetch.typ)} (${round(fetch.min)}..${round(fetch.max)}) cycles, `
        + (fetch.assumption === true ? 'assumed: nothing published compares a remapped with a plain interrupt'
          : 'of this profile')],
  }]
}

/** Moves by a remapping entry beside moves by writing to the source. */
function migrationSentences(designs: readonly ComparedDesign[]): readonly Sentence[] {
  const some = designs.filter(one => one.migration !== null)
  const of = ({ migration }: ComparedDesign): number => migration!.cycles.typ
  const clean = leastBy(some.filter(one => one.remapsInterrupts && holds(one.interrupts)), of)
  if (clean === undefined) return []
  const loses = ({ interrupts }: ComparedDesign): boolean =>
    interrupts.broken.some(({ property }) => property === 'no-lost-edge')
  const isJudged = ({ interrupts: { standing } }: ComparedDesign): boolean =>
    standing === 'holds' || standing === 'violated'
  const plain = some.filter(one => !one.remapsInterrupts && isJudged(one)), losing = plain.filter(loses)
  const slow = leastBy(plain.filter(one => !loses(one)), of)
  const waits = [clean, slow].flatMap(one => {
    const cycles = one?.wait?.cycles ?? null
    return cycles === null ? [] : [`longest wait of an edge in ${one!.design} ${round(cycles)} cycles`]
  })
  return [{
    says: (losing.length === 0 ? 'No design here loses an edge when an interrupt moves. '
      : 'Yes: it saves edges when an interrupt moves. ')
      + `${clean.design} moves one in ${round(of(clean))} cycles and loses none, whatever comes between its steps`
      + (slow === undefined ? '.' : `; ${slow.design}, which writes to the source, takes ${round(of(slow))} and loses `
        + 'none either.')
      + (losing.length === 0 ? ''
        : ` ${losing.map(one => one.design).join(', ')}, which ${losing.length === 1 ? 'writes to the source, loses'
          : 'write to the source too, lose'} edges.`),
    rests: [shown(`migration of ${clean.design}`, clean.migration!),
      ...slow === undefined ? [] : [shown(`migration of ${slow.design}`, slow.migration!)], ...waits,
      ...losing.flatMap(({ design, interrupts }) => interrupts.broken.filter(one => one.property === 'no-lost-edge')
        .map(({ ops, at }) => `${design} loses an edge in ${ops} steps: ${at}`))],
  }]
}

/** Assumed prices that weigh a twentieth of some packet, interrupt or migration. */
export function weakPointsOf(all: readonly PathCounts[], profile: Profile): readonly WeakPoint[] {
  const weight = new Map<string, number>()
  for (const counts of all)
    for (const [units, besides] of [[countsOfPacket(counts, usual_bytes), load.work_cycles],
      [counts['irq-deliver'] ?? {}, 0], [counts['irq-migrate'] ?? {}, 0]] as const) {
      const whole = besides + composeCounts('', units, 1, profile).typ
      for (const [unit, n] of Object.entries(units)) {
        const price = profile.units[unit]!
        if ('within' in price || price.assumption !== true) continue
        weight.set(unit, Math.max(weight.get(unit) ?? 0, 100 * n * price.typ / Math.max(1, whole)))
      }
    }
  const heavy = [...weight].filter(([, percent]) => percent >= 5).sort(([, a], [, b]) => b - a)
  const found = heavy.map(([unit, percent]) => {
    const price = profile.units[unit] as { readonly min: number; readonly typ: number; readonly max: number }
    return { unit, settledBy: settledBy(unit),
      weighs: `${round(price.typ)} (${round(price.min)}..${round(price.max)}) cycles, up to `
        + `${Math.round(percent)} % of a packet, an interrupt or a migration` }
  })
  return [...found, { unit: 'load', settledBy: 'the counters of a driver under the load that is meant',
    weighs: `one interrupt for ${load.batch} packets, ${load.buffers} buffers of a ring that stays mapped: assumed; `
      + 'stack, driver, walkers and IOTLB are those of the machines that rIOMMU and pcie-bench measured, '
      + 'whatever the profile' }]
}
