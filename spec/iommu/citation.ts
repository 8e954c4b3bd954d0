/** How a rule of a manual is cited. */
export interface Clause {
  /** `VTD` = Intel VT-d Architecture Specification rev 5.10; `AMD` = AMD I/O Virtualization Technology (IOMMU)
   *  Specification 48882 rev 3.05; `SDM` = Intel SDM vol. 3; `APM` = AMD64 APM vol. 2; `PCI`
   *  = PCI Express base 5.0. */
  readonly manual: 'VTD' | 'AMD' | 'SDM' | 'APM' | 'PCI'
  readonly section: string
  readonly says: string
  /** How well it is known, where the manual itself was not read: `specification`, as those who implement it cite it;
   *  `implementations`, which agree; or `one source`. */
  readonly strength?: Strength
}
export type Strength = 'specification' | 'implementations' | 'one source'
export type Clauses = Readonly<Record<string, Clause>>
