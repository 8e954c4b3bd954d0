/** The flags of `cost --timed`: a random workload, within what the machine can have and what ends. */
import { usage } from '../errors.ts'
import type { Workload } from '../report/timed.ts'
import { load } from '../../spec/costs/index.ts'

interface Range { readonly usual: number; readonly least: number; readonly most: number; readonly says: string }
/** A gap of 0 would let an agent choose for ever at one moment. */
const ranges = {
  seed: { usual: 1, least: 0, most: 2 ** 31 - 1, says: 'of the workload' },
  steps: { usual: 50_000, least: 1, most: 10_000_000, says: 'steps of all agents together' },
  cpus: { usual: 2, least: 1, most: 2, says: 'CPUs that call and take interrupts' },
  queue: { usual: 3, least: 1, most: 6, says: 'descriptors that the invalidation queue holds' },
  gap: { usual: 5000, least: 100, most: 100_000_000, says: 'cycles from one choice of an agent to its next' },
  iotlb: { usual: load.iotlb_entries, least: 1, most: 65_536, says: 'entries of the IOTLB' },
  window: { usual: 256, least: 1, most: 1_000_000, says: 'pages of 4 KiB that a device reads at random' },
  depth: { usual: 8, least: 1, most: 256, says: 'requests that a device has under way' },
} as const satisfies Readonly<Record<string, Range>>
type Name = keyof typeof ranges
const names = Object.keys(ranges) as readonly Name[]

export const workloadOptions = Object.fromEntries(names.map(name => [name,
  { value: 'N', says: `of --timed: ${ranges[name].says} (${ranges[name].usual})` }])) as
  { readonly [N in Name]: { readonly value: string; readonly says: string } }

const sizes = { '4k': 4096, '2m': 2 ** 21, '1g': 2 ** 30 } as const
/** @throws UserError for a size of pages that there is not. */
export function pageBytes(size = '4k'): number {
  if (!Object.hasOwn(sizes, size))
    throw usage('--pages', `no pages of '${size}'`, `there are ${Object.keys(sizes).join(', ')}`)
  return sizes[size as keyof typeof sizes]
}

/** @throws UserError for what is no whole number, or outside of its range. */
export function workloadOf(flags: { readonly [N in Name]?: string } & { readonly pages?: string }): Workload {
  const of = (name: Name): number => {
    const text = flags[name], { usual, least, most } = ranges[name]
    if (text === undefined) return usual
    const value = /^\d+$/.test(text) ? Number(text) : NaN
    if (!(value >= least && value <= most))
      throw usage(`--${name}`, `'${text}' is no whole number from ${least} to ${most}`,
        `for example --${name} ${usual}`)
    return value
  }
  return { seed: of('seed'), steps: of('steps'), cpus: of('cpus'), queue: of('queue'), gap: of('gap'),
    iotlb_entries: of('iotlb'), pages: of('window'), depth: of('depth'), page_bytes: pageBytes(flags.pages) }
}
