/** What CPUs do by themselves to what a design keeps, as actions. */
import { ModelError, refuseAnswer } from '../../src/model/index.ts'
import type { Action, Fields } from '../../src/model/index.ts'
import { capsOf } from '../bounds.ts'
import type { Iommu } from '../iommu/iommu.ts'
import type { MachineObservation } from '../observations.ts'
import type { Setup } from '../setup.ts'
import { action } from '../state.ts'
import type { State } from '../state.ts'
import type { Entry, HardwareSpec, Own } from '../step.ts'
import { paramsOf, strictly } from './declared.ts'
import type { Design } from './design.ts'

type Arguments = Readonly<Record<string, number>> & { readonly cpu: number }

export function cpuActions({ hardware }: Design, setup: Setup, iommu: Iommu): Action<State, MachineObservation>[] {
  const { bounds: b, ids: id } = setup
  const context = { b: Object.freeze({ ...b }), caps: capsOf(b), iommu, design: setup.design }
  return Object.entries(hardware as Readonly<Record<string, HardwareSpec<unknown, Own>>>).flatMap(([name, spec]) => {
    const { says, offered, params, when, then } = spec
    if (offered !== undefined && !answered(name, offered(b))) return []
    const view = (s: State, args: Arguments): Entry<unknown, Own, Arguments> => strictly({
      s: s as Entry<unknown, Own>['s'], args: strictly(args, 'args'), cpu: args.cpu, ...context,
      reaches: (cpu: number): boolean => iommu.reaches(s.unit, cpu, setup),
    }, 'what hardware gets')
    return [action<Fields>(`cpu.${name}`, {
      says, agent: p => `cpu${String(p['cpu'])}`, path: 'cpu',
      params: { cpu: id.cpu, ...paramsOf(name, params === undefined ? {} : { params }, { id, b }) },
      when: (s, p) => answered(name, when(view(s, p as Arguments) as never)),
      then: (d, p) => { refuseAnswer(then(view(d, p as Arguments) as never)) }, recipe: then,
    })]
  })
}

/** @throws ModelError */
function answered(name: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new ModelError(`hardware.${name} answered ${String(answer)}; answer true or false`)
}
