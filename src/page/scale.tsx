/** A scale of powers of ten, its axis, and spreads on it. */
import type { JSX } from 'preact'

export interface Scale {
  /** Where the value lies, in percent. */
  readonly at: (value: number) => number
  /** Powers of ten, from one end to the other. */
  readonly ticks: readonly number[]
}
/** Of values above 0. */
export function scaleOf(values: readonly number[]): Scale {
  const from = Math.floor(Math.log10(Math.min(...values))), to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(
    ...values))))
  return {
    at: value => 100 * (Math.min(Math.max(Math.log10(value), from), to) - from) / (to - from),
    ticks: Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i)),
  }
}

/** The last row of a list of bars. `unit`: what the numbers are, and that the scale is one of powers of ten. */
export const Axis = ({ scale: { at, ticks }, unit, text = String }: { readonly scale: Scale; readonly unit: string
  readonly text?: (value: number) => string }): JSX.Element => (
  <li class="ticks" aria-hidden="true">
    <div>{ticks.map(value => <span style={{ left: `${at(value)}%` }}>{text(value)}</span>)}</div>
    <p>{unit}</p>
  </li>
)

/** A box from `from` to `to`, a line on to `most`, a mark at `from`. */
export const Spread = ({ scale: { at, ticks }, from, to, most, says }: { readonly scale: Scale; readonly from: number
  readonly to: number; readonly most: number; readonly says: string }): JSX.Element => (
  <div class="bar log" role="img" aria-label={says} title={says} style={{ '--decades': ticks.length - 1 }}>
    <i class="spread" style={{ left: `${at(from)}%`, width: `${Math.max(0.4, at(to) - at(from))}%` }} />
    <i class="whisker" style={{ left: `${at(to)}%`, width: `${at(most) - at(to)}%` }} />
    <i class="mark" style={{ left: `${at(from)}%` }} />
  </div>
)
