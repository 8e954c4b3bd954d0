/** `cost` as a page: a stacked bar for each path of each design. */
import type { Body } from '../../page/data.ts'
import type { CostBar, CostData } from '../../page/reports.ts'
import { paths, units } from '../../../spec/costs/units.ts'
import type { Unit } from '../../../spec/costs/units.ts'
import { findingsOf } from '../findings/index.ts'
import type { ReportOf } from '../report.ts'
import type { View } from '../view.ts'

/** Kinds of work, each with a colour; units that are in none are `others`. */
export const families: Readonly<Record<string, readonly Unit[]>> = {
  'frames and addresses': ['iova-alloc', 'iova-free', 'frame-alloc', 'frame-free', 'buffer-copy'],
  'tables': ['pte-store', 'pte-clear', 'table-alloc', 'table-free', 'device-entry-store', 'remap-entry-store',
    'cache-line-writeback', 'write-buffer-flush', 'lock'],
  'ordering an invalidation': ['queue-entry', 'queue-tail-write', 'deferred-enqueue'],
  'waiting for it': ['queue-wait'],
  'hardware': ['iotlb-invalidate', 'device-entry-invalidate', 'remap-entry-invalidate', 'iotlb-hit', 'walk-level',
    'device-entry-fetch', 'remap-entry-fetch', 'remap-entry-hit', 'msi-message', 'interrupt-post', 'lapic-accept'],
  'interrupts': ['irq-entry', 'handler', 'eoi', 'irq-to-user', 'ipi'],
  'other processes and guests': ['ipc-call', 'ipc-reply', 'ipc-notify', 'syscall', 'vm-exit'],
  'registers of devices': ['port-io', 'mmio-write', 'mmio-read', 'config-write'],
}

export function costBody(report: ReportOf<'cost'>, view: View): Body {
  const { profile: { id, title, clock_ghz, notes }, paths: priced, footnotes } = report.costs
  const used = new Set(priced.flatMap(({ designs }) => designs.flatMap(({ cost }) => cost.rows.map(row => row.unit))))
  return { kind: 'cost', cost: {
    profile: id, title, clock_ghz, notes,
    families, units: Object.fromEntries(Object.entries(units).filter(([unit]) => used.has(unit))),
    paths: priced.map(({ path, designs }) => ({ path, bars: barsOf(designs),
      says: (paths as Readonly<Record<string, string>>)[path] ?? '' })),
    sources: footnotes.map(({ source, status, units: of }) => ({ source, status: status.join(', '), units: of })),
    budgets: findingsOf(report, view),
  } satisfies CostData }
}

type OfPath = ReportOf<'cost'>['costs']['paths'][number]['designs']
/** Designs that cost the very same share a bar; the cheapest first. */
function barsOf(designs: OfPath): readonly CostBar[] {
  const groups = new Map<string, CostBar>()
  for (const { design, cost: { cycles, rows } } of designs) {
    const parts = rows.map(({ unit, count, cycles: { typ }, assumption, within }) =>
      ({ unit, count, cycles: typ, assumption, within }))
    const key = JSON.stringify([cycles, parts]), before = groups.get(key)
    groups.set(key, { ...cycles, rows: parts, designs: [...before?.designs ?? [], design] })
  }
  return [...groups.values()].toSorted((a, b) => a.typ - b.typ)
}
