/** Interrupts that no entry remapped while interrupt remapping was on (VT-d rev 5.10, 5.1.4 and 11.4.4): messages in
 *  compatibility format. Hardware blocks them unless GCMD.CFI is set; QEMU lets them through. */
import type { Unremapped } from '../event.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { SoFar } from '../side.ts'

export interface UnremappedReport {
  readonly passed: Places
  /** Of those the ones that CFI admits. */
  readonly admitted: Places
  /** Before the log says whether remapping is on. */
  readonly beforeStart: Places
  readonly first: null | { readonly line: number; readonly address: number; readonly data: number }
  /** Whether the log shows remapping being switched on. */
  readonly wasOn: boolean
}

/** Messages kept while it is open whether remapping is still on. */
const mostSince = 10_000

export class UnremappedReplay {
  readonly #passed = noPlaces()
  readonly #admitted = noPlaces()
  #beforeStart = noPlaces()
  #first: UnremappedReport['first'] = null
  #on: boolean | null = null
  #wasOn = false
  /** Since remapping was last known to be on. */
  #since: NonNullable<UnremappedReport['first']>[] = []
  #admits = false

  /** The unit tells of changes alone: what is switched on was off before, and what is off was on. */
  enable(on: boolean): void {
    if (this.#on === null && on) this.#beforeStart = noPlaces()
    this.status(!on)
    this.#on = on
    this.#wasOn ||= on
  }
  /** What the unit says of itself between changes. A reset, which the log need not show, switches remapping off: what
   *  passed since it was last known to be on is no breach then. */
  status(isOn: boolean): void {
    if (this.#on === null) return
    if (!isOn) this.#since = []
    else this.#settle()
    this.#on = isOn
  }
  /** An entry was read: remapping is on, also where the log began too late to show it. */
  read(): void {
    if (this.#since.length > 0) this.#settle()
    this.#on ??= true
    this.#wasOn = true
  }

  compatibility(admitted: boolean): void { this.#admits = admitted }

  passed({ address, data, at: { line } }: Unremapped): void {
    if (this.#on === null) return note(this.#beforeStart, line)
    if (!this.#on) return
    if (this.#admits) return note(this.#admitted, line)
    this.#since.push({ line, address, data })
    if (this.#since.length > mostSince) this.#settle()
  }
  #settle(): void {
    for (const { line } of this.#since) note(this.#passed, line)
    this.#first ??= this.#since[0] ?? null
    this.#since = []
  }

  soFar(): SoFar[] { return [{ claim: 'no-unremapped-interrupt', places: this.#passed }] }

  report(): UnremappedReport {
    this.#settle()
    return { passed: this.#passed, admitted: this.#admitted, beforeStart: this.#beforeStart, first: this.#first,
      wasOn: this.#wasOn }
  }
}
