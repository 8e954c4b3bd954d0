/** What the profiles are held against: compositions of counts and the published figure each should meet. */
import type { UnitCounts } from './units.ts'

/** `counts` priced by `profile` and divided by `per`, against the figure of that id. */
export interface Comparison {
  readonly figure: string
  readonly profile: string
  readonly counts: UnitCounts
  readonly per?: number
}

const base = 'xeon-2011-2016'
const strict = `${base}-linux34-strict`
const defer = `${base}-linux34-defer`

const map: UnitCounts = { 'iova-alloc': 1, 'pte-store': 1 }
const invalidate: UnitCounts = { 'qi-descriptor': 2, 'qi-tail-write': 1, 'qi-wait': 1 }
const unmap: UnitCounts = { 'pte-clear': 1, ...invalidate, 'iova-free': 1 }
/** One flush for 250 unmaps: figure deferred-flush-watermark. */
const deferred250: UnitCounts = { 'pte-clear': 250, 'deferred-enqueue': 250, ...invalidate, 'iova-free': 250 }
const miss: UnitCounts = { 'walk-level': 2 }

/** The prices were fitted to these; a composition must stay within this share of the figure. */
export const calibrationTolerance_percent = 3
export const calibration: readonly Comparison[] = [
  { figure: 'map-total-strict', profile: strict, counts: map },
  { figure: 'unmap-total-strict', profile: strict, counts: unmap },
  { figure: 'map-total-strict-plus', profile: base, counts: map },
  { figure: 'unmap-total-strict-plus', profile: base, counts: unmap },
  { figure: 'map-total-defer', profile: defer, counts: map },
  { figure: 'unmap-total-defer', profile: defer, counts: deferred250, per: 250 },
  { figure: 'map-total-defer-plus', profile: base, counts: map },
  { figure: 'unmap-total-defer-plus', profile: base, counts: deferred250, per: 250 },
  { figure: 'unmap-iotlb-inv-strict', profile: base, counts: invalidate },
  { figure: 'iotlb-miss-penalty-bdw', profile: base, counts: miss },
  { figure: 'irq-total-remapped-msi', profile: base, counts: { 'irq-entry': 1, 'handler': 1, 'eoi': 1 } },
  { figure: 'sel4-irq-switch-pc99-64-noksw-skylake', profile: base, counts: { 'irq-entry': 1, 'irq-to-user': 1 } },
]

/** Nothing was fitted to these: how far off the prices are is part of the report, not a test. */
export const openValidation: readonly Comparison[] = [
  { figure: 'intel-map-sg-1page-before', profile: strict, counts: map },
  { figure: 'intel-map-sg-1page-after', profile: strict, counts: map },
  { figure: 'iotlb-miss-penalty-hsw2637', profile: base, counts: miss },
  { figure: 'iotlb-miss-penalty-hswe3', profile: base, counts: miss },
  { figure: 'port-io-isa-howto', profile: base, counts: { 'port-io': 1 } },
  { figure: 'sel4-website/i7-6700-irq', profile: base, counts: { 'irq-entry': 1, 'irq-to-user': 1 } },
  { figure: 'sel4-website/i7-6700-call', profile: base, counts: { 'ipc-call': 1 } },
  { figure: 'sel4-website/i7-6700-reply', profile: base, counts: { 'ipc-reply': 1 } },
  { figure: 'sel4-website/i7-6700-notify', profile: base, counts: { 'ipc-notify': 1 } },
  { figure: 'preemption-mechanisms-shinjuku/ipi-send', profile: base, counts: { 'ipi': 1 } },
  { figure: 'preemption-mechanisms-shinjuku/ipi-total', profile: base,
    counts: { 'ipi': 1, 'lapic-accept': 1, 'irq-entry': 1, 'eoi': 1 } },
  { figure: 'preemption-mechanisms-skyloft/ipi-send', profile: base, counts: { 'ipi': 1 } },
]
