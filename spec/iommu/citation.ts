/** How a rule of a manual is cited. */
export interface Clause {
  /** `VTD` = Intel VT-d Architecture Specification rev 5.10; `SDM` = Intel SDM vol. 3; `APM` = AMD64 APM vol. 2; `PCI`
   *  = PCI Express base 5.0. */
  readonly manual: 'VTD' | 'SDM' | 'APM' | 'PCI'
  readonly section: string
  readonly says: string
}
export type Clauses = Readonly<Record<string, Clause>>
