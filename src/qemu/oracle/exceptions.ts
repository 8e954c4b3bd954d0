/** Where QEMU is known to leave the manual: what it does, what the manual says, and how exactly that is told from any other difference. */
import type { VtdClause } from '../../../spec/vtd/clauses.ts'
import type { Mapping, TranslationUnit } from '../../../spec/vtd/walk.ts'
import type { DmaCompared } from './dma.ts'

export interface QemuException {
  readonly name: string
  readonly qemu: string
  readonly manual: string
  readonly clause: VtdClause
}
interface OfDma extends QemuException {
  /** Whether it explains a difference: only where QEMU did what it says. */
  readonly explains: (compared: DmaCompared) => boolean
}

const dma = [
  {
    name: 'reserved-context-recorded', clause: 'VTD:table-30/lct-3',
    qemu: 'Records a reserved bit in a context entry (Bh) even if FPD=1.', manual: 'Bh is qualified: not recorded where FPD=1.',
    explains: c => c.model.kind === 'fault' && c.model.suppressed && mayFault(c, 0x0b) && faults(c, 0x0b),
  },
  {
    name: 'whole-page-in-interrupt-range', clause: 'VTD:table-30/lgn-4',
    qemu: 'Refuses (Eh) every address of a large page that overlaps FEEx_xxxx.', manual: 'Refuses the addresses that land in FEEx_xxxx, no others.',
    explains: c => c.model.kind === 'translated' && overlaps(c.unit, c.model.mapping)
      && (c.way.fpd ? isSuppressed(c) : faults(c, c.model.mapping.pgtt === 0 ? 0x0e : 0x87)),
  },
  {
    name: 'pass-through-unbounded', clause: 'VTD:table-30/lgn-1',
    qemu: 'Lets any address pass through.', manual: 'Refuses an address beyond the host address width (4h; 83h in scalable mode).',
    explains: c => c.way.around && c.model.kind === 'fault' && c.request.address >= 2 ** c.unit.hostAddressWidth && c.seen.kind === 'silent',
  },
] as const satisfies readonly OfDma[]

export type ExceptionName = (typeof dma)[number]['name']
export const exceptions: readonly (QemuException & { readonly name: ExceptionName })[] = [...dma]

export const dmaException = (compared: DmaCompared): ExceptionName | null => dma.find(({ explains }) => explains(compared))?.name ?? null

/** Whether the manual lets `code` be the reason. */
const mayFault = ({ model }: DmaCompared, code: number): boolean => model.kind === 'fault' && (model.reason === code || model.alternatives.includes(code))
/** Whether QEMU blocked the request, for `code`, and named it rightly. */
const faults = ({ request, seen, landed }: DmaCompared, code: number): boolean => seen.kind === 'fault' && seen.reason === code && landed !== true
  && seen.page === request.address - request.address % 4096 && seen.write === (request.access === 'write')
const isSuppressed = ({ seen, landed }: DmaCompared): boolean => seen.kind === 'suppressed' && landed !== true
const overlaps = ({ interruptRange: range }: TranslationUnit, { output, pages }: Mapping): boolean =>
  range !== null && output <= range.last && range.first < output + pages * 4096
