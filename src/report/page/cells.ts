/** A state as tables of short texts: the same cells in each state of a machine, so that a page holds one state whole,
 *  and of each step only the cells that it sets. */
import type { Domain, Fields, Index } from '../../model/index.ts'
import { keyCount } from '../../model/index.ts'
import { showValue } from '../../trace/diff.ts'
import type { Names } from '../../trace/diff.ts'

export type Cells = readonly (string | null)[]
export interface Table {
  /** `state.unit.iotlb` */
  readonly path: string
  readonly rows: readonly string[]
  /** Empty where each row has one cell. */
  readonly columns: readonly string[]
  readonly cells: readonly Cell[]
}
interface Cell { readonly domain: Domain; readonly get: (world: unknown) => unknown }

/** A table with more columns than this is turned into rows. */
const widest = 6

/** In the order of declaration. */
export function tablesOf(domain: Domain, names: Names = {}): readonly Table[] {
  return tablesIn({ label: '', domain, get: world => world }, '', names).filter(({ cells }) => cells.length > 0)
}
/** Texts of all cells, table after table. */
export const cellsOf = (tables: readonly Table[], world: unknown, names: Names): Cells =>
  tables.flatMap(({ cells }) => cells.map(({ domain, get }) => textOf(domain, get(world), names)))

interface Leaf extends Cell { readonly label: string }

function tablesIn(of: Leaf, path: string, names: Names): readonly Table[] {
  const { domain } = of
  if (domain.kind === 'struct') {
    const fields = fieldsOf(domain.fields, of)
    const simple = fields.filter(one => isLeaf(one.domain))
    const rest = fields.filter(one => !isLeaf(one.domain))
    return [...simple.length === 0 ? [] : [tableOf(path, simple)],
      ...rest.flatMap(one => tablesIn(one, path === '' ? one.label : `${path}.${one.label}`, names))]
  }
  if (domain.kind !== 'table') return [tableOf(path, [{ ...of, label: '' }])]
  const rows = entriesOf(domain.key, domain.of, of, names)
  const wide = rows.map(row => leavesOf(row, names))
  const columns = wide[0]?.map(({ label }) => label) ?? []
  if (columns.length > widest)
    return [tableOf(path, rows.flatMap((row, i) =>
      wide[i]!.map(leaf => ({ ...leaf, label: `${row.label} ${leaf.label}` }))))]
  return [{ path, rows: rows.map(({ label }) => label), columns: columns.length === 1 && columns[0] === '' ? []
    : columns, cells: wide.flat() }]
}
const tableOf = (path: string, leaves: readonly Leaf[]): Table =>
  ({ path, rows: leaves.map(({ label }) => label), columns: [], cells: leaves })

const isLeaf = ({ kind }: Domain): boolean => kind !== 'struct' && kind !== 'table'
const fieldsOf = (fields: Fields, { get }: Leaf): readonly Leaf[] => Object.entries(fields).map(([label, domain]) =>
  ({ label, domain, get: world => (get(world) as Record<string, unknown>)[label] }))
const entriesOf = (key: Index, domain: Domain, { get }: Leaf, names: Names): readonly Leaf[] =>
  Array.from({ length: keyCount(key) }, (_, i) => ({ label: keyText(key, i, names), domain,
    get: world => (get(world) as readonly unknown[])[i] }))
const keyText = (key: Index, i: number, names: Names): string =>
  key.kind === 'range' ? String(i) : showValue(key, i, names)

/** All that a row is made of, with the way there as label. */
function leavesOf(of: Leaf, names: Names): readonly Leaf[] {
  const { domain } = of
  if (isLeaf(domain)) return [{ ...of, label: '' }]
  const below = domain.kind === 'struct' ? fieldsOf(domain.fields, of)
    : entriesOf((domain as Extract<Domain, { kind: 'table' }>).key, (domain as Extract<Domain, { kind: 'table' }>).of,
      of, names)
  return below.flatMap(one => leavesOf(one, names)
    .map(leaf => ({ ...leaf, label: [one.label, leaf.label].filter(text => text !== '').join(' ') })))
}

/** Null for nothing: no value, a flag that is off, an empty list. */
function textOf(domain: Domain, value: unknown, names: Names): string | null {
  if (value === null || value === undefined || value === false) return null
  if (value === true) return 'yes'
  if (Array.isArray(value) && value.length === 0) return null
  return showValue(domain, value, names).replace(/^[[{](.*)[\]}]$/s, '$1')
}
