/** Throughput of each design, for people. */
import type { Part } from '../../cost/index.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import type { ReportOf } from '../report.ts'
import type { ThroughputOfDesign } from '../throughput.ts'
import { shown } from './compose.ts'

const letters: Readonly<Record<Part, string>> = { CPU: ' ', invalidation: 'i', walkers: 'w', link: '=' }

export function throughputText({ throughput: report }: ReportOf<'throughput'>, theme: Theme): string {
  const { profile, link_gbps, page_bytes, load, designs } = report
  const lines = [
    ...wrapWords(`Gb/s by bytes of a packet and cores, on a link of ${link_gbps} Gb/s, profile ${profile}, pages of `
      + `${page_bytes} bytes`, theme.width),
    ...wrapWords(`binds: CPU (nothing), i invalidations, one at a time, w walkers, = link. A packet takes `
      + `${load['work_cycles']} cycles besides, ${load['mappings']} mappings, and an interrupt for `
      + `${load['batch']}`, theme.width),
  ]
  for (const group of alike(designs)) lines.push('', ...designLines(group, theme))
  return `${lines.join('\n')}\n`
}

interface Group extends ThroughputOfDesign { readonly names: readonly string[] }
/** Designs of which the same is true, as one. */
function alike(designs: readonly ThroughputOfDesign[]): Group[] {
  const groups = new Map<string, Group & { readonly names: string[] }>()
  for (const one of designs) {
    const key = JSON.stringify({ ...one, design: '' })
    const first = groups.get(key)
    if (first === undefined) groups.set(key, { ...one, names: [one.design] })
    else first.names.push(one.design)
  }
  return [...groups.values()]
}

function designLines({ names, packet, points, saturation }: Group, theme: Theme): string[] {
  const { cycles: { min, typ, max }, serial, misses, assumed_percent } = packet
  const sizes = [...new Set(points.map(({ bytes }) => bytes))], cores = [...new Set(points.map(one => one.cores))]
  const cell = (bytes: number, n: number): string => {
    const { gbps, binds } = points.find(one => one.bytes === bytes && one.cores === n)!
    return `${shown(gbps)}${letters[binds]}`.padStart(8)
  }
  return [
    ...hang('', 2, wrapWords(names.join(', '), theme.width - 2)).map(line => theme.strong(line)),
    ...hang('  ', 4, wrapWords(`${shown(typ)} (${shown(min)}..${shown(max)}) cycles a packet, `
      + `${shown(serial.typ)} of them one CPU at a time, ${shown(misses)} walks; ${assumed_percent} % assumed`,
    theme.width - 4)),
    `  ${'cores'.padEnd(8)}${cores.map(n => `${n} `.padStart(8)).join('')}`,
    ...sizes.map(bytes => `  ${`${bytes} B`.padEnd(8)}${cores.map(n => cell(bytes, n)).join('')}`),
    ...hang('  ', 4, wrapWords(`saturates, at ${saturation[0]!.bytes} B: ${saturation.map(one =>
      `${one.link_gbps} Gb/s with ${one.cores} ${one.cores === 1 ? 'core' : 'cores'} by ${one.binds}`).join(', ')}`,
    theme.width - 4)),
  ]
}
