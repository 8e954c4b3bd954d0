/** The namings under which one state has to be asked: of ids that can trade their names unnoticed, one order stands for
 *  all. */
import type { Names } from './renaming.ts'
import { factorial } from './symmetry.ts'
import type { Group } from './symmetry.ts'

/** A group whose ids fall into classes: `classes[id]` is the least id that `id` can trade its name with unnoticed. */
export interface Classed extends Group { readonly classes: readonly number[] }

/** How many orders of the ids differ by more than unnoticed trades. */
export function ordersOf({ size, classes }: Classed): number {
  return [...new Set(classes)].reduce((orders, one) =>
    orders / factorial(classes.filter(other => other === one).length), factorial(size))
}

/** The names that differ by more than unnoticed trades: those that the ids have first. */
function orders({ size, classes }: Classed): (readonly number[])[] {
  const all: number[][] = []
  const names: number[] = []
  // To each name goes the next id of some class.
  const give = (name: number): void => {
    if (name === size) { all.push([...names]); return }
    for (const one of new Set(classes)) {
      const id = classes.findIndex((of, i) => of === one && names[i] === undefined)
      if (id < 0) continue
      names[id] = name
      give(name + 1)
      delete names[id]
    }
  }
  give(0)
  return [all.find(isSame)!, ...all.filter(names => !isSame(names))]
}
const isSame = (names: readonly number[]): boolean => names.every((name, id) => name === id)

/** A naming, and the group whose names were changed last: with its own names the naming came before. Null: none is
 *  changed. */
export interface Naming { readonly names: Names; readonly changed: string | null }

/** All that differ by more than unnoticed trades. */
export function namings(groups: readonly Classed[]): Iterable<Naming> {
  const all = groups.map(group => ({ name: group.name, orders: orders(group) }))
  const after = function* (names: readonly (readonly [string, readonly number[]])[],
    changed: string | null): Generator<Naming> {
    const group = all[names.length]
    if (group === undefined) { yield { names: new Map(names), changed }; return }
    for (const own of group.orders) yield* after([...names, [group.name, own]], isSame(own) ? changed : group.name)
  }
  return after([], null)
}

/** Two ids in each other's place. */
export function trade({ name, size }: Group, one: number, other: number): Names {
  const ids = Array.from({ length: size }, (_, id) => id)
  ids[one] = other
  ids[other] = one
  return new Map([[name, ids]])
}
