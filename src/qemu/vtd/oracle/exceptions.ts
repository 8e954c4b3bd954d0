/** Where QEMU is known to leave the manual: what it does, what the manual says, and how exactly that is told from any
 *  other difference. */
import { remap } from '../../../../spec/vtd/index.ts'
import type {
  Fetched, InterruptRequest, InterruptUnit, Irte, Mapping, Possible, Remapped, TranslationUnit,
} from '../../../../spec/vtd/index.ts'
import { landingOf } from './dma-seen.ts'
import type { DmaCompared, Seen } from './dma-seen.ts'
import { fewest, isOn } from '../../oracle/exception.ts'
import type { QemuException } from '../../oracle/exception.ts'
import { tableExceptions, explainedByTables } from './exceptions-tables.ts'
import type { TableExceptionName } from './exceptions-tables.ts'
import { agrees as interruptAgrees } from './interrupt-seen.ts'
import type { InterruptAsked, InterruptObservation } from './interrupt-seen.ts'

interface OfDma extends QemuException {
  /** Whether it explains a difference: only where QEMU did what it says. */
  readonly explains: (compared: DmaCompared) => boolean
}

const dma = [
  {
    name: 'reserved-context-recorded', clause: 'VTD:table-30/lct-3',
    qemu: 'Records a reserved bit in a context entry (Bh) even if FPD=1.',
    manual: 'Bh is qualified: not recorded where FPD=1.',
    explains: c => c.model.kind === 'fault' && c.model.suppressed && mayFault(c, 0x0b) && faults(c, 0x0b),
  },
  {
    name: 'whole-page-in-interrupt-range', clause: 'VTD:table-30/lgn-4',
    qemu: 'Refuses (Eh) every address of a large page that overlaps FEEx_xxxx.',
    manual: 'Refuses the addresses that land in FEEx_xxxx, no others.',
    explains: c => c.model.kind === 'translated' && overlaps(c.unit, c.model.mapping) && !landsThere(c)
      && (c.way.fpd ? isSuppressed(c) : faults(c, c.model.mapping.pgtt === 0 ? 0x0e : 0x87)),
  },
  {
    name: 'pass-through-unbounded', clause: 'VTD:table-30/lgn-1',
    qemu: 'Lets any address pass through.',
    manual: 'Refuses an address beyond the host address width (4h; 83h in scalable mode).',
    explains: c => c.way.passThrough && c.model.kind === 'fault' && c.request.address >= 2 ** c.unit.hostAddressWidth
      && c.seen.kind === 'silent',
  },
  {
    name: 'canonical-by-second-stage', clause: 'VTD:table-30/sgn-1', from: 10,
    qemu: 'Refuses (80h) an address of first stage that is not canonical in 39 bits where AW=1, in 30 where AW=0.',
    manual: 'AW is of the second stage: FSPM says how wide the address is.',
    explains: c => (c.way.firstStage === 0 || c.way.firstStage === 3)
      && c.request.address >= 2 ** (c.way.firstStage === 0 ? 29 : 38)
      && (c.way.fpd ? isSuppressed(c) : faults(c, 0x80)),
  },
  {
    name: 'cached-denial-unrecorded', clause: 'VTD:3.7/permissions',
    qemu: 'Drops without any record a request that its IOTLB has no permission for.',
    manual: 'The permissions that are cached deny it: 5h or 6h (85h in scalable mode), recorded.',
    explains: c => c.unit.ttm === 1 && c.seen.hit && c.seen.kind === 'translated' && c.landed !== true
      && mayFault(c, 0x85),
  },
] as const satisfies readonly OfDma[]

/** What QEMU's unit uses in place of the manual's, for one message. */
interface Bent {
  readonly unit: InterruptUnit
  readonly request: InterruptRequest
  readonly irte: (index: number) => Fetched<Irte>
  readonly after: (result: Remapped) => Remapped
  /** Of whom it records a fault; null where it records none. */
  readonly recorded: number | null
}
interface OfInterrupts extends QemuException {
  /** Null where it has no part in this message. */
  readonly bends: (bent: Bent, asked: InterruptAsked) => Bent | null
}
const onEntry = (bent: Bent, change: (irte: Irte) => Irte | null): Bent | null => {
  const { remappable } = bent.request
  const irte = remappable === null || remappable.index > 0xffff ? 'unreadable' : bent.irte(remappable.index)
  const changed = irte === 'unreadable' ? null : change(irte)
  return changed === null ? null : { ...bent, irte: () => changed }
}
const destinationId = 0xff00

const interrupts = [
  {
    name: 'index-wraps', clause: 'VTD:5.1.5/interrupt-index',
    qemu: 'Adds handle and subhandle in 16 bits.', manual: 'The sum is wider: too large, it is refused (21h).',
    bends: bent => {
      const { remappable } = bent.request
      if (remappable === null || remappable.index <= 0xffff) return null
      return { ...bent, request: { ...bent.request, remappable: { ...remappable, index: remappable.index & 0xffff } } }
    },
  },
  {
    name: 'compatibility-passes', clause: 'VTD:table-15/compatibility-blocked',
    qemu: 'Lets interrupts in compatibility format pass whatever CFIS and EIME are.',
    manual: 'They are blocked (25h) where EIME=1 or CFIS=0.',
    bends: bent => bent.request.remappable === null ? { ...bent, unit: { ...bent.unit, cfis: true, eime: false } }
      : null,
  },
  {
    name: 'posted-as-remapped', clause: 'VTD:9.10/posted',
    qemu: 'Reads an entry with IM=1 as one with IM=0.',
    manual: 'With CAP.PI=0 the bit is reserved: the entry is refused (24h).',
    bends: (bent, { irte: at }) => onEntry(bent, irte => {
      const read = irte.im ? at(bent.request.remappable!.index, false) : 'unreadable'
      return read === 'unreadable' ? null : read
    }),
  },
  {
    name: 'bus-range-swapped', clause: 'VTD:9.9/source-validation',
    qemu: 'With SVT=2 takes the first bus from SID[7:0] and the last from SID[15:8].',
    manual: 'The first bus is SID[15:8], the last SID[7:0].',
    bends: bent => onEntry(bent,
      irte => irte.svt === 2 ? { ...irte, sid: (irte.sid & 0xff) << 8 | irte.sid >>> 8 } : null),
  },
  {
    name: 'written-message-unsourced', clause: 'VTD:table-15/source-id',
    qemu: 'Checks no source of an interrupt that a device writes by DMA.',
    manual: 'A dword write to FEEx_xxxx is an interrupt of its requester.',
    bends: (bent, { via }) => via === 'dma' ? onEntry(bent, irte => irte.svt === 0 ? null : { ...irte, svt: 0 }) : null,
  },
  {
    name: 'reserved-delivery-mode', clause: 'VTD:table-15/reserved-irte-field',
    qemu: 'Delivers with the reserved delivery modes 3 and 6.', manual: 'An entry with one is refused (24h).',
    bends: bent => {
      let mode = 0
      const changed = onEntry(bent, irte => {
        if (irte.im || irte.dlm !== 3 && irte.dlm !== 6) return null
        mode = irte.dlm
        return { ...irte, dlm: 0 }
      })
      const withMode = (result: Remapped): Remapped =>
        result.kind === 'interrupt' ? { ...result, interrupt: { ...result.interrupt, dlm: mode } } : result
      return changed === null ? null : { ...changed, after: result => bent.after(withMode(result)) }
    },
  },
  {
    name: 'reserved-destination', clause: 'VTD:table-15/reserved-irte-field',
    qemu: 'With EIME=0 ignores the bits of DST outside of the 8-bit id.',
    manual: 'They are reserved: an entry with one set is refused (24h).',
    bends: bent => bent.unit.eime ? null : onEntry(bent, irte =>
      irte.im || (irte.dst & ~destinationId) === 0 ? null : { ...irte, dst: irte.dst & destinationId }),
  },
  {
    name: 'request-judged-last', clause: 'VTD:table-15/reserved-request-field', from: 9,
    qemu: 'Gives what is wrong with index or entry before a reserved bit of the request.',
    manual: 'The request is judged first (20h).',
    bends: bent => {
      const { request, after } = bent
      if (request.remappable?.reserved !== true) return null
      const first = remap(bent.unit, request, bent.irte)
      return { ...bent, request: { ...request, remappable: { ...request.remappable, reserved: false } },
        after: result => after(result.kind === 'fault' ? result : first) }
    },
  },
  {
    name: 'interrupt-fault-unrecorded', clause: 'VTD:7.2/record', before: 9,
    qemu: 'Records no fault of an interrupt.', manual: 'Faults of interrupts are recorded as those of DMA.',
    bends: bent => ({ ...bent, recorded: null }),
  },
  {
    name: 'written-message-nameless', clause: 'VTD:7.2/record', from: 9,
    qemu: 'Records FFFFh as the source of an interrupt that a device writes by DMA.',
    manual: 'The record has the requester: SID.',
    bends: (bent, { via }) => via === 'dma' ? { ...bent, recorded: 0xffff } : null,
  },
] as const satisfies readonly OfInterrupts[]

const ofInterrupts: readonly (OfInterrupts & { readonly name: (typeof interrupts)[number]['name'] })[] = interrupts

const records = [
  {
    name: 'queue-error-untold', clause: 'VTD:6.5.2/error-stops',
    qemu: 'IQERCD reads 0 whatever stopped the queue.', manual: 'IQERCD.IQEI says why, while IQE=1.',
  },
  {
    name: 'event-kept-pending', clause: 'VTD:7.3/event-mask',
    qemu: 'Keeps FECTL.IP when the record is cleared and no status bit is left.',
    manual: 'IP is cleared with the last status bit: nothing is sent when IM is cleared.',
  },
  {
    name: 'contexts-of-all-domains', clause: 'VTD:6.5.2.1/context-domain',
    qemu: 'Removes all contexts where a context invalidation names a domain.',
    manual: 'Those of the domain; hardware may remove more.',
  },
  {
    name: 'contexts-of-any-domain', clause: 'VTD:6.5.2.1/context-device',
    qemu: 'Does not look at the domain of a context invalidation that names a device.',
    manual: 'The context must have the domain too; hardware may remove more.',
  },
  {
    name: 'pages-by-low-bits', clause: 'VTD:6.5.2.3/iotlb-page', before: 10,
    qemu: 'Compares bits 19:12 of the address alone in a page-selective IOTLB invalidation.',
    manual: 'The pages named are removed; hardware may remove more.',
  },
  {
    name: 'bits-missed', clause: 'VTD:3.6/accessed-dirty', from: 10,
    qemu: 'A write sets neither A nor D in a leaf of first stage that has one of them already.',
    manual: 'A write sets both.',
  },
  {
    name: 'absent-pasid-used', clause: 'VTD:table-30/spt-2', from: 10,
    qemu: 'Goes on by a PASID entry that has lost P as long as its context entry is cached.',
    manual: 'After an invalidation of the PASID cache the entry is not present (59h).',
  },
  {
    name: 'dirty-though-refused', clause: 'VTD:3.6/accessed-dirty', from: 10,
    qemu: 'Sets D in the leaf of a write that it then refuses because it leads to FEEx_xxxx.',
    manual: 'A write that is blocked sets no D.',
  },
] as const satisfies readonly QemuException[]

export type ExceptionName = (typeof dma | typeof interrupts | typeof records)[number]['name'] | TableExceptionName
export const exceptions: readonly (QemuException & { readonly name: ExceptionName })[] = [...dma, ...interrupts,
  ...records, ...tableExceptions]

/** For a request that caches may answer: QEMU's trace has it translated, and nothing was moved. */
export const cachedException = (possible: readonly Possible[], seen: Seen,
  landed: boolean | null): readonly ExceptionName[] | null =>
  seen.hit && seen.kind === 'translated' && landed === false
  && possible.some(({ result, from }) =>
    from === 'iotlb' && result.kind === 'fault' && (result.reason === 5 || result.reason === 6))
    ? ['cached-denial-unrecorded'] : null

const ofDma: readonly (OfDma & { readonly name: (typeof dma)[number]['name'] })[] = dma
const inAnyMode = (compared: DmaCompared) =>
  ofDma.find(one => isOn(one, compared.version) && one.explains(compared))?.name ?? null
export function dmaExceptions(compared: DmaCompared): readonly ExceptionName[] | null {
  const found = inAnyMode(compared)
  return found === null ? explainedByTables(compared, inAnyMode) : [found]
}

/** The fewest that together make the model do what QEMU did. */
export function interruptExceptions(asked: InterruptAsked,
  seen: InterruptObservation): readonly ExceptionName[] | null {
  const plain: Bent = { unit: asked.unit, request: asked.request, irte: index => asked.irte(index, true),
    after: result => result, recorded: asked.request.sid }
  const known = ofInterrupts.filter(one => isOn(one, asked.version))
    .map(({ name, bends }) => ({ name, bends: (bent: Bent) => bends(bent, asked) }))
  return fewest<Bent, ExceptionName>(known, plain, bent =>
    interruptAgrees(bent.after(remap(bent.unit, bent.request, bent.irte)), bent.recorded, seen) ? [] : null)
}

/** Whether the manual lets `code` be the reason. */
const mayFault = ({ model }: DmaCompared, code: number): boolean =>
  model.kind === 'fault' && (model.reason === code || model.alternatives.includes(code))
/** Whether QEMU blocked the request, for `code`, and named it rightly. */
const faults = ({ request, seen, landed }: DmaCompared, code: number): boolean =>
  seen.kind === 'fault' && seen.reason === code && landed !== true
  && seen.page === request.address - request.address % 4096 && seen.write === (request.access === 'write')
const isSuppressed = ({ seen, landed }: DmaCompared): boolean => seen.kind === 'suppressed' && landed !== true
const landsThere = ({ unit: { interruptRange: range }, request, model }: DmaCompared): boolean => {
  const landing = landingOf(request, model)
  return range !== null && landing !== null && range.first <= landing && landing <= range.last
}
const overlaps = ({ interruptRange: range }: TranslationUnit, { output, pages }: Mapping): boolean =>
  range !== null && output <= range.last && range.first < output + pages * 4096
