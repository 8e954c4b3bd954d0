/** The memories that searches take: reserved as large as is allowed, for what is not used costs nothing, and kept for
 *  the next. */
import { largestMemory, pageBytes } from './wasm/memory.ts'
import type { Plan } from './wasm/memory.ts'

const smallMemory = 1 << 20
/** Emptied memories of earlier searches: to reserve address space anew for each of hundreds takes longer than the
 *  searches. */
const spare: WebAssembly.Memory[] = []

/** A memory of so many bytes, or of less where the system does not give that much; more only where the smallest plan
 *  takes it: then it is `starved`.
 *  Null when not even that is to be had. */
export function reserve(maxMemory: number,
  planOf: (bytes: number) => Plan | null): { plan: Plan; memory: WebAssembly.Memory; starved: boolean } | null {
  const asked = Math.min(maxMemory, largestMemory)
  const given = reserveUpTo(asked, planOf)
  if (given !== null) return { ...given, starved: false }
  for (let more = Math.max(asked, smallMemory); more <= largestMemory; more *= 2) {
    const made = reserveUpTo(more, planOf)
    if (made !== null) return { ...made, starved: true }
  }
  return null
}

function reserveUpTo(bytes: number,
  planOf: (bytes: number) => Plan | null): { plan: Plan; memory: WebAssembly.Memory } | null {
  for (let size = bytes; ; size /= 2) {
    const plan = planOf(size)
    if (plan === null) return null
    const kept = spare.findIndex(memory => memory.buffer.byteLength === plan.pages * pageBytes)
    if (kept >= 0) return { plan, memory: spare.splice(kept, 1)[0]! }
    try {
      return { plan, memory: new WebAssembly.Memory({ initial: plan.pages, maximum: plan.pages, shared: true }) }
    } catch (error) { if (!(error instanceof RangeError)) throw error }
  }
}

/** A memory that is all zero again. */
export function giveBack(memory: WebAssembly.Memory): void { spare.push(memory) }
