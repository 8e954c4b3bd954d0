/** The way that is walked: its steps, where on it one stands, and what can come next there. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { StepData } from '../data.ts'
import type { Choice, ExploreStart, Ground, Op } from '../live.ts'
import { ask } from './ask.ts'

export interface Walking {
  readonly tour: ExploreStart
  readonly way: readonly Op[]
  readonly steps: readonly StepData[]
  /** Steps taken up to where one stands. */
  readonly at: number
  /** Null while they are asked for. */
  readonly choices: readonly Choice[] | null
  /** What went wrong with the last question; null where nothing did. */
  readonly trouble: string | null
  /** Goes on from where one stands; what came after is dropped. */
  readonly take: (ops: readonly Op[]) => void
  readonly go: (to: number) => void
  /** Another machine, perhaps with steps to begin with. */
  readonly move: (ground: Ground, way: readonly Op[]) => void
}
interface Place extends Pick<Walking, 'tour' | 'way' | 'steps' | 'at' | 'choices'> {}

/** A reload goes on where one stood. */
const key = `remapcheck-way ${location.pathname}`
interface Kept { readonly ground: Ground; readonly way: readonly Op[]; readonly at: number }
function kept(): Kept | null {
  try { return JSON.parse(sessionStorage.getItem(key) ?? 'null') as Kept | null } catch { return null }
}

export function useWalk(start: ExploreStart): Walking {
  const [place, setPlace] = useState<Place>({ tour: start, way: [], steps: [], at: 0, choices: null })
  const [trouble, setTrouble] = useState<string | null>(null)
  // Answers may come late: only that to the last question counts. Keys may come before the page is drawn.
  const asked = useRef(0), now = useRef(place)
  const put = useCallback((next: Place): void => {
    now.current = next
    setPlace(next)
    try {
      sessionStorage.setItem(key, JSON.stringify({ ground: next.tour.ground, way: next.way, at: next.at }))
    } catch { /* then a reload begins anew */ }
  }, [])
  const load = useCallback(async (tour: ExploreStart, way: readonly Op[], from: number,
    before: readonly StepData[], at: number): Promise<void> => {
    const number = ++asked.current
    try {
      const { steps, choices } = await ask<'walk'>({ ask: 'walk', ground: tour.ground, way, from })
      if (number !== asked.current) return
      put({ tour, way, steps: [...before.slice(0, from), ...steps], at: way.length, choices })
      setTrouble(null)
      if (at < way.length) go(at)
    } catch (cause) { if (number === asked.current) setTrouble((cause as Error).message) }
  }, [put])
  const go = useCallback((to: number): void => {
    const { tour, way, steps } = now.current, number = ++asked.current
    put({ ...now.current, at: to, choices: null })
    ask<'walk'>({ ask: 'walk', ground: tour.ground, way: way.slice(0, to), from: to }).then(({ choices }) => {
      if (number === asked.current) put({ tour, way, steps, at: to, choices })
    }, cause => { if (number === asked.current) setTrouble((cause as Error).message) })
  }, [put])
  const take = useCallback((ops: readonly Op[]): void => {
    const { tour, way, steps, at } = now.current, next = [...way.slice(0, at), ...ops]
    put({ ...now.current, choices: null })
    void load(tour, next, at, steps, next.length)
  }, [load, put])
  const move = useCallback((ground: Ground, way: readonly Op[], at = way.length): void => {
    const number = ++asked.current
    ask<'start'>({ ask: 'start', ground }).then(tour => {
      if (number === asked.current) void load(tour, way, 0, [], at)
    }, cause => { if (number === asked.current) setTrouble((cause as Error).message) })
  }, [load])
  useEffect(() => {
    const before = kept()
    if (before === null) void load(start, start.way, 0, [], start.way.length)
    else move(before.ground, before.way, before.at)
  }, [load, move, start])
  return { ...place, trouble, take, go, move }
}
