/** Counting: folds cost events into how many of each unit each path took. Integers, no clock. */
import type { ModelEvent } from '../model/index.ts'

/** Unit -> how many. */
export type Counts = Readonly<Record<string, number>>
/** Path -> counts. */
export type PathCounts = Readonly<Record<string, Counts>>

/** The closed list of units and the known paths, each with its meaning; their order is the order of reports. */
export interface Vocabulary {
  readonly units: Readonly<Record<string, string>>
  readonly paths: Readonly<Record<string, string>>
}

/** A cost that cannot be counted or priced as asked; the message names the subject and what to do. */
export class CostError extends Error { override readonly name = 'CostError' }

/** Sums the cost events by path and unit, both in the vocabulary's order; other paths follow by name. Other kinds of
 *  event are skipped.
 *  @throws CostError for a unit outside the vocabulary, or a count that is not a whole positive number. */
export function countCosts(events: Iterable<ModelEvent<unknown>>, vocabulary: Vocabulary): PathCounts {
  const counted: Record<string, Record<string, number>> = Object.create(null)
  for (const event of events) {
    if (event.kind !== 'cost') continue
    const { path, unit, count } = event
    if (!Object.hasOwn(vocabulary.units, unit))
      throw new CostError(`path '${path}' counts the unit '${unit}', which is not in the vocabulary: mend the step, `
        + 'or add the unit there')
    if (!Number.isSafeInteger(count) || count <= 0)
      throw new CostError(`path '${path}' counts ${count} of '${unit}': a count is a whole number above 0`)
    const counts = counted[path] ??= Object.create(null) as Record<string, number>
    counts[unit] = (counts[unit] ?? 0) + count
  }
  return inOrder(Object.keys(vocabulary.paths), counted,
    counts => inOrder(Object.keys(vocabulary.units), counts, n => n))
}

/** The record with its keys in the given order, the rest by name. */
function inOrder<T, R>(order: readonly string[], record: Readonly<Record<string, T>>,
  then: (value: T) => R): Record<string, R> {
  const rest = Object.keys(record).filter(key => !order.includes(key)).sort()
  return Object.fromEntries([...order, ...rest].filter(key => key in record).map(key => [key, then(record[key]!)]))
}
