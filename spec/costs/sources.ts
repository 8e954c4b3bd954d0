/** What was published: figures and tables, as cited. */
import sourceData from './sources.json' with { type: 'json' }
import tableData from './tables.json' with { type: 'json' }

/** A published figure, as cited. */
export interface Figure {
  readonly value: number
  /** cycles of `platform`, ns, or a plain count. */
  readonly unit: string
  readonly platform: string
  readonly conditions: string
  /** verified: read in the source; recalled: from memory of a paper not at hand; derived: computed from cited rows. */
  readonly status: string
  readonly confidence: string
  /** calibration: prices may rest on it; open-validation: only compared with. */
  readonly split: string
  /** Key of `citations`. */
  readonly citation: string
}
export interface Citation {
  readonly authors: string; readonly title: string; readonly venue: string; readonly year: number | null
  readonly locator: string
}
export interface Sources {
  readonly platforms: Readonly<Record<string, { readonly cpu: string; readonly ghz: number | null }>>
  readonly citations: Readonly<Record<string, Citation>>
  readonly figures: Readonly<Record<string, Figure>>
}
export const sources: Sources = sourceData

type Cell = number | string | null
/** A published table, as printed there. */
export interface Table {
  readonly id: string
  readonly title: string
  readonly platform: string
  /** Of its numbers, where they share one. */
  readonly unit: string
  readonly status: string
  readonly split: string
  readonly citation: string
  /** How many of the first columns name a row. */
  readonly key: number
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}
export const tables: readonly Table[] = tableData.tables

/** The words that name a row. */
export const rowName = ({ key }: Table, row: readonly Cell[]): string => row.slice(0, key).join(' ')
