/** A witness for every fault reason of tables 30 and 15, over raw words: one edit of a healthy machine. Reasons that
 *  none can have are listed with the cause. */
import { describe, expect, it } from 'vitest'
import { faultReason, faultReasons } from '../../spec/vtd/faults.ts'
import {
  asking, dma, handle, having, interrupt, is, rule, scalable, sending, unreadable, updatesFail, withPasid, world,
} from './raw-world.ts'
import type { Edit } from './raw-world.ts'

interface Row {
  readonly reason: number
  readonly of: string
  readonly edits: readonly Edit[]
  readonly or?: readonly number[]
}
const [first, second, nested, passThrough] = [0x41, 0x42, 0x43, 0x44].map(withPasid) as [Edit, Edit, Edit, Edit]
const write = asking({ access: 'write' }), pageRequest = asking({ type: 'page-request' })
const tracked = is('nested', { SSADE: 1 })

const legacy: readonly Row[] = [
  { reason: 0x08, of: 'root table unreadable', edits: [unreadable('root')] },
  { reason: 0x01, of: 'root entry P=0', edits: [is('root', { P: 0 })] },
  { reason: 0x0a, of: 'root entry bit 1', edits: [is('root', { reserved1: 1 })] },
  { reason: 0x09, of: 'context table unreadable', edits: [unreadable('context')] },
  { reason: 0x02, of: 'context entry P=0', edits: [is('context', { P: 0 })] },
  { reason: 0x0b, of: 'context entry bit 71', edits: [is('context', { reserved71: 1 })] },
  { reason: 0x0b, of: 'SSPTPTR beyond the host address width', edits: [is('context', { SSPTPTR: 2 ** 34 })] },
  { reason: 0x03, of: 'AW not in SAGAW', edits: [having('CAP', { SAGAW: 0b100 })] },
  { reason: 0x03, of: 'top table unreadable', edits: [unreadable('ss3')] },
  { reason: 0x0d, of: 'translated request under TT=00', edits: [asking({ type: 'translated' })] },
  { reason: 0x07, of: 'last table unreadable', edits: [unreadable('ss1')] },
  { reason: 0x0c, of: 'SNP in a table entry', edits: [is('ss2', { reserved11: 1 })] },
  { reason: 0x04, of: 'address beyond the tables', edits: [asking({ address: 2 ** 39 })] },
  { reason: 0x05, of: 'write, W=0', edits: [is('ss1', { W: 0 }), write] },
  { reason: 0x06, of: 'read, R=0', edits: [is('ss1', { R: 0 })] },
  { reason: 0x0e, of: 'page in FEEx', edits: [is('ss1', { ADDR: 0xfee00 })] },
  { reason: 0x29, of: 'read of FEEx', edits: [asking({ address: 0xfee00000 })] },
]
const modes: readonly Row[] = [
  { reason: 0x30, of: 'TTM=10', edits: [having('RTADDR', { TTM: 2 })] },
  { reason: 0x30, of: 'TTM=01 without SMTS', edits: [scalable, having('ECAP', { SMTS: 0 })] },
  { reason: 0x30, of: 'TTM=11 without ADMS', edits: [having('RTADDR', { TTM: 3 }), having('ECAP', { ADMS: 0 })] },
  { reason: 0x30, of: 'SSIRWE in legacy mode', edits: [having('RTADDR', { SSIRWE: 1 }), rule('ssirwe')] },
  { reason: 0x31, of: 'PASID in legacy mode', edits: [asking({ pasid: 1 })] },
  { reason: 0x31, of: 'PASID in legacy mode, to FEEx', edits: [asking({ pasid: 1, address: 0xfee00000 })] },
  { reason: 0x32, of: 'page request in legacy mode', edits: [pageRequest] },
  { reason: 0x33, of: 'TTM=11', edits: [having('RTADDR', { TTM: 3 })] },
  { reason: 0x34, of: 'execute', edits: [first, asking({ execute: true }), rule('executeBlocked')] },
]
const context: readonly Row[] = [
  { reason: 0x38, of: 'root table unreadable', edits: [scalable, unreadable('scalableRoot')] },
  { reason: 0x39, of: 'lower half not present', edits: [scalable, is('scalableRoot', { LP: 0, UP: 1, UCTP: 0x12 })] },
  { reason: 0x39, of: 'upper half not present', edits: [scalable, asking({ sid: 0x0190 })] },
  { reason: 0x3a, of: 'lower half bit 1', edits: [scalable, is('scalableRoot', { reserved1: 1 })] },
  { reason: 0x40, of: 'context table unreadable', edits: [scalable, unreadable('scalableContext')] },
  { reason: 0x41, of: 'context entry P=0', edits: [scalable, is('scalableContext', { P: 0 })] },
  { reason: 0x42, of: 'context entry bit 7', edits: [scalable, is('scalableContext', { reserved7: 1 })] },
  { reason: 0x42, of: 'PASIDE without ECAP.PASID', edits: [scalable, having('ECAP', { PASID: 0 })] },
  { reason: 0x43, of: 'DTE=0 and PRE=1', edits: [scalable, is('scalableContext', { DTE: 0 })] },
  { reason: 0x43, of: 'RID_PASID beyond PDTS', edits: [scalable, is('scalableContext', { RID_PASID: 2 ** 13 })] },
  { reason: 0x43, of: 'EPTR=1 and PASIDE=0',
    edits: [scalable, rule('translatedPasid'), is('scalableContext', { EPTR: 1, PASIDE: 0 })] },
  { reason: 0x44, of: 'DTE=0, translation request',
    edits: [scalable, is('scalableContext', { DTE: 0, PRE: 0 }), asking({ type: 'translation' })] },
  { reason: 0x44, of: 'DTE=0, translated request',
    edits: [scalable, is('scalableContext', { DTE: 0, PRE: 0 }), asking({ type: 'translated' })] },
  { reason: 0x45, of: 'PASIDE=0', edits: [first, is('scalableContext', { PASIDE: 0 })] },
  { reason: 0x46, of: 'PASID beyond PDTS', edits: [withPasid(2 ** 13)] },
  { reason: 0x47, of: 'PRE=0', edits: [scalable, pageRequest, is('scalableContext', { PRE: 0 })] },
  { reason: 0x48, of: 'PASID is RID_PASID', edits: [second] },
  { reason: 0x48, of: 'PASID 0 without RPS',
    edits: [withPasid(0), having('ECAP', { RPS: 0 }), is('scalableContext', { RID_PASID: 0 })] },
  { reason: 0x49, of: 'translated request with PASID, EPTR=0',
    edits: [first, asking({ type: 'translated' }), rule('translatedPasid')] },
  { reason: 0x89, of: 'PASID wider than PSS', edits: [first, having('ECAP', { PSS: 5 }), rule('pasidWidth')] },
]
const pasid: readonly Row[] = [
  { reason: 0x50, of: 'directory unreadable', edits: [scalable, unreadable('directory')] },
  { reason: 0x51, of: 'directory entry P=0', edits: [scalable, is('directory', { P: 0 })] },
  { reason: 0x51, of: 'PASID 0 without RPS',
    edits: [scalable, having('ECAP', { RPS: 0 }), is('scalableContext', { RID_PASID: 0 })] },
  { reason: 0x52, of: 'directory entry bit 2', edits: [scalable, is('directory', { reserved2: 1 })] },
  { reason: 0x58, of: 'table unreadable', edits: [scalable, unreadable('second')] },
  { reason: 0x59, of: 'entry P=0', edits: [scalable, is('second', { P: 0 })] },
  { reason: 0x5a, of: 'entry bit 5', edits: [scalable, is('second', { reserved5: 1 })] },
  { reason: 0x5a, of: 'SRE without SRS', edits: [scalable, having('ECAP', { SRS: 0 })] },
  { reason: 0x5b, of: 'PGTT=000', edits: [scalable, is('second', { PGTT: 0 })] },
  { reason: 0x5b, of: 'AW not in SAGAW', edits: [scalable, is('second', { AW: 4 })] },
  { reason: 0x5b, of: 'second stage without SSTS', edits: [scalable, having('ECAP', { SSTS: 0 })] },
  { reason: 0x5b, of: 'first stage without FSTS', edits: [first, having('ECAP', { FSTS: 0 })] },
  { reason: 0x5b, of: 'five levels without FS5LP',
    edits: [first, is('first', { FSPM: 1 }), having('CAP', { FS5LP: 0 })] },
  { reason: 0x5b, of: 'FSPM=10', edits: [first, is('first', { FSPM: 2 })] },
  { reason: 0x5b, of: 'nested without NEST', edits: [nested, having('ECAP', { NEST: 0 })] },
  { reason: 0x5b, of: 'nested FSPTPTR beyond AW', edits: [nested, is('nested', { FSPTPTR: 2 ** 27 })] },
  { reason: 0x5b, of: 'pass-through without PT', edits: [passThrough, having('ECAP', { PT: 0 })] },
  { reason: 0x5c, of: 'execute without ERS', edits: [first, asking({ execute: true }), having('ECAP', { ERS: 0 })] },
  { reason: 0x5d, of: 'privileged, SRE=0', edits: [first, asking({ privileged: true }), is('first', { SRE: 0 })] },
  { reason: 0x5d, of: 'RID_PRIV, SRE=0',
    edits: [scalable, is('scalableContext', { RID_PRIV: 1 }), is('second', { SRE: 0 })] },
]
const firstStage: readonly Row[] = [
  { reason: 0x80, of: 'above the lower half', edits: [first, asking({ address: 2 ** 47 })] },
  { reason: 0x80, of: 'below the upper half', edits: [first, asking({ address: 2 ** 64 - 2 ** 47 - 2 ** 12 })] },
  { reason: 0x73, of: 'top table unreadable', edits: [first, unreadable('fs4')] },
  { reason: 0x70, of: 'last table unreadable', edits: [first, unreadable('fs1')] },
  { reason: 0x71, of: 'P=0', edits: [first, is('fs2', { P: 0 })] },
  { reason: 0x71, of: 'P=0 after R/W is lost', edits: [first, is('fs3', { RW: 0 }), is('fs2', { P: 0 }), write],
    or: [0x85] },
  { reason: 0x71, of: 'upper half, nothing there', edits: [first, asking({ address: 2 ** 64 - 2 ** 47 })] },
  { reason: 0x72, of: 'PS in PML4E', edits: [first, is('fs4', { reserved7: 1 })] },
  { reason: 0x72, of: 'address beyond the host address width', edits: [first, is('fs1', { ADDR: 2 ** 34 })] },
  { reason: 0x72, of: 'PS in PDPE without FS1GP', edits: [first, is('fs3', { PS: 1 }), having('CAP', { FS1GP: 0 })] },
  { reason: 0x81, of: 'user, U/S=0', edits: [first, is('fs2', { US: 0 })] },
  { reason: 0x81, of: 'user write, U/S=0 and R/W=0', edits: [first, is('fs1', { US: 0, RW: 0 }), write], or: [0x85] },
  { reason: 0x85, of: 'write, R/W=0', edits: [first, is('fs3', { RW: 0 }), write] },
  { reason: 0x85, of: 'privileged write, R/W=0 and WPE=1',
    edits: [first, is('fs1', { RW: 0 }), write, asking({ privileged: true })] },
  { reason: 0x85, of: 'write, R/W=0: no D bit is due', edits: [first, is('fs1', { RW: 0 }), write, updatesFail] },
  { reason: 0x90, of: 'A=0, walk not snooped, and so not tried',
    edits: [first, is('fs2', { A: 0 }), is('first', { PWSNP: 0 }), updatesFail] },
  { reason: 0x90, of: 'A=0, walk not snooped', edits: [first, is('fs2', { A: 0 }), is('first', { PWSNP: 0 })] },
  { reason: 0x90, of: 'EA=0, walk not snooped', edits: [first, is('first', { EAFE: 1, PWSNP: 0 })] },
  { reason: 0x90, of: 'write, D=0, walk not snooped', edits: [first, is('first', { PWSNP: 0 }), write] },
  { reason: 0x91, of: 'A=0, update fails', edits: [first, is('fs1', { A: 0 }), updatesFail] },
  { reason: 0x71, of: 'P=0 below an entry whose update fails',
    edits: [first, is('fs3', { A: 0 }), is('fs2', { P: 0 }), updatesFail], or: [0x91] },
  { reason: 0x87, of: 'page in FEEx', edits: [first, is('fs1', { ADDR: 0xfee00 })] },
]
const secondStage: readonly Row[] = [
  { reason: 0x84, of: 'address beyond the tables', edits: [scalable, asking({ address: 2 ** 39 })] },
  { reason: 0x7b, of: 'top table unreadable', edits: [scalable, unreadable('ss3')] },
  { reason: 0x78, of: 'last table unreadable', edits: [scalable, unreadable('ss1')] },
  { reason: 0x79, of: 'R=W=0', edits: [scalable, is('ss1', { R: 0, W: 0 })] },
  { reason: 0x79, of: 'R and W never together', edits: [scalable, is('ss2', { R: 0 }), is('ss1', { W: 0 })],
    or: [0x86] },
  { reason: 0x7a, of: 'SNP in a table entry', edits: [scalable, is('ss2', { reserved11: 1 })] },
  { reason: 0x7a, of: 'reserved and read-only', edits: [scalable, is('ss1', { W: 0, ADDR: 2 ** 34 }), write],
    or: [0x85] },
  { reason: 0x7c, of: 'A=0, walk not snooped', edits: [scalable, is('second', { SSADE: 1, PWSNP: 0 })] },
  { reason: 0x7d, of: 'A=0, update fails', edits: [scalable, is('second', { SSADE: 1 }), updatesFail] },
  { reason: 0x85, of: 'write, W=0', edits: [scalable, is('ss1', { W: 0 }), write] },
  { reason: 0x86, of: 'read, R=0', edits: [scalable, is('ss1', { R: 0 })] },
  { reason: 0x87, of: 'page in FEEx', edits: [scalable, is('ss1', { ADDR: 0xfee00 })] },
  { reason: 0x83, of: 'pass-through above HAW', edits: [passThrough, asking({ address: 2 ** 46 })] },
  { reason: 0x83, of: 'translated above HAW', edits: [scalable, asking({ type: 'translated', address: 2 ** 46 })] },
  { reason: 0x87, of: 'pass-through with PASID into FEEx', edits: [passThrough, asking({ address: 0xfee00000 })] },
]
const nesting: readonly Row[] = [
  { reason: 0x73, of: 'top table unreadable', edits: [nested, unreadable('guest4')] },
  { reason: 0x7b, of: 'top second-stage table unreadable', edits: [nested, unreadable('ss3')] },
  { reason: 0x7a, of: 'second stage reserved', edits: [nested, is('ssGuest2', { ADDR: 2 ** 34 })] },
  { reason: 0x74, of: 'entry beyond AW', edits: [nested, is('guest3', { ADDR: 2 ** 27 })] },
  { reason: 0x74, of: 'leaf beyond AW', edits: [nested, is('guest1', { ADDR: 2 ** 27 })], or: [0x84] },
  { reason: 0x75, of: 'top table, R=0', edits: [nested, is('ssGuest4', { R: 0 })] },
  { reason: 0x75, of: 'top table, W=0 and SSADE=1', edits: [nested, is('ssGuest4', { W: 0 }), tracked] },
  { reason: 0x79, of: 'top table, R=W=0', edits: [nested, is('ssGuest4', { R: 0, W: 0 })], or: [0x75] },
  { reason: 0x76, of: 'lower table, R=0', edits: [nested, is('ssGuest2', { R: 0 })] },
  { reason: 0x76, of: 'lower table, W=0 and SSADE=1', edits: [nested, is('ssGuest1', { W: 0 }), tracked] },
  { reason: 0x77, of: 'A=0, W=0', edits: [nested, is('guest2', { A: 0 }), is('ssGuest2', { W: 0 })] },
  { reason: 0x77, of: 'write, D=0, W=0', edits: [nested, is('ssGuest1', { W: 0 }), write] },
  { reason: 0x71, of: 'P=0 below A=0 and W=0',
    edits: [nested, is('guest4', { A: 0 }), is('ssGuest4', { W: 0 }), is('guest2', { P: 0 })], or: [0x77] },
  { reason: 0x7c, of: 'second-stage A=0, walk not snooped', edits: [nested, is('nested', { SSADE: 1, PWSNP: 0 })] },
  { reason: 0x7d, of: 'second-stage A=0, update fails', edits: [nested, tracked, updatesFail] },
  { reason: 0x85, of: 'write, first stage R/W=0', edits: [nested, is('guest3', { RW: 0 }), write] },
  { reason: 0x85, of: 'write, first stage R/W=0, guest page in FEEx',
    edits: [nested, is('guest1', { RW: 0, ADDR: 0xfee00 }), write] },
  { reason: 0x85, of: 'write, second stage W=0', edits: [nested, is('ssPage', { W: 0 }), write] },
  { reason: 0x86, of: 'second stage R=0', edits: [nested, is('ssPage', { R: 0 })] },
  { reason: 0x79, of: 'second stage R=W=0', edits: [nested, is('ssPage', { R: 0, W: 0 })] },
  { reason: 0x87, of: 'page in FEEx', edits: [nested, is('ssPage', { ADDR: 0xfee00 })] },
]
const posted = sending(handle(6))
const interrupts: readonly Row[] = [
  { reason: 0x20, of: 'data 31:16 with SHV=1', edits: [sending(handle(5) + 8, 0x10000)] },
  { reason: 0x21, of: 'index beyond the table', edits: [sending(handle(256))] },
  { reason: 0x22, of: 'P=0', edits: [is('irte', { P: 0 })] },
  { reason: 0x23, of: 'table unreadable', edits: [unreadable('irte')] },
  { reason: 0x24, of: 'bit 12', edits: [is('irte', { reserved12: 1 })] },
  { reason: 0x24, of: 'posted without CAP.PI', edits: [posted, having('CAP', { PI: 0 })] },
  { reason: 0x25, of: 'compatibility format', edits: [sending(0xfee03000)] },
  { reason: 0x26, of: 'another function', edits: [is('irte', { SID: 0x0111 })] },
  { reason: 0x27, of: 'descriptor unreadable', edits: [posted, unreadable('descriptor')] },
  { reason: 0x28, of: 'descriptor bit 258', edits: [posted, is('descriptor', { reserved258: 1 })] },
  { reason: 0x28, of: 'NDST beyond 8 bits, EIME=0',
    edits: [posted, having('IRTA', { EIME: 0 }), is('descriptor', { NDST: 0x10000 })] },
  { reason: 0x2a, of: 'EIMER=1 and EIME=0', edits: [having('ECAP', { EIMER: 1 }), having('IRTA', { EIME: 0 })] },
  { reason: 0x2b, of: 'IRREQ=1 and IRES=0', edits: [having('ECAP', { IRREQ: 1 }), having('GSTS', { IRES: 0 })] },
]

/** Why no machine of the model gives these. */
const unreachable: ReadonlyMap<number, string> = new Map([
  [0x82, 'rev 3.x only: rev 5.10 has no execute permission in its tables'],
  ...[0x60, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5].map((code): [number, string] =>
    [code, 'host permission tables are not modelled: one source only']),
])

const dmaRows = [...legacy, ...modes, ...context, ...pasid, ...firstStage, ...secondStage,
  ...nesting].map(row => ({ ...row, via: dma }))
const rows = [...dmaRows, ...interrupts.map(row => ({ ...row, via: interrupt }))].map(row => ({ ...row,
  code: row.reason.toString(16) }))
/** FPD wherever there is one; it counts from where it is read. */
const fpd: Edit = w => {
  for (const name of ['context', 'scalableContext', 'directory', 'first', 'second', 'nested', 'passThrough', 'irte',
    'posted'] as const) is(name, { FPD: 1 })(w)
}

describe('fault reasons over raw words', () => {
  it.each(rows)('$code: $of', ({ reason, or, edits, via }) => {
    expect(via(world(...edits))).toMatchObject({ kind: 'fault', reason, alternatives: or ?? [], suppressed: false })
  })
  it.each(rows)('FPD suppresses $code only if qualified: $of', ({ reason, edits, via }) => {
    expect(via(world(...edits, fpd)))
      .toMatchObject({ kind: 'fault', reason, suppressed: faultReason(reason)!.qualified })
  })
  it.each(['scalableContext', 'directory', 'second'] as const)('FPD of the %s alone suppresses what is found below it',
    name => {
      expect(dma(world(scalable, is('ss1', { R: 0 }), is(name, { FPD: 1 }))))
        .toMatchObject({ reason: 0x86, suppressed: true })
      expect(dma(world(scalable, is('second', { P: 0 }), is(name, { FPD: 1 }))))
        .toMatchObject({ reason: 0x59, suppressed: true })
    })
  it('all are hit but those that cannot be', () => {
    const hit = new Set(rows.map(({ reason }) => reason))
    const never = faultReasons.map(({ code }) => code).filter(code => !hit.has(code))
    expect(never.sort()).toEqual([...unreachable.keys()].sort())
  })
})
