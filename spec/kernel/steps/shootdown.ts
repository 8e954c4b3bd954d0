/** Steps by which one CPU makes the others forget what they hold of the kernel's tables: a TLB shootdown, a reload of
 *  I/O permissions. Each CPU has one bit, that it was asked. */
import type { Bounds } from '../../bounds.ts'
import type { CallSpec, StepContext, Own, Step } from '../../step.ts'
import { call } from '../entries.ts'

export interface Asked extends Own { readonly state: { asked: boolean[] } }

export interface Shootdown<O extends Asked> {
  readonly askOthers: Step<unknown, O>
  readonly awaitOthers: Step<unknown, O>
  /** The call that a CPU enters by the interrupt, and its step. */
  readonly entry: CallSpec<unknown, O>
  readonly answer: Step<unknown, O>
}

/** `forget`: what a CPU does that is asked. */
export function shootdown<O extends Asked>(offered: (b: Bounds) => boolean,
  forget: (k: StepContext<unknown, O>) => void): Shootdown<O> {
  const answered = (k: StepContext<unknown, O>): void => {
    forget(k)
    k.s.own.asked[k.cpu] = false
    k.emit.cost('irq-entry')
    k.emit.cost('eoi')
  }
  const skip: Step['skip'] = ({ b }) => !offered(b) || b.cpus === 1
  return {
    askOthers: {
      name: 'askOthers', says: 'interrupt the other CPUs, that they forget it too', skip,
      then: ({ s, cpu, emit }) => {
        s.own.asked.forEach((_, other) => {
          if (other === cpu) return
          s.own.asked[other] = true
          emit.cost('ipi')
        })
      },
    },
    // With interrupts off, two CPUs that ask each other would wait for ever: so a CPU answers while it waits.
    awaitOthers: {
      name: 'awaitOthers', says: 'wait until they have, and answer them meanwhile', skip, goesTo: ['awaitOthers'],
      when: ({ s, cpu }) => s.own.asked[cpu]! || s.own.asked.every((is, other) => !is || other === cpu),
      then: k => {
        if (!k.s.own.asked[k.cpu]) return
        answered(k)
        k.go('awaitOthers')
      },
    },
    entry: call<{}, O>({
      says: 'a CPU that is asked to forget takes the interrupt',
      offered: b => offered(b) && b.cpus > 1, path: 'shootdown',
      fair: 'strong', params: () => ({}), rules: { isAsked: ({ s, cpu }) => s.own.asked[cpu]! },
    }) as CallSpec<unknown, O>,
    answer: { name: 'answer', says: 'forget it, and say so', then: answered },
  }
}
