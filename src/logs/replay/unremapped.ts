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

export class UnremappedReplay {
  readonly #passed = noPlaces()
  readonly #admitted = noPlaces()
  #beforeStart = noPlaces()
  #first: UnremappedReport['first'] = null
  #on: boolean | null = null
  #wasOn = false
  #admits = false

  /** The unit tells of changes alone: what is switched on was off before. */
  enable(on: boolean): void {
    if (this.#on === null && on) this.#beforeStart = noPlaces()
    this.#on = on
    this.#wasOn ||= on
  }
  /** An entry was read: remapping is on, also where the log began too late to show it. */
  read(): void {
    this.#on ??= true
    this.#wasOn = true
  }

  compatibility(admitted: boolean): void { this.#admits = admitted }

  passed({ address, data, at: { line } }: Unremapped): void {
    if (this.#on === null) return note(this.#beforeStart, line)
    if (!this.#on) return
    if (this.#admits) return note(this.#admitted, line)
    note(this.#passed, line)
    this.#first ??= { line, address, data }
  }

  soFar(): SoFar[] { return [{ claim: 'no-unremapped-interrupt', places: this.#passed }] }

  report(): UnremappedReport {
    return { passed: this.#passed, admitted: this.#admitted, beforeStart: this.#beforeStart, first: this.#first,
      wasOn: this.#wasOn }
  }
}
