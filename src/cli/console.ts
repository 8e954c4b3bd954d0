/** What a user's module says by `console`: on stderr, since stdout is the report's; each text once, since a search runs
 *  a step many times; states as plain objects, which they are not. */
import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { types } from 'node:util'
import type { Stream } from './io.ts'

/** Different texts that are shown; a step that prints what it was given has one for each state. */
const most = 50

/** Replaces the methods of `target` from now on. */
export function speakOnce(target: Console, stderr: Stream): void {
  const said = new Set<string>()
  const say = (text: string): void => {
    if (said.has(text) || said.size > most) return
    said.add(text)
    const shown = said.size > most ? `${most} different texts came from console; the others are left out\n` : text
    stderr.write(`${stderr.isTTY === true ? '\r\x1b[2K' : ''}${shown}`)
  }
  const stdout = new Writable({ decodeStrings: false, write: (text, _encoding, done) => { say(String(text)); done() } })
  const quiet: object = new Console({ stdout, colorMode: false,
    inspectOptions: { depth: 8, compact: 8, breakLength: 120 } })
  for (const [name, speak] of Object.entries(quiet) as [string, unknown][])
    if (typeof speak === 'function')
      Object.assign(target, { [name]: (...words: readonly unknown[]): unknown =>
        speak.apply(quiet, words.map(word => plain(word))) as unknown })
}

/** A copy of what looks like data: a state is made as it is looked at, and `util.inspect` does not look. */
function plain(value: unknown, known = new Map<object, unknown>()): unknown {
  if (typeof value !== 'object' || value === null || !isData(value)) return value
  const before = known.get(value)
  if (before !== undefined) return before
  const copy: unknown[] | Record<string, unknown> = Array.isArray(value) ? [] : {}
  known.set(value, copy)
  for (const key of Object.keys(value))
    (copy as Record<string, unknown>)[key] = plain((value as Record<string, unknown>)[key], known)
  return copy
}
const isData = (value: object): boolean => types.isProxy(value) || Array.isArray(value)
  || [Object.prototype, null].includes(Object.getPrototypeOf(value) as null)
