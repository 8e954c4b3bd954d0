/** Equal content of two small plain values. Guards of fills ask this in every state, so it allocates nothing. */
export function same(a: unknown, c: unknown): boolean {
  if (a === c) return true
  if (typeof a !== 'object' || typeof c !== 'object' || a === null || c === null) return false
  for (const name in a) if (!same((a as Record<string, unknown>)[name], (c as Record<string, unknown>)[name]))
    return false
  return true
}
