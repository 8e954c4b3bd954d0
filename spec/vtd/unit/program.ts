/** Register programs of VT-d, and whether the software was legal. */
import type { PhysicalMemory } from '../../iommu/image.ts'
import { programsOf } from '../../iommu/program.ts'
import type { Op } from '../../iommu/program.ts'
import { illegalities } from './registers/illegal.ts'
import type { IllegalName } from './registers/illegal.ts'
import { advance, progress, quiesce, read, write } from './unit.ts'
import type { UnitState } from './unit.ts'

export type { Op } from '../../iommu/program.ts'
export const { perform, run, runEach } = programsOf({ advance, progress, quiesce, read, write })

/** Something software must not do: at which op, which, by which clause, and with what. */
export interface Illegal {
  readonly op: number
  readonly what: IllegalName
  readonly clause: string
  readonly because: string
}

/** What of a program is illegal, in order; empty: nothing. An illegal descriptor is found when hardware fetches it. */
export const illegal = (state: UnitState, memory: PhysicalMemory, ops: readonly Op[]): readonly Illegal[] =>
  runEach(state, memory, ops).effects.flatMap((effects, op) => effects.flatMap(effect => effect.kind !== 'illegal' ? []
    : [{ op, what: effect.what, clause: illegalities[effect.what].clause, because: effect.because }]))
