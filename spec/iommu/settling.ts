/** Stores that software has not written back may reach memory at any time: those to page tables, which every vendor
 *  has. */
import type { Emit } from '../../src/model/index.ts'
import type { MachineObservation } from '../observations.ts'
import type { Setup } from '../setup.ts'
import { actionOn } from '../state.ts'
import { settle } from './cells.ts'
import type { Cell } from './cells.ts'

type ClauseId = string

export function settleCell(cell: Cell<unknown>, clause: ClauseId, emit: Emit<MachineObservation>): void {
  settle(cell)
  emit.clause(clause)
}

/** @param clause the vendor's rule about stores that wait. */
export function settlingPages<U>({ bounds: b, ids: id, use }: Setup, clause: ClauseId) {
  const action = actionOn<U>()
  const entry = action('memory.settleEntry', {
    says: 'a store to a page-table entry that was not written back reaches memory',
    agent: 'memory', params: { domain: id.domain, iova: id.iova },
    when: (s, p) => (s.memory.roots[p.domain]![p.iova]?.pending.length ?? 0) > 0,
    then: (d, p, emit) => { settleCell(d.memory.roots[p.domain]![p.iova]!, clause, emit) },
  })
  const pool = action('memory.settlePoolEntry', {
    says: 'a store to an entry of a table of the pool that was not written back reaches memory',
    agent: 'memory', params: { page: id.page, iova: id.iova },
    when: (s, p) => (s.memory.pool[p.page]![p.iova]?.pending.length ?? 0) > 0,
    then: (d, p, emit) => { settleCell(d.memory.pool[p.page]![p.iova]!, clause, emit) },
  })
  return use.dma && b.frames > 0 ? [entry, ...b.levels > 1 ? [pool] : []] : []
}
