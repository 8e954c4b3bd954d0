/** Each exception that this QEMU has, by a case of its own, which expects that it still leaves the manual: where one
 *  fails, it does no longer, and the exception ends with its version. */
import type { ExceptionName } from '../../src/qemu/vtd/oracle/exceptions.ts'
import type { InterruptCase } from '../../src/qemu/vtd/oracle/interrupt-case.ts'
import type { SequenceCase, Step } from '../../src/qemu/vtd/oracle/sequence-case.ts'
import { vtdOracle } from '../../src/qemu/vtd/oracle/suites.ts'
import type { Setup } from '../../src/qemu/oracle/setup.ts'
import type { WalkCase } from '../../src/qemu/vtd/oracle/walk-case.ts'
import { exceptions } from '../../src/qemu/vtd/oracle/exceptions.ts'
import { expectExceptions } from './exception-cases.ts'

type Irte = InterruptCase['irtes'][number]
type Message = InterruptCase['messages'][number]

const read = { device: 0, slots: [0, 0, 0, 0], dword: 0, write: false,
  beyond: null } satisfies WalkCase['requests'][number]
const walk = (one: Partial<WalkCase>): WalkCase => ({ noRoot: false, tops: [], paging: [], requests: [read], ...one })
/** A DMA to the page of that place of the lowest table. */
const atSlot = (slot: number, write: boolean): WalkCase['requests'][number] =>
  ({ ...read, slots: [0, 0, 0, slot], write })
const top = (one: Pick<WalkCase['tops'][number], 'of'> & Partial<WalkCase['tops'][number]>,
  usual: number): WalkCase['tops'][number] =>
  ({ device: 0, present: true, fpd: false, kind: usual, aw: 1, to: 'next0', bits: [], ...one })
const leaf = { level: 1, table: 0, slot: 0, read: true, write: true, large: false, to: 'next0',
  bits: [] } satisfies WalkCase['paging'][number]
const ones = Array.from({ length: 64 }, (_, bit) => bit)

const irte: Irte = { slot: 0, present: true, fpd: false, posted: false, dm: false, rh: false, tm: false, dlm: 0,
  vector: 0x55, dst: 2, sid: 0, sq: 0, svt: 0, bits: [] }
const message: Message = { device: 0, via: 'msi', remappable: true, handle: 0, subhandle: false, data: 0, dst: 2,
  rh: false, dm: false }
const interrupt = (entry: Partial<Irte>, sent: Partial<Message> = {}): InterruptCase => ({ eime: false, cfi: false,
  size: 5, irtes: [{ ...irte, ...entry }], messages: [{ ...message, ...sent }] })

const sequence = (...steps: readonly Step[]): SequenceCase => ({ registers: false, steps: [...steps] })
const entry = (rights: { readonly read: boolean; readonly write: boolean }): Step => ({ do: 'entry', level: 1, table: 0,
  slot: 0, to: 0, large: false, ...rights })
const dma = (write: boolean): Step => ({ do: 'dma', device: 0, slots: [0, 0, 0], write })

/** To a page that is not in the IOTLB yet. */
const dmaAt = (slot: 0 | 1): Step => ({ do: 'dma', device: 0, slots: [0, 0, slot], write: true })
/** What names an address names one that differs from that of `dma` above bit 19. */
const invalidate = (what: 'invalidate-context' | 'invalidate-iotlb', granularity: number, did: number): Step => ({
  do: what, granularity, did, device: 0, functionMask: 0, slots: [0, 1, 0], addressMask: 0, hint: false, drain: false,
})

/** By name the machine and the case. */
const cases: Readonly<Record<ExceptionName, readonly [suite: Setup['suite'], setup: string, one: WalkCase | SequenceCase
  | InterruptCase]>> = {
  'reserved-context-recorded': ['walks', '39-bit', walk({ tops: [top({ of: 'context', fpd: true, bits: [39] }, 0)] })],
  'whole-page-in-interrupt-range': ['walks', '39-bit',
    walk({ paging: [{ ...leaf, level: 2, large: true, to: 'interrupts' }],
      requests: [{ ...read, slots: [0, 0, 0, 3] }] })],
  'pass-through-unbounded': ['walks', '39-bit',
    walk({ tops: [top({ of: 'context', kind: 2 }, 0)], requests: [{ ...read, beyond: 39 }] })],
  'all-ones-unreadable': ['walks', '39-bit', walk({ paging: [{ ...leaf, bits: ones }] })],
  'index-wraps': ['interrupts', 'xapic', interrupt({ slot: 5 }, { handle: 0xffff, subhandle: true, data: 6 })],
  'compatibility-passes': ['interrupts', 'xapic', interrupt({}, { remappable: false, data: 0x41 })],
  'posted-as-remapped': ['interrupts', 'xapic', interrupt({ posted: true })],
  'bus-range-swapped': ['interrupts', 'xapic', interrupt({ svt: 2, sid: 0x0005 }, { device: 8 })],
  'written-message-unsourced': ['interrupts', 'xapic', interrupt({ svt: 1, sid: 0xffff }, { via: 'dma' })],
  'reserved-delivery-mode': ['interrupts', 'xapic', interrupt({ dlm: 3 })],
  'reserved-destination': ['interrupts', 'xapic', interrupt({ dst: 0x102 })],
  'interrupt-fault-unrecorded': ['interrupts', 'xapic', interrupt({ present: false })],
  'written-message-nameless': ['interrupts', 'xapic', interrupt({ present: false }, { via: 'dma' })],
  'request-judged-last': ['interrupts', 'xapic',
    interrupt({ present: false }, { via: 'dma', subhandle: true, data: 0x1_0000 })],
  'queue-error-untold': ['sequences', '39-bit', sequence({ do: 'bad-descriptor', how: 'type' })],
  'event-kept-pending': ['sequences', '39-bit',
    sequence(entry({ read: false, write: false }), dma(true), { do: 'clear-faults', status: false })],
  'contexts-of-all-domains': ['sequences', '39-bit',
    sequence(dma(true), invalidate('invalidate-context', 2, 2), dmaAt(1))],
  'contexts-of-any-domain': ['sequences', '39-bit',
    sequence(dma(true), invalidate('invalidate-context', 3, 2), dmaAt(1))],
  'pages-by-low-bits': ['sequences', '39-bit',
    sequence(dma(true), invalidate('invalidate-iotlb', 3, 1), dma(true))],
  'cached-denial-unrecorded': ['sequences', '39-bit',
    sequence(entry({ read: true, write: false }), dma(false), dma(true))],
  'snoop-bit-accepted': ['scalable', 'scalable-39-bit', walk({ paging: [{ ...leaf, bits: [11] }] })],
  'context-features-accepted': ['scalable', 'scalable-39-bit', walk({ tops: [top({ of: 'context', bits: [2] }, 2)] })],
  'rid-pasid-used': ['scalable', 'scalable-39-bit', walk({ tops: [top({ of: 'context', bits: [64] }, 2)] })],
  'directory-unbounded': ['scalable', 'scalable-39-bit', walk({ tops: [top({ of: 'context', bits: [77] }, 2)] })],
  'both-root-halves': ['scalable', 'scalable-39-bit',
    walk({ tops: [top({ of: 'root', bits: [2] }, 2)], requests: [{ ...read, device: 4 }] })],
  'pasid-reserved-ignored': ['scalable', 'scalable-39-bit', walk({ tops: [top({ of: 'pasid', bits: [5] }, 2)] })],
  'pgtt-as-second-stage': ['scalable', 'scalable-39-bit', walk({ tops: [top({ of: 'pasid', kind: 1 }, 2)] })],
  'legacy-reasons': ['scalable', 'scalable-39-bit', walk({ paging: [{ ...leaf, read: false, write: false }] })],
  'one-pasid-reason': ['scalable', 'scalable-39-bit', walk({ tops: [top({ of: 'pasid', present: false }, 2)] })],
  'absent-pasid-judged': ['scalable', 'scalable-39-bit', walk({ tops: [top({ of: 'pasid', present: false }, 0)] })],
  'pasid-fault-recorded': ['scalable', 'scalable-39-bit',
    walk({ tops: [top({ of: 'pasid', fpd: true, kind: 0 }, 0)] })],
  'rid-pasid-recorded': ['scalable', 'scalable-39-bit', walk({ paging: [{ ...leaf, read: false, write: false }] })],
  'updates-unsnooped': ['first-stage', 'first-stage-48-bit', walk({ requests: [atSlot(2, false)] })],
  'bits-missed': ['first-stage', 'first-stage-48-bit', walk({ requests: [atSlot(1, true)] })],
  'dirty-though-refused': ['first-stage', 'first-stage-48-bit',
    walk({ paging: [{ ...leaf, slot: 2, to: 'interrupts' }], requests: [atSlot(2, true)] })],
  'canonical-by-second-stage': ['first-stage', 'first-stage-48-bit', walk({
    tops: [top({ of: 'pasid', aw: 1 }, 1)], requests: [{ ...read, slots: [1, 0, 0, 0] }] })],
  'absent-pasid-used': ['first-stage', 'first-stage-48-bit', walk({ requests: [atSlot(0, false), atSlot(1, false)],
    invalidations: [{ absent: 0, do: 'pasid-cache', granularity: 2, did: 0, pasid: 0, slots: [0, 0, 0, 0],
      addressMask: 0, hint: false }] })],
}
expectExceptions(vtdOracle, exceptions, name => {
  const [suite, setup, one] = cases[name]
  return { suite, setup, one }
})
