/** Invalidations that no descriptor asks for: by CCMD and IOTLB, and those that a switch does by itself (VT-d rev 5.10:
 *  6.5.1, 11.4). */
import type { RawIotlbInvalidation } from '../../layout/read-descriptors.ts'
import type { ContextCacheInvalidation } from '../../invalidation/covers.ts'
import { decode, put, registers } from '../../layout/index.ts'
import { illegal, rule } from './state.ts'
import type { Effect, Invalidation, UnitState, Work } from './state.ts'

type By = Extract<Effect, { kind: 'invalidate' }>['by']

/** Every invalidation but that of a device TLB flushes the write buffers first (chapter 6). */
export function invalidate(work: Work, descriptor: Invalidation, by: By): void {
  const ofUnit = descriptor.type !== 'device-tlb' && descriptor.type !== 'page-group-response'
  if (work.has.cap.RWBF === 1 && ofUnit) work.effects.push({ kind: 'flush-write-buffer' })
  work.effects.push({ kind: 'invalidate', descriptor, by })
}

const allContexts: ContextCacheInvalidation = { type: 'context-cache', granularity: 'global', did: 0, sid: 0,
  functionMask: 0 }
const allTranslations: RawIotlbInvalidation =
  { type: 'iotlb', granularity: 'global', did: 0, page: 0, addressMask: 0, hint: false, drainReads: true,
    drainWrites: true }

export function invalidateDmaCaches(work: Work, by: By): void {
  rule(work, 'VTD:11.4/self-invalidating')
  invalidate(work, allContexts, by)
  if (work.has.ecap.SMTS === 1) invalidate(work, { type: 'pasid-cache', granularity: 'global', did: 0, pasid: 0 }, by)
  invalidate(work, allTranslations, by)
}
export function invalidateInterruptCache(work: Work, by: By): void {
  rule(work, 'VTD:11.4/self-invalidating')
  invalidate(work, { type: 'iec', granularity: 'global', index: 0, indexMask: 0 }, by)
}

/** CCMD with ICC=1, IOTLB with IVT=1. */
export type CommandRegister = 'CCMD' | 'IOTLB'
export const isUnderWay = (unit: UnitState, name: CommandRegister): boolean => unit.stored[name][1]! >>> 31 === 1

/** Why the registers invalidate nothing now, or null. TES and IRES do not matter. */
function refusal({ config, status, latched }: UnitState): string | null {
  if (status.QIES) return 'QIES=1'
  const { TTM } = decode(registers.RTADDR.layout, latched.rtaddr)
  if (TTM !== 0) return `TTM=${TTM}`
  return config.version >>> 4 > 5 ? `major version ${config.version >>> 4}` : null
}

/** Hardware is done with the command in a register: ICC or IVT is 0, CAIG or IAIG says what was done. What was asked is
 *  done exactly. */
export function finishRegister(work: Work, name: CommandRegister): void {
  const asked = name === 'CCMD' ? askedOfContext(work.before) : askedOfIotlb(work)
  const why = refusal(work.before) ?? (asked === null ? 'no such granularity' : null)
  const granularity = why !== null || asked === null ? 0
    : ['global', 'domain', name === 'CCMD' ? 'device' : 'page'].indexOf(asked.granularity) + 1
  if (why !== null) illegal(work, 'invalidation-refused', `${name}: ${why}`)
  else if (asked !== null) {
    rule(work, 'VTD:11.4/register-invalidation')
    if (asked.type === 'iotlb' && asked.addressMask > work.has.cap.MAMV)
      illegal(work, 'mask-too-wide', `AM=${asked.addressMask}, CAP.MAMV is ${work.has.cap.MAMV}`)
    invalidate(work, asked, name)
  }
  const words = Uint32Array.from(work.before.stored[name])
  if (name === 'CCMD') {
    put(registers.CCMD.layout, words, 'ICC', 0)
    put(registers.CCMD.layout, words, 'CAIG', granularity)
  }
  else { put(registers.IOTLB.layout, words, 'IVT', 0); put(registers.IOTLB.layout, words, 'IAIG', granularity) }
  work.unit.stored[name] = [...words]
}

function askedOfContext({ stored }: UnitState): ContextCacheInvalidation | null {
  const { CIRG, DID, SID, FM } = decode(registers.CCMD.layout, stored.CCMD)
  const granularity = ([null, 'global', 'domain', 'device'] as const)[CIRG]!
  return granularity && { type: 'context-cache', granularity, did: DID, sid: SID, functionMask: FM }
}

function askedOfIotlb({ before: { stored }, has }: Work): RawIotlbInvalidation | null {
  const { IIRG, DID, DR, DW } = decode(registers.IOTLB.layout, stored.IOTLB),
    { AM, IH, ADDR } = decode(registers.IVA.layout, stored.IVA)
  const granularity = ([null, 'global', 'domain', 'page'] as const)[IIRG]!
  if (granularity === null) return null
  const all = { type: 'iotlb', did: DID, drainReads: DR === 1, drainWrites: DW === 1 } as const
  // Without CAP.PSI the whole domain: hardware may do more than asked, and IAIG says so.
  if (granularity === 'page' && has.cap.PSI === 1)
    return { ...all, granularity, page: ADDR, addressMask: AM, hint: IH === 1 }
  return { ...all, granularity: granularity === 'page' ? 'domain' : granularity, page: 0, addressMask: 0, hint: false }
}
