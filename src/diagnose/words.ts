/** What single words of a log mean, for `explain`: reasons, events, flags, bits of the fault status. */
import { events, flagNames, flagsText, pageFault, requestText } from './amdvi/flags.ts'
import { causes } from './riscv/faults.ts'
import { eventNames } from './smmu/names.ts'
import { reasonOf, reasonOfText } from './vtd/reason.ts'

export interface Word { readonly title: string; readonly kind: string; readonly says: string; readonly from: string }

/** The fault reason that words of a log stand for: `[fault reason 38]` is decimal, `0x` hexadecimal, and a text says
 *  which it is. */
export function reasonInWords(text: string): { readonly code: number; readonly isDecimal: boolean } | null {
  const found = /fault reason (0x[0-9a-f]{1,2}|[0-9a-f]{1,3})\]?\s*(.*)$/i.exec(text)
  if (found !== null) {
    const { code, base } = reasonOf(found[1]!, found[2]!, 'decimal')
    return { code, isDecimal: base === 'decimal' }
  }
  const xen = /^reason ([0-9a-f]{1,2})\b(?: - (.*))?$/i.exec(text.trim())
  if (xen !== null) return { code: reasonOf(xen[1]!, xen[2] ?? '', 'hex').code, isDecimal: false }
  const code = reasonOfText(text)
  return code === null ? null : { code, isDecimal: false }
}

const queueErrors = {
  ITE: 'A device did not answer an invalidation of its device TLB (ATS) in time. The whole queue stands still until '
    + 'software clears the bit: no unmap of any device completes.',
  ICE: 'A device answered an invalidation with a completion that does not fit.',
  IQE: 'The unit refuses a descriptor or the tail of the queue, and stops there; IQERCD has the reason.',
} as const

/** An event of AMD-Vi or SMMUv3, or a cause of RISC-V, perhaps with its flags. */
export function wordsOf(text: string): readonly Word[] {
  const error = /(?:^|\()(ITE|ICE|IQE)(?:$|\))/.exec(text.trim())?.[1] as keyof typeof queueErrors | undefined
  if (error !== undefined) return [{ title: error, kind: 'error of the invalidation queue of VT-d',
    says: queueErrors[error], from: 'VT-d, 6.5.2 and 11.4: FSTS' }]
  const [name = ''] = text.trim().split(/[\s:]/)
  const flags = /\bflags=([^\s\]]+)/i.exec(text)?.[1]
  const cause = /^cause[ =](\d{1,3})$/i.exec(text.trim())?.[1]
  return [
    ...eventWords(name, flags),
    ...Object.entries(eventNames).filter(([, [of]]) => of === name).map(([code, [of, says]]): Word => ({
      title: of, kind: `event ${Number(code).toString(16).padStart(2, '0')}h of SMMUv3`, says,
      from: 'Arm IHI 0070, 7.3' })),
    ...cause === undefined || causes[Number(cause)] === undefined ? [] : [{ title: `cause ${cause}`,
      kind: 'fault of a RISC-V IOMMU', says: causes[Number(cause)]!, from: 'RISC-V IOMMU 1.0, 3.2' }],
  ]
}
function eventWords(name: string, flags: string | undefined): readonly Word[] {
  const isFlags = name.startsWith('flags=') && flags !== undefined
  if (!isFlags && !Object.hasOwn(events, name)) return []
  const isRead = flags !== undefined && /^0x[0-9a-f]{1,4}$/i.test(flags)
  const value = isRead ? Number(flags) : null
  const unread = flags === undefined || isRead ? ''
    : `; flags=${flags} cannot be read: 0x and up to four hexadecimal digits`
  const about = isFlags || name === 'IO_PAGE_FAULT' ? 'IO_PAGE_FAULT' : name
  const meaning = value === null ? '' : flagMeaning(about, value)
  return [{ title: about, kind: 'event of AMD-Vi', from: 'AMD 48882, 2.5',
    says: `${events[about]!}${meaning === '' ? '' : `; ${meaning}`}${unread}` }]
}
function flagMeaning(name: string, value: number): string {
  if (name === 'IO_PAGE_FAULT') return `${flagsText(value)}: ${pageFault(value).says}`
  return name === 'INVALID_DEVICE_REQUEST' ? requestText(value) : `flags ${flagNames(value)}`
}
