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
  /** Tables of a guest, where the implementation has such: addresses are host addresses. */
  readonly guest?: {
    gcr3Entry(table: number, index: number): Fetched<Gcr3Entry>
    pageEntry(table: number, index: number): Fetched<GuestPageEntry>
  }
}

/** An entry of the GCR3 table: of a level above the last the next table, else the root of a guest's tables. */
export interface Gcr3Entry { readonly valid: boolean; readonly address: number; readonly reserved: boolean }
/** An entry of the guest's own tables, which are those of the CPU (x86-64). */
export interface GuestPageEntry {
  readonly present: boolean
  readonly write: boolean
  readonly user: boolean
  readonly noExecute: boolean
  /** PS: a page at a level above the last. */
  readonly isPage: boolean
  readonly address: number
  /** A bit that is reserved at every level. */
  readonly reserved: boolean
}
/** Fields of the device table entry for guest translation. */
export interface GuestMap {
  /** GV: requests with PASID. GIoV: those without use PASID 0. */
  readonly withPasid: boolean
  readonly withoutPasid: boolean
  /** The GCR3 table and its levels (GLX + 1), and levels of the guest's tables. */
  readonly table: number
  readonly levels: number
  readonly paging: 4 | 5
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
  /** IoCtl: 3 is reserved; the others are of port I/O, which the model has none of. */
  readonly portIo: 0 | 1 | 2 | 3
  /** EX: the exclusion range counts. */
  readonly excluded: boolean
  /** SA: no IO_PAGE_FAULT is logged. SE: only the first is. */
  readonly logging: { readonly none: boolean; readonly first: boolean }
  /** Null where neither GV nor GIoV is set. */
  readonly guest: GuestMap | null
  /** A reserved bit of 127:0, or a value of a field for DMA that is reserved: of HAD, or of GLX or GuestPagingMode
   *  where there are guest tables. */
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

/** Of an entry in guest mode. */
export interface GuestTarget {
  /** Virtual APIC page, a host address; core to notify, and whether the guest runs there (IsRun). */
  readonly backing: number
  readonly core: number
  readonly running: boolean
  /** GALogIntr: log where it does not run, with GATag. */
  readonly logs: boolean
  readonly tag: number
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
  /** GuestMode: the interrupt goes to a guest (AVIC); `guest` says to which. */
  readonly guestMode: boolean
  readonly guest: GuestTarget | null
  readonly destination: number
  readonly vector: number
  readonly reserved: boolean
}
