/** The tables of an AMD IOMMU as walk and remapping see them: decoded entries, and the interface that yields them (AMD
 *  48882 rev 3.05, 2.2). One implementation reads bounded model state. */

/** An entry, or an access error: a poisoned line, an address no memory answers. */
export type Fetched<Entry> = Entry | 'unreadable'

/** Addresses are numbers (a host address fits in 2^52), in the unit of the geometry. `reserved` says that a bit is set
 *  which must be 0, given what the unit has: the implementation knows the layout, the walk the rule. */
export interface Tables {
  /** Outside the device table: null. */
  deviceEntry(device: number): Fetched<DeviceEntry> | null
  pageEntry(table: number, index: number, level: number): Fetched<PageEntry>
  interruptEntry(table: number, index: number): Fetched<InterruptEntry>
}

export interface DeviceEntry {
  /** V: the lower half counts. TV: root, Mode and permissions do. */
  readonly valid: boolean
  readonly translates: boolean
  /** Levels of the tables; 0 uses addresses as they are. */
  readonly mode: number
  readonly root: number
  /** DomainID */
  readonly domain: number
  /** IR and IW. */
  readonly read: boolean
  readonly write: boolean
  /** I: the device may have a TLB of its own, and send translated requests. */
  readonly remoteTlb: boolean
  /** A reserved bit of 127:0. */
  readonly reserved: boolean
  readonly interrupts: InterruptMap
}
/** The upper half: it counts where IV is set, whatever V is. */
export interface InterruptMap {
  /** IV */
  readonly valid: boolean
  /** IntCtl: 0 abort, 1 forward, 2 remap, 3 reserved. */
  readonly control: 0 | 1 | 2 | 3
  /** IntTabRoot */
  readonly table: number
  /** IntTabLen: the table has 2^length entries. */
  readonly length: number
  /** IG: refused interrupts are not logged. */
  readonly ignored: boolean
  /** InitPass, EIntPass and NMIPass. */
  readonly passes: { readonly init: boolean; readonly extInt: boolean; readonly nmi: boolean }
  /** A reserved bit of 255:128. */
  readonly reserved: boolean
}

export interface PageEntry {
  /** PR */
  readonly present: boolean
  /** 0 a page of the level's size, 1 to 6 the level of the next table, 7 a page of another size. */
  readonly nextLevel: number
  /** The next table, or the page; where NextLevel is 7 its low ones give the size. */
  readonly address: number
  readonly read: boolean
  readonly write: boolean
  readonly reserved: boolean
}

export interface InterruptEntry {
  /** RemapEn */
  readonly enabled: boolean
  /** SupIOPF: a refusal is not logged. */
  readonly suppressed: boolean
  /** IntType: 0 fixed, 1 arbitrated, others are illegal. */
  readonly type: number
  /** DM: logical destination. */
  readonly logical: boolean
  readonly guestMode: boolean
  readonly destination: number
  readonly vector: number
  readonly reserved: boolean
}
