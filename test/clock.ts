/** Time in tests is counted, never taken: what waits for a clock or a signal gets one that goes on by one at each
 *  look. */
import { vi } from 'vitest'

/** `work` under a clock that shows `step_ms` more at each look. */
export async function onCountedClock<T>(step_ms: number, work: () => Promise<T>): Promise<T> {
  let now_ms = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now_ms += step_ms)
  try { return await work() } finally { clock.mockRestore() }
}

/** A signal that is aborted once it has been looked at so many times. `first` is done just before. */
export function abortedAfter(looks: number, first?: () => void): AbortSignal {
  let looked = 0
  return {
    get aborted() {
      if (++looked === looks + 1) first?.()
      return looked > looks
    },
  } as AbortSignal
}
