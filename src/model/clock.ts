/** Recipes read no clock and throw no dice: while one runs, doing so is a mistake that is told. */
import { ModelError } from './mistake.ts'

/** Says whose recipe runs. */
let whose: () => string = () => ''
/** The first such mistake of what runs: a recipe that catches it does not get away with it. */
let refused: ModelError | null = null
const refuse = (what: string) => (): never => {
  const error = new ModelError(`${whose()} ${what}: a step depends on the state and its arguments alone`)
  refused ??= error
  throw error
}
const noClock = refuse('reads a clock'), noDice = refuse('asks for a random number')
const noDate = new Proxy(Date, {
  construct: noClock, apply: noClock,
  get: (target, key) => key === 'now' ? noClock : Reflect.get(target, key) as unknown,
})
const noTimer: typeof process.hrtime = Object.assign(noClock, { bigint: noClock })

/** Hides them all. @returns what puts them back. */
function hide(): () => void {
  const { Date: date, crypto } = globalThis
  const { random } = Math
  const { now } = performance
  const { hrtime, uptime } = process
  const { getRandomValues, randomUUID } = crypto
  Math.random = noDice
  performance.now = noClock
  process.hrtime = noTimer
  process.uptime = noClock
  crypto.getRandomValues = noDice
  crypto.randomUUID = noDice
  globalThis.Date = noDate
  return () => {
    globalThis.Date = date
    Math.random = random
    performance.now = now
    process.hrtime = hrtime
    process.uptime = uptime
    crypto.getRandomValues = getRandomValues
    crypto.randomUUID = randomUUID
  }
}
/** Of the outermost work that runs; null where none does. */
let putBack: (() => void) | null = null

/** Such work may have such work in it. @throws ModelError naming `who` when `work` asks for the time or a random
 *  number, also where it catches the refusal. */
export function withoutClock<T>(who: () => string, work: () => T): T {
  const outer = { whose, refused }, isOutermost = putBack === null
  whose = who
  refused = null
  putBack ??= hide()
  let result: T
  try { result = work() } finally {
    ({ whose } = outer)
    if (isOutermost) {
      putBack()
      putBack = null
    }
  }
  if (refused !== null) throw refused as ModelError
  ;({ refused } = outer)
  return result
}

/** For those who are told of something amid such work, and are no part of it: they may ask for the time, and take steps
 *  themselves. */
export function withClock(work: () => void): void {
  if (putBack === null) { work(); return }
  const kept = { whose, refused }
  putBack()
  putBack = null
  try { work() } finally {
    ({ whose, refused } = kept)
    putBack = hide()
  }
}
