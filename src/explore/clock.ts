/** Recipes read no clock and throw no dice: while one runs, doing so is a mistake that is told. */
import { ModelError } from '../model/index.ts'

/** @throws ModelError naming `who` when `work` asks for the time or a random number. */
export function withoutClock<T>(who: string, work: () => T): T {
  const { Date: date } = globalThis
  const { random } = Math
  const { now } = performance
  const refuse = (what: string) => (): never => { throw new ModelError(`${who} ${what}: a step depends on the state and its arguments alone`) }
  const noClock = refuse('reads a clock')
  Math.random = refuse('asks for a random number')
  performance.now = noClock
  globalThis.Date = new Proxy(date, { construct: noClock, apply: noClock, get: (target, key) => key === 'now' ? noClock : Reflect.get(target, key) as unknown })
  try { return work() } finally {
    globalThis.Date = date
    Math.random = random
    performance.now = now
  }
}
