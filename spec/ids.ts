/** The id domains of one set of bounds. Interchangeable things are scalarsets; what is ordered or computed with is a
 *  range. */
import { range, scalarset } from '../src/model/index.ts'
import type { Index } from '../src/model/index.ts'
import type { Bounds } from './bounds.ts'

export function idsOf(b: Bounds) {
  return {
    cpu: scalarset('cpu', b.cpus),
    device: scalarset('device', b.devices),
    domain: scalarset('domain', b.domains),
    frame: scalarset('frame', b.frames),
    // With one level an IOVA is only an index; with more, the walk computes with its bits.
    iova: (b.levels === 1 ? scalarset('iova', b.iovas) : range(0, b.iovas - 1)) as Index,
    /** Table pages of the pool; the roots belong to their domains. */
    page: scalarset('page', b.levels === 1 ? 0 : b.tables),
    /** Source i belongs to device i where there are as many: they are interchangeable with it only. */
    source: scalarset('source', b.sources, b.sources === b.devices ? 'device' : undefined),
    /** A higher vector has the higher priority, so vectors are ordered. */
    vector: range(0, b.vectors - 1) as Index,
  }
}
export type Ids = ReturnType<typeof idsOf>
