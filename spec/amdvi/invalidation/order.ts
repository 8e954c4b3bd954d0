/** In which order commands end (AMD 48882 rev 3.05, 2.4). */

/** `fence`: a COMPLETION_WAIT with F=1. */
export interface Ordered { readonly isWait: boolean; readonly fence: boolean }

/** Whether the command at `slot` may end while those before it have not. A wait never may. What else may is weakly
 *  known: on a unit that is `ordered` nothing may; on another, all that no fence comes before.
 *  @param at what has not ended, 0 the oldest. */
export function mayEnd(at: (slot: number) => Ordered, slot: number, ordered: boolean): boolean {
  if (slot === 0) return true
  if (ordered || at(slot).isWait) return false
  for (let i = 0; i < slot; i++) if (at(i).fence) return false
  return true
}
