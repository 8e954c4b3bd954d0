/** `compare`: verdicts, prices, waits and throughput of designs, side by side. */
import { pricePath, rateOf, saturation } from '../cost/index.ts'
import type { PathCounts } from '../cost/index.ts'
import type { ComparedDesign, CompareReport, LongestWait, Priced } from '../report/compare.ts'
import type { StoredTrace } from '../trace/store.ts'
import { besideCpu, countsOfPacket, load, mapsEachPacket } from '../../spec/costs/index.ts'
import type { Profile, Unit } from '../../spec/costs/index.ts'
import { iommuOf, iommus } from '../../spec/iommus.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { answerOf, weakPointsOf } from './answer.ts'
import { packetOf } from './packet.ts'
import type { Subject } from './subject.ts'
import { cores, machineOf, usual_bytes } from './throughput.ts'
import { groupVerdict } from './verdicts.ts'
import type { JudgedDesign } from './verdicts.ts'

/** Of the link that designs are compared on: what rIOMMU had. */
const link_gbps = 40

export interface Findings extends Pick<Subject, 'design' | 'path'> {
  readonly counts: PathCounts
  readonly wait: LongestWait | null
}

/** `judged`: by name, of these designs and of those that they share parts with. @throws CostError. */
export function compareDesigns(found: readonly Findings[], judged: ReadonlyMap<string, JudgedDesign>,
  traces: readonly StoredTrace[], profile: Profile): CompareReport {
  const designs = found.map(one => rowOf(one, judged, traces, profile))
  return { profile: profile.id, clock_ghz: profile.clock_ghz, designs, answer: answerOf(designs, profile),
    weak: weakPointsOf(found.map(({ counts }) => counts), profile),
    notes: [...profile.notes, ...foreignNotes(found.map(({ design }) => design), profile)] }
}

/** Designs on another IOMMU than the one whose machines the profile is made for. */
function foreignNotes(designs: readonly Design[], { id }: Profile): readonly string[] {
  const isUsual = iommus.some(({ profile }) => profile === id)
  const foreign = designs.filter(design => isUsual && iommuOf(design).profile !== id)
  return foreign.length === 0 ? [] : [`These prices are of a machine with another IOMMU than that of ${
    foreign.map(({ name }) => name).join(', ')}: ask for it alone, or give --profile ${iommuOf(foreign[0]!).profile}.`]
}

function rowOf({ design, path: file, counts, wait }: Findings, judged: ReadonlyMap<string, JudgedDesign>,
  traces: readonly StoredTrace[], profile: Profile): ComparedDesign {
  const { name, says, userDrivers, remapsDma, remapsInterrupts } = design
  const path = (of: string): Priced | null => {
    const units = counts[of]
    if (units === undefined) return null
    const { cycles, assumed_range } = pricePath(of, units, profile)
    return { cycles, assumed_range }
  }
  const packet = packetOf(counts, usual_bytes, profile, remapsDma), machine = machineOf(profile, link_gbps)
  const { cores: n, rate } = saturation(packet, usual_bytes, cores.at(-1)!, machine)
  return {
    design: name, says, userDrivers, inKernel: !userDrivers && isInKernel(counts), remapsDma, remapsInterrupts,
    unmaps: unmapsOf(counts),
    isolation: groupVerdict({ design, path: file }, 'isolation', judged, traces),
    interrupts: groupVerdict({ design, path: file }, 'interrupts', judged, traces),
    progress: groupVerdict({ design, path: file }, 'progress', judged, traces),
    packet: { cycles: packet.cycles, assumed_range: assumedRange(counts, profile), serial: packet.serial },
    interrupt: path('irq-deliver'), migration: path('irq-migrate'), wait,
    throughput: { one_core_gbps: rateOf(packet, 'typ', usual_bytes, 1, machine).gbps, link_gbps, gbps: rate.gbps,
      cores: n, binds: rate.binds },
  }
}

/** Units of paths that lead out of the kernel, to a driver, a server or a guest. */
const ways = ['syscall', 'ipc-call', 'irq-to-user', 'vm-exit'] as const satisfies readonly Unit[]
const isInKernel = (counts: PathCounts): boolean =>
  !Object.values(counts).some(units => ways.some(unit => Object.hasOwn(units, unit)))

function unmapsOf(counts: PathCounts): ComparedDesign['unmaps'] {
  if (!mapsEachPacket(counts)) return 'never'
  return counts['flush'] === undefined ? 'each' : 'batched'
}

/** Of a packet: what it would be with all assumed prices at their least, and at their greatest. */
function assumedRange(counts: PathCounts, profile: Profile): Priced['assumed_range'] {
  const own = Object.fromEntries(Object.entries(countsOfPacket(counts, usual_bytes))
    .filter(([unit]) => !besideCpu.has(unit as Unit)))
  const { min, max } = pricePath('packet', own, profile).assumed_range
  return { min: load.work_cycles + min, max: load.work_cycles + max }
}
