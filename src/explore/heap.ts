/** A binary heap of numbers by their keys, least first. */
export class Heap {
  private readonly items: { readonly key: number; readonly value: number }[] = []
  push(key: number, value: number): void {
    const { items } = this
    let at = items.push({ key, value }) - 1
    for (let up = at - 1 >> 1; at > 0 && items[up]!.key > key; up = at - 1 >> 1) {
      [items[at], items[up]] = [items[up]!, items[at]!]
      at = up
    }
  }
  pop(): { readonly key: number; readonly value: number } | null {
    const { items } = this
    const top = items[0], last = items.pop()
    if (top === undefined || last === undefined) return null
    if (items.length === 0) return top
    items[0] = last
    for (let at = 0; ;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < items.length && items[child]!.key < items[least]!.key) least = child
      if (least === at) return top
      ;[items[at], items[least]] = [items[least]!, items[at]!]
      at = least
    }
  }
}
