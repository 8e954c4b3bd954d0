/** What a kept search is a search of, beyond the names: the code of its steps and claims. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Subject } from './subject.ts'

/** A digest of the text of each function of a design or machine, of its other values, and of the user's files that were
 *  loaded: what functions hold that are not among these (a switch from the environment) nobody can see. */
export function codeOf({ design, machine, path, claimsPath }: Subject, files: readonly string[]): string {
  const hash = createHash('sha256')
  const of = machine === undefined ? design : { actions: machine.actions, properties: machine.properties }
  write(of, new Map(), text => { hash.update(text) })
  if (path !== null || claimsPath !== undefined)
    for (const digest of files.map(digestOf).sort()) hash.update(digest)
  return hash.digest('hex')
}

function write(value: unknown, known: Map<object, number>, put: (text: string) => void): void {
  if (typeof value !== 'object' && typeof value !== 'function' || value === null) {
    put(`${typeof value} ${JSON.stringify(String(value))};`)
    return
  }
  const at = known.get(value)
  put(at === undefined ? '{' : `again ${at};`)
  if (at !== undefined) return
  known.set(value, known.size)
  if (typeof value === 'function') put(JSON.stringify(value.toString()))
  for (const [name, inner] of Object.entries(value)) {
    put(`${JSON.stringify(name)}:`)
    write(inner, known, put)
  }
  put('}')
}

const digestOf = (file: string): string => {
  try { return createHash('sha256').update(readFileSync(file)).digest('hex') } catch { return 'gone' }
}
