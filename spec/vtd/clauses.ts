/** Clauses of the VT-d Architecture Specification, rev 5.10. Ids are `VTD:<section>/<what>`; a chapter or table stands
 *  for the section where our sources name no finer one. Fault reasons (tables 15 and 30) derive from `faults.ts`. */
import type { Clauses } from '../iommu/citation.ts'
import { faultClauses } from './faults.ts'
import type { FaultClause } from './faults.ts'

const vtd = <S extends string>(section: S, says: string) => ({ manual: 'VTD', section, says }) as const

const translation = {
  'VTD:3/interrupt-range': vtd('3',
    'Untranslated and without PASID to FEEx_xxxx: a dword write is an interrupt, a zero-length read completes, all '
      + 'else is blocked.'),
  'VTD:3/nested': vtd('3',
    'Nested: every first-stage table and the page itself are guest-physical addresses that go through the second '
      + 'stage.'),
  'VTD:3.6/walk': vtd('3.6',
    'A first-stage walk takes a canonical address through one entry a level, from the table of the PASID entry down.'),
  'VTD:3.6/permissions': vtd('3.6',
    'A user request needs U/S, and to write R/W, in every entry; a privileged one reads all, and needs R/W only if '
      + 'WPE=1.'),
  'VTD:3.6/superpage': vtd('3.6',
    'PS=1 maps a page of 2 MiB at level 2, and with CAP.FS1GP of 1 GiB at level 3; it is reserved otherwise.'),
  'VTD:3.6/accessed-dirty': vtd('3.6',
    'Hardware sets A, and EA if EAFE=1, in each first-stage entry it uses, and D in the leaf of a write; it clears '
      + 'none of them.'),
  'VTD:3.7/accessed-dirty': vtd('3.7',
    'With SSADE=1 hardware sets A in each second-stage entry it uses, and D in the leaf of a write.'),
  'VTD:3.7/walk': vtd('3.7',
    'A second-stage walk reads one entry a level, from the table of the context entry down, each index taken from '
      + 'the address.'),
  'VTD:3.7/permissions': vtd('3.7',
    'A read needs R and a write needs W in every entry of the walk; an AtomicOp needs both.'),
  'VTD:3.7/superpage': vtd('3.7',
    'PS=1 at level 2 or 3 maps a page of 2 MiB or 1 GiB where CAP.SSLPS has that size, and is reserved otherwise.'),
  'VTD:3.7/zero-length-read': vtd('3.7', 'With CAP.ZLR a zero-length read of a page with W and without R completes.'),
  'VTD:9/root-entry': vtd('9',
    'The bus number selects a root entry; it must be present, and then without reserved bits.'),
  'VTD:9/context-entry': vtd('9',
    'Device and function select a context entry; it must be present, without reserved bits, of supported AW and TT.'),
  'VTD:9/scalable-root-entry': vtd('9',
    'Scalable mode: bus and bit 7 of devfn select half a root entry; it must be present, and then without reserved '
      + 'bits.'),
  'VTD:9/scalable-context-entry': vtd('9',
    'Scalable mode: the context entry says which requests a device may send, and which PASID those without one go by.'),
  'VTD:9/pasid-directory-entry': vtd('9',
    'Bits 19:6 of the PASID select a directory entry; it must be present, and then without reserved bits.'),
  'VTD:9/pasid-entry': vtd('9',
    'Bits 5:0 of the PASID select its entry: PGTT is first stage, second stage, nested or pass-through, of a kind '
      + 'this unit has.'),
  'VTD:9/fault-processing-disable': vtd('9',
    'FPD=1 in any entry of context, PASID or interrupt tables, present or not, blocks without recording: qualified '
      + 'faults only.'),
  'VTD:9/pass-through': vtd('9',
    'TT=10, or in scalable mode PGTT=100, uses the address as it is, up to the host address width.'),
  'VTD:9/translated-request': vtd('9',
    'TT=01, or in scalable mode DTE=1, lets a translated request use its address as it is, up to the host address '
      + 'width.'),
  'VTD:11.4/translation-table-mode': vtd('11.4',
    'RTADDR.TTM chooses legacy mode, which knows no PASID and no page request, scalable mode, or abort-DMA, which '
      + 'blocks all.'),
  'VTD:11.4/translation-disabled': vtd('11.4', 'With GSTS.TES=0 requests reach memory untranslated.'),
}

const interrupts = {
  'VTD:5.1.2/message-formats': vtd('5.1.2',
    'Address bit 4 of a request to FEEx_xxxx says compatibility (0) or remappable format (1).'),
  'VTD:5.1.4/remapping-disabled': vtd('5.1.4',
    'With GSTS.IRES=0 every request is taken as compatibility format and delivered unchanged.'),
  'VTD:5.1.4/compatibility-format':
    vtd('5.1.4', 'A compatibility-format request is delivered unchanged if EIME=0 and CFIS=1, else blocked.'),
  'VTD:5.1.4/remap': vtd('5.1.4',
    'A remappable request becomes what the IRTE at its index says, read at once; level-assert is always 1.'),
  'VTD:5.1.4/check-order': vtd('5.1.4',
    'Present, then source, then format of the IRTE. Disputed: the last two are in prose order, QEMU swaps them.'),
  'VTD:5.1.5/interrupt-index': vtd('5.1.5',
    'The index is the handle, plus the subhandle if SHV=1; the sum is not cut to 16 bits.'),
  'VTD:9.9/source-validation': vtd('9.9',
    'SVT and SQ say which requesters may use an IRTE; the check is made on cached entries too.'),
  'VTD:9.9/destination-8-bit': vtd('9.9',
    'With EIME=0 the destination is the 8-bit id in bits 15:8 of DST, the other bits reserved.'),
  'VTD:9.9/destination-32-bit': vtd('9.9', 'With EIME=1 the destination is all of DST.'),
  'VTD:5.2.3/post': vtd('5.2.3',
    'Posting reads and writes the descriptor in one atomic access: PIR[vector]=1, and ON where a notification '
      + 'follows.'),
  'VTD:5.2.3/notify': vtd('5.2.3',
    'With ON=0, and URG=1 or SN=0, ON is set and vector NV sent to NDST: fixed, physical, edge.'),
  'VTD:5.2.3/no-notification': vtd('5.2.3', 'With ON=1, or with SN=1 and URG=0, only PIR changes.'),
  'VTD:5.2.5/software-update': vtd('5.2.5',
    'Software changes NV, NDST and SN in one atomic access of the 64 bits that hardware sets ON in.'),
  'VTD:5.2.5/suppressed': vtd('5.2.5',
    'What is posted under SN=1 sets PIR and not ON: software that clears SN looks at PIR after it.'),
  'VTD:5.2.5/take': vtd('5.2.5', 'ON is cleared first, then PIR is taken: what is posted in between notifies anew.'),
  'VTD:9.10/posted': vtd('9.10', 'IM=1 posts the vector into the descriptor at PDA instead of emitting an interrupt.'),
}

const faulting = {
  'VTD:7.2/record': vtd('7.2',
    'A fault fills the record at the index; the first pending one sets FRI; the index goes round.'),
  'VTD:7.2/suppressed': vtd('7.2', 'A qualified fault with FPD=1 is not recorded.'),
  'VTD:7.2/drop-while-overflowed': vtd('7.2', 'While PFO=1 no fault is recorded.'),
  'VTD:7.2/overflow': vtd('7.2', 'A fault that finds its record still in use sets PFO and is lost.'),
  'VTD:7.2/compress': vtd('7.2', 'Hardware may drop a fault while one of the same source is pending.'),
  'VTD:7.2/index-reset': vtd('7.2', 'The index of the next record is 0 again when TES and IRES are both 0.'),
  'VTD:7.3/event': vtd('7.3',
    'PPF, IQE, ICE or ITE raises a fault event only if none of them and not PFO was set before.'),
  'VTD:7.3/event-mask': vtd('7.3',
    'IM=1 holds the event back in IP; it is sent when IM is cleared, dropped when all status bits are.'),
  'VTD:7.3/pushed': vtd('7.3', 'A read of FSTS or FECTL returns after the fault event messages that are on their way.'),
}

const caching = {
  'VTD:6/context-cache': vtd('6',
    'A context entry may be cached under its source-id, tagged with its domain; it is used until invalidated.'),
  'VTD:6/iotlb': vtd('6',
    'A translation may be cached under source and page, tagged with its domain: frame and ANDed permissions.'),
  'VTD:6/paging-structure-cache':
    vtd('6', 'Non-leaf entries may be cached under domain and address, with the permissions ANDed down to them.'),
  'VTD:6/interrupt-entry-cache': vtd('6',
    'An IRTE may be cached under its index: the whole decision, FPD and source check included.'),
  'VTD:6/speculative-fill': vtd('6',
    'Any entry may be cached at any time before it is used, and any may be evicted or never cached.'),
  'VTD:6/stale-context-tags': vtd('6', 'A stale context entry may be used to fill and tag new IOTLB entries.'),
  'VTD:6/old-or-new': vtd('6',
    'Between a change of a table and the completed invalidation each access may see the old mapping or the new.'),
  'VTD:6/same-domain-same-tables': vtd('6', 'Context entries with the same domain-id have the same SSPTPTR and AW.'),
  'VTD:6/not-present-uncached': vtd('6',
    'With CM=0 entries that fault are never cached, so not-present to present needs no invalidation.'),
  'VTD:6/caching-mode':
    vtd('6', 'With CM=1 what faults may be cached, a context entry under domain 0: new mappings need an '
    + 'invalidation.'),
  'VTD:6/permission-increase': vtd('6',
    'A permission added to a present second-stage entry needs an invalidation to take effect.'),
  'VTD:6/coherency': vtd('6',
    'With ECAP.C=0 software writes table lines back from the CPU cache before hardware sees them.'),
  'VTD:6/write-buffer-flush': vtd('6',
    'With CAP.RWBF=1 table stores may wait in a buffer; GCMD.WBF and each invalidation but that of a device TLB '
      + 'flush it.'),
  'VTD:6/drain': vtd('6',
    'With DR and DW translated requests of the invalidated range in flight are done before the next wait completes.'),
  'VTD:6/no-drain': vtd('6', 'Without draining a DMA translated before the invalidation may land after the wait.'),
  'VTD:6/interrupt-drain': vtd('6',
    'An IEC invalidation drains remapped interrupts of those indexes, at least into the IRR, before the next wait '
      + 'completes.'),
  'VTD:6/compatibility-undrained': vtd('6', 'Compatibility-format interrupts are not drained.'),
}

const queue = {
  'VTD:6.5.2/empty-full': vtd('6.5.2', 'Head equal to tail is empty; software uses at most all entries but one.'),
  'VTD:6.5.2/fetch': vtd('6.5.2',
    'Fetching needs QIES=1, a queue that is not empty, IQE=0 and ITE=0; the head moves past valid descriptors.'),
  'VTD:6.5.2/error-stops': vtd('6.5.2',
    'An invalid descriptor sets IQE, the head stays on it, and nothing is fetched until software clears IQE.'),
  'VTD:6.5.2/unordered': vtd('6.5.2',
    'Descriptors may execute in any order but for the rules of order between caches and the wait.'),
  'VTD:6.5.2/iotlb-after-context':
    vtd('6.5.2', 'An IOTLB invalidation starts only after all earlier context-cache invalidations are complete.'),
  'VTD:6.5.2.1/context-global': vtd('6.5.2.1',
    'A global context-cache invalidation removes all entries; hardware may remove more than asked at any granularity.'),
  'VTD:6.5.2.1/context-domain': vtd('6.5.2.1', 'A domain-selective one removes the entries tagged with that domain.'),
  'VTD:6.5.2.1/context-device':
    vtd('6.5.2.1', 'A device-selective one removes entries of that domain and source-id, function bits in FM ignored.'),
  'VTD:6.5.2.3/iotlb': vtd('6.5.2.3',
    'An IOTLB invalidation removes the entries of its domain and range; hardware may remove more.'),
  'VTD:6.5.2.3/iotlb-global': vtd('6.5.2.3',
    'A global IOTLB invalidation removes all IOTLB and paging-structure entries.'),
  'VTD:6.5.2.3/iotlb-domain': vtd('6.5.2.3',
    'A domain-selective one removes the IOTLB and paging-structure entries of that domain.'),
  'VTD:6.5.2.3/iotlb-page': vtd('6.5.2.3',
    'A page-selective one removes entries of that domain overlapping 2^AM pages from ADDR rounded down.'),
  'VTD:6.5.2.3/hint': vtd('6.5.2.3',
    'A page-selective one with IH=1 keeps paging-structure entries; with IH=0 it removes those on the way to the '
      + 'range.'),
  'VTD:6.5.2.3/psi-absent': vtd('6.5.2.3',
    'With CAP.PSI=0 a page-selective descriptor is invalid: software invalidates the domain.'),
  'VTD:6.5.2.8/iec-global': vtd('6.5.2.8', 'A global IEC invalidation removes all interrupt entries.'),
  'VTD:6.5.2.8/iec-index': vtd('6.5.2.8', 'An index-selective one removes 2^IM entries from IIDX rounded down.'),
  'VTD:6.5.2.9/wait': vtd('6.5.2.9',
    'A wait completes only after every descriptor since the previous wait is complete; it then writes its status '
      + 'word.'),
  'VTD:6.5.2.9/fence': vtd('6.5.2.9', 'With FN=1 no later descriptor starts before the wait completes.'),
  'VTD:6.5.2.9/event': vtd('6.5.2.9',
    'A wait with IF=1 sets IWC, and raises an event only if IWC was 0; IM=1 holds it back in IP.'),
  'VTD:6.5.2/enable': vtd('6.5.2',
    'To enable: no register invalidation under way, IQT=0, IQA, then QIE. To disable: an empty queue whose last '
      + 'descriptor is a completed wait.'),
  'VTD:6.5.2/tail': vtd('6.5.2',
    'IQT is the offset of an entry of the ring; bit 4 is 0 where descriptors have 256 bits.'),
  'VTD:6.5.2/capability': vtd('6.5.2',
    'Kinds of descriptors and widths of masks go as far as the capabilities: DT, IR, PRS, MAMV, MHMV.'),
  'VTD:6.5.2/device-error': vtd('6.5.2',
    'A device that answers an invalidation with an error sets ICE; the queue goes on.'),
  'VTD:6.5.2/device-time-out': vtd('6.5.2',
    'A device that does not answer sets ITE: all pending waits are aborted, and fetching goes on from IQH once '
      + 'software clears it.'),
  'VTD:11.4/register-invalidation': vtd('11.4',
    'CCMD and IOTLB registers invalidate while QIES=0 and TTM=00, up to major version 5; they reach no interrupt '
      + 'entry.'),
  'VTD:11.4/register-refused': vtd('11.4',
    'An invalidation by register that cannot be is ignored: CAIG or IAIG is 00.'),
}

const control = {
  'VTD:11.4/access': vtd('11.4',
    'Registers of 32 bits are accessed as aligned dwords, those of 64 as quadwords or as two dwords, the low one '
      + 'first.'),
  'VTD:11.4/reserved': vtd('11.4', 'Reserved bits are written as they were read, or as 0.'),
  'VTD:11.4/one-change': vtd('11.4', 'Software changes one thing by one write of GCMD, and waits until GSTS shows it.'),
  'VTD:11.4/pointer-first': vtd('11.4', 'SRTP comes before TE and SIRTP before IRE, again after each disable.'),
  'VTD:11.4/latched': vtd('11.4',
    'RTADDR and IRTA count from the SRTP or SIRTP that follows; RTPS, IRTPS clear on the write and are set when it '
      + 'is done.'),
  'VTD:11.4/mode-change': vtd('11.4',
    'TTM changes under TES=1 only with CAP.ESRTPS; EIME does not change under IRES=1.'),
  'VTD:11.4/self-invalidating': vtd('11.4',
    'SRTP with ESRTPS, TE going to 0 with SMTS: the DMA caches are invalidated. SIRTP and IRE going to 0, with '
      + 'ESIRTPS: the IEC.'),
  'VTD:11.4/protected-memory': vtd('11.4',
    'While PMEN.PRS=1 DMA to the protected ranges is blocked and not recorded; reads of tables are exempt. A limit '
      + 'below its base is no range.'),
}

const sequences = {
  'VTD:table-28/root-entry': vtd('table 28',
    'After a root entry changed: context cache globally, then the IOTLB globally.'),
  'VTD:table-28/context-entry': vtd('table 28',
    'After a present context entry changed: context cache of the device, old domain, then the IOTLB of that domain.'),
  'VTD:table-28/domain-reuse':
    vtd('table 28', 'Before a domain-id serves again: context cache of the domain, then the IOTLB of the domain.'),
  'VTD:table-28/second-stage-leaf': vtd('table 28',
    'After a present leaf changed: the IOTLB of its pages, IH=1 allowed.'),
  'VTD:table-28/second-stage-non-leaf': vtd('table 28',
    'After a present non-leaf entry changed: the IOTLB of all its pages with IH=0.'),
  'VTD:table-28/irte': vtd('table 28', 'After an IRTE changed: the IEC of its index, then a wait.'),
  'VTD:table-28/set-root-table': vtd('table 28',
    'After SRTP: context cache, then IOTLB, both globally, unless ESRTPS=1.'),
  'VTD:table-28/set-interrupt-table': vtd('table 28', 'After SIRTP: the IEC globally, unless ESIRTPS=1.'),
  'VTD:table-28/order': vtd('table 28',
    'Context cache before IOTLB, each complete before the next begins, the later at equal or coarser granularity.'),
}

const rules = { ...translation, ...interrupts, ...faulting, ...caching, ...queue, ...control,
  ...sequences } as const satisfies Clauses

/** Ids that code of this unit may name; a typing mistake is a type error. */
export type VtdClause = keyof typeof rules | FaultClause

export const vtdClauses: Readonly<Record<VtdClause, Clauses[string]>> = { ...rules, ...faultClauses }
