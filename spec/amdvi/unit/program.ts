/** Register programs of AMD-Vi, and whether the software was legal. */
import type { PhysicalMemory } from '../../iommu/image.ts'
import { programsOf } from '../../iommu/program.ts'
import type { Op } from '../../iommu/program.ts'
import { illegalities } from './registers/illegal.ts'
import type { IllegalName } from './registers/illegal.ts'
import { advance, progress, quiesce, read, write } from './unit.ts'
import type { UnitState } from './unit.ts'

export type { Op } from '../../iommu/program.ts'
export const { perform, run } = programsOf({ advance, progress, quiesce, read, write })

/** Something software must not do: which, by which clause, and with what. */
export interface Illegal { readonly what: IllegalName; readonly clause: string; readonly because: string }

/** What of a program is illegal, in order; empty: nothing. */
export const illegal = (state: UnitState, memory: PhysicalMemory, ops: readonly Op[]): readonly Illegal[] =>
  run(state, memory, ops).effects.flatMap(effect => effect.kind !== 'illegal' ? []
    : [{ what: effect.what, clause: illegalities[effect.what].clause, because: effect.because }])
