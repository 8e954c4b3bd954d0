/** Recipes read no clock and throw no dice: while one runs, doing so is a mistake that is told. */
import { ModelError } from '../model/index.ts'

/** Says whose recipe runs. */
let whose: () => string = () => ''
const refuse = (what: string) => (): never => { throw new ModelError(`${whose()} ${what}: a step depends on the state and its arguments alone`) }
const noClock = refuse('reads a clock'), noDice = refuse('asks for a random number')
const noDate = new Proxy(Date, { construct: noClock, apply: noClock, get: (target, key) => key === 'now' ? noClock : Reflect.get(target, key) as unknown })

/** @throws ModelError naming `who` when `work` asks for the time or a random number. */
export function withoutClock<T>(who: () => string, work: () => T): T {
  const { Date: date } = globalThis
  const { random } = Math
  const { now } = performance
  whose = who
  Math.random = noDice
  performance.now = noClock
  globalThis.Date = noDate
  try { return work() } finally {
    globalThis.Date = date
    Math.random = random
    performance.now = now
  }
}
