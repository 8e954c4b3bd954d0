/** What logs show a unit and its driver do, one thing at a time, whichever log tells of it. The formats make these of
 *  lines; the replay and the pairing know nothing else (VT-d rev 5.10, ch. 6 and 11.4). */

/** Where in the log something stands: line number, and microseconds since the first stamp (0 in a log without
 *  stamps). */
export interface At { readonly line: number; readonly time_us: number }

/** Of a structure the lowest dwords, as many as the log prints. */
type Words = Uint32Array

interface Told { readonly at: At }

/** A leaf that the IOTLB holds. `leaf`: two dwords. */
interface Leaf extends Told {
  /** Source-id of the request. */
  readonly sid: number
  /** Where in the page the request went. */
  readonly address: number
  readonly leaf: Words
  readonly did: number
}
export interface Fill extends Leaf { readonly kind: 'fill' }
export interface Hit extends Leaf { readonly kind: 'hit' }
/** What the leaf just filled or hit translates to: host address, and how many bytes its page has. */
export interface Translation extends Told {
  readonly kind: 'translation'
  readonly sid: number
  readonly from: number
  readonly to: number
  readonly bytes: number
}
/** A context entry of four dwords at least. Whoever looks one up has missed the IOTLB. */
interface Context extends Told { readonly sid: number; readonly words: Words }
export interface ContextFill extends Context { readonly kind: 'contextFill' }
export interface ContextHit extends Context { readonly kind: 'contextHit' }
export interface ContextNotPresent extends Told { readonly kind: 'contextNotPresent' }
/** A request under an entry that says pass-through. */
export interface PassThrough extends Told {
  readonly kind: 'passThrough'
  readonly sid: number
  readonly address: number
}
/** The unit drops what it caches of its own accord: the IOTLB for want of room (`capacity`), or IOTLB and context cache
 *  when a root table is set (`SRTP`) or translation goes on or off (`TE`). */
export interface Dropped extends Told { readonly kind: 'dropped'; readonly by: 'SRTP' | 'TE' | 'capacity' }
/** The context cache was emptied, perhaps because the unit was reset. */
export interface ContextsReset extends Told { readonly kind: 'contextsReset' }
/** An interrupt entry was read: two quadwords, in the order in which the log has them, which may be either. */
export interface EntryRead extends Told { readonly kind: 'entryRead'; readonly index: number; readonly words: Words }
/** What the entry just read made of an interrupt. */
export interface Remapped extends Told {
  readonly kind: 'remapped'
  readonly index: number
  readonly vector: number
  readonly trigger: number
  readonly delivery: number
  readonly destination: number
  readonly mode: number
}
export type CacheEvent = Fill | Hit | Translation | ContextFill | ContextHit | ContextNotPresent | PassThrough | Dropped
  | ContextsReset | EntryRead | Remapped

/** The invalidation queue was set up with so many entries. */
export interface QueueSetup extends Told { readonly kind: 'queueSetup'; readonly entries: number }
/** The driver moved the tail to this entry. */
export interface Tail extends Told { readonly kind: 'tail'; readonly index: number }
/** The unit fetches this entry. */
export interface Fetch extends Told { readonly kind: 'fetch'; readonly index: number }
/** The entry just fetched: its lowest four dwords. */
export interface DescriptorSeen extends Told { readonly kind: 'descriptor'; readonly words: Words }
/** What the unit says it does for the entry just seen, with the numbers that it names: nothing of global ones, `[did]`
 *  of a domain, `[sid, function mask]` of a device, `[did, address, address mask]` of a page, `[index, index mask]` of
 *  an interrupt entry. */
export interface CarriedOut extends Told {
  readonly kind: 'carriedOut'
  readonly what: 'context-cache global' | 'context-cache domain' | 'context-cache device' | 'iotlb global'
    | 'iotlb domain' | 'iotlb page' | 'iec global' | 'iec index'
  readonly numbers: readonly number[]
}
/** The unit completed a wait: it wrote the status at this host address. */
export interface Waited extends Told {
  readonly kind: 'waited'
  /** Null where the wait asked for an interrupt instead. */
  readonly status: number | null
}
/** The status of the wait just completed could not be written. */
export interface WaitFailed extends Told { readonly kind: 'waitFailed' }
/** The unit refuses the tail that was just set: it is none of the ring. */
export interface TailRefused extends Told { readonly kind: 'tailRefused' }
export type QueueEvent = QueueSetup | Tail | Fetch | DescriptorSeen | CarriedOut | Waited | WaitFailed | TailRefused

export interface RegisterRead extends Told { readonly kind: 'registerRead'; readonly offset: number }
/** `bytes` 4 or 8; `value` has two dwords. */
export interface RegisterWrite extends Told {
  readonly kind: 'registerWrite'
  readonly offset: number
  readonly bytes: number
  readonly value: Words
}
/** A write of GCMD, beside what GSTS was before. */
export interface Command extends Told { readonly kind: 'command'; readonly status: number; readonly value: number }
export interface RootTable extends Told {
  readonly kind: 'rootTable'
  readonly address: number
  readonly isScalable: boolean
}
export interface InterruptTable extends Told { readonly kind: 'interruptTable'; readonly address: number }
export interface Remapping extends Told {
  readonly kind: 'remapping'
  readonly what: 'DMA' | 'interrupt'
  readonly on: boolean
}
export interface Fault extends Told {
  readonly kind: 'fault'
  readonly sid: number
  readonly reason: number
  readonly address: number
  readonly write: boolean
}
/** QEMU's own words, each once a run, whatever the trace says. `isRefusal`: of a request that got no translation. */
export interface Complaint extends Told {
  readonly kind: 'complaint'
  readonly says: string
  readonly sid: number | null
  readonly address: number | null
  readonly isRefusal: boolean
}
/** An interrupt message came out of the remapper as it went in: in compatibility format, which no entry remaps. */
export interface Unremapped extends Told {
  readonly kind: 'unremapped'
  readonly address: number
  readonly data: number
}
/** A record was put into FRCD: four dwords. */
export interface FaultRecord extends Told { readonly kind: 'faultRecord'; readonly words: Words }
export type ControlEvent = RegisterRead | RegisterWrite | Command | RootTable | InterruptTable | Remapping | Fault
  | FaultRecord | Complaint | Unremapped

export type UnitEvent = CacheEvent | QueueEvent | ControlEvent

/** What the kernel says of its mappings, in a log of its own. Pages of 4 KiB, `page` up to but without `end`. Recorded
 *  when the page tables have been changed: after the entry of a map was stored; after that of an unmap was cleared, and
 *  before its invalidation. */
export interface MapEvent extends KernelAt {
  readonly kind: 'map'
  readonly page: number; readonly end: number; readonly frame: number
}
export interface UnmapEvent extends Omit<MapEvent, 'kind' | 'frame'> { readonly kind: 'unmap' }
export type KernelEvent = MapEvent | UnmapEvent

/** Where in the kernel's log: line, time of its clock, and the CPU. */
export interface KernelAt { readonly line: number; readonly time_us: number; readonly cpu: number }
/** The kernel puts a descriptor into the queue of a unit. Recorded under the lock of the queue, before the tail is
 *  rung; the wait that it adds is not recorded. `words`: the lowest four dwords. */
export interface SubmitEvent extends KernelAt {
  readonly kind: 'submit'
  readonly unit: string
  readonly words: Uint32Array
}
/** What the kernel means by the descriptors that follow on that CPU: a flush of pages of a domain, of those that were
 *  mapped where a unit has caching mode (`mapped`), or of all of it; or that a device joins or leaves. Pages up to but
 *  without `end`; 0 to Infinity of all. */
export interface TagEvent extends KernelAt {
  readonly kind: 'tag'
  readonly what: 'range' | 'mapped' | 'all' | 'assign' | 'unassign'
  readonly unit: string
  readonly device: string
  /** `iotlb`, `devtlb`, `nesting_iotlb`, `nesting_devtlb`. */
  readonly type: string
  readonly did: number
  readonly page: number; readonly end: number
}
/** Something that happens to the vector of an interrupt. `vector` and `target` (a CPU) are those named; those before
 *  it `prevVector` and `prevCpu`. Null where the event names none. */
export interface VectorEvent extends KernelAt {
  readonly kind: 'vector'
  readonly what: string
  readonly irq: number
  readonly vector: number | null
  readonly target: number | null
  readonly prevVector: number | null
  readonly prevCpu: number | null
}
/** The handler of an interrupt begins or ends. `handled`: of an end, null of a beginning. */
export interface HandlerEvent extends KernelAt {
  readonly kind: 'handler'
  readonly irq: number
  readonly name: string | null
  readonly handled: boolean | null
}
/** A fault that the kernel reports to whoever owns the domain. */
export interface PageFaultEvent extends KernelAt {
  readonly kind: 'pageFault'
  readonly device: string
  readonly address: number
  readonly flags: number
}
export type TracedEvent = KernelEvent | SubmitEvent | TagEvent | VectorEvent | HandlerEvent | PageFaultEvent
