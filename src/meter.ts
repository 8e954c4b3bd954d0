/** What another process does, as far as the system tells. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Did, Meter } from './patience.ts'

/** Of the process and those it started. */
export const meterOf = (pid: number): Meter => existsSync('/proc/self/stat') ? new ProcMeter(pid) : new OwnWork()

/** Linux counts in hundredths of a second (USER_HZ). */
const tick_ms = 10

/** Linux: processor time and state of each thread, from /proc. */
export class ProcMeter implements Meter {
  readonly #pid: number
  /** Of each thread, what it had at the last look. */
  #had = new Map<string, number>()
  constructor(pid: number) { this.#pid = pid }

  look(): Did {
    const had = new Map<string, number>()
    let worked_ms = 0, slept = true
    for (const { id, state, time_ms } of threadsOf(this.#pid)) {
      had.set(id, time_ms)
      worked_ms = Math.max(worked_ms, time_ms - (this.#had.get(id) ?? time_ms))
      if (state === 'R' || state === 'D') slept = false
    }
    this.#had = had
    return { worked_ms, slept }
  }
}

interface Thread { readonly id: string; readonly state: string; readonly time_ms: number }
function threadsOf(pid: number): Thread[] {
  const folder = `/proc/${pid}/task`
  return namesIn(folder).flatMap(id => {
    const stat = textOf(`${folder}/${id}/stat`)
    if (stat === null) return []
    // The name, which may hold anything, ends at the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state] = fields as [string]
    const started = (textOf(`${folder}/${id}/children`) ?? '').split(' ').filter(child => child !== '')
    return [{ id, state, time_ms: (Number(fields[11]) + Number(fields[12])) * tick_ms },
      ...started.flatMap(child => threadsOf(Number(child)))]
  })
}
// Threads end between two looks, and within one.
function namesIn(folder: string): string[] { try { return readdirSync(folder) } catch { return [] } }
function textOf(file: string): string | null { try { return readFileSync(file, 'latin1') } catch { return null } }

/** Elsewhere: processor time that this process itself gets while it waits. The scheduler is fair, so the other could
 *  have had as much; whether it used it does not show, so that one asleep counts as one that works. */
export class OwnWork implements Meter {
  look(): Did {
    const start = process.cpuUsage()
    for (;;) {
      const { user, system } = process.cpuUsage(start)
      if ((user + system) / 1000 >= unit_ms) return { worked_ms: unit_ms, slept: false }
    }
  }
}
/** A fifth of the time between looks. */
const unit_ms = 50
