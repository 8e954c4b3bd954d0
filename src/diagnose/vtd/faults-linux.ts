/** Reads fault lines of Linux of all ages, and of Xen, which has the same words (Linux drivers/iommu/intel/dmar.c, Xen
 *  drivers/passthrough/vtd/iommu.c: facts about their texts). Until 4.x fault and reason stand in two lines; from 5.14
 *  numbers have 0x, and reasons before that are decimal. Xen's are hexadecimal. */
import type { Happening, Line, Reader, Reading } from '../happening.ts'
import { bigHex, deviceOf, form } from '../text.ts'
import { happeningOf } from './fault.ts'
import type { UnitFault } from './fault.ts'
import { reasonOf } from './reason.ts'
import type { Reason } from './reason.ts'
import { newWalk } from './walk.ts'
import type { Walk } from './walk.ts'

const id = '\\[{1,2}((?:[0-9a-f]{4}:)?(?:0x)?[0-9a-f]{2}:(?:0x)?[0-9a-f]{2}\\.(?:0x)?[0-7])\\]{0,2}'
const dma = new RegExp('\\[DMA (Read|Write)(?: (NO_PASID|PASID (?:0x)?[0-9a-f]{1,8}))?\\] ?Request device '
  + `${id} (?:PASID ([0-9a-f]{1,8}) )?fault addr (?:0x)?([0-9a-f]{1,16})\\b`, 'i')
const interrupt = new RegExp(`INTR-REMAP\\]?:? ?Request device ${id} fault index (?:0x)?([0-9a-f]{1,4})\\b`, 'i')
const begun = /\[DMA (?:Read|Write)\b|INTR-REMAP\]?:? ?Request/i
const reasonLinux = /\[fault reason (0x[0-9a-f]{1,2}|[0-9a-f]{1,3})\] ?(.*)$/i
const reasonXen = /reason ([0-9a-f]{1,2}) - (.*?)(?: on iommu:\d+)?$/i
const status = /DRHD: handling fault status reg (?:0x)?([0-9a-f]{1,8})\b/i
const dumpHead = /Dump (dmar\d+) table entries for IOVA (?:0x)?([0-9a-f]{1,16})/i
const xenHead = form('print_vtd_entries: iommu #?<dec> dev <device> gmfn <hex>')
/** A status line is about the faults of the next lines. */
const statusReach_lines = 8
/** A dump of Xen has at most nine lines. */
const dumpReach_lines = 12

export class LinuxFaults implements Reader {
  readonly name = 'fault of a VT-d unit'
  readonly words = new RegExp(['\\[DMA (?:Read|Write)', 'INTR-REMAP', 'fault status reg', 'Dump dmar\\d', 'pte level',
    '(?:root|context|pasid) (?:entry|dir|table)', 'PTE not present', 'page table is not '
      + 'present', 'print_vtd_entries', '(?:root_entry|context)\\[', 'l\\d\\[[0-9a-f]{3}\\] = ', 'l\\d\\[.*not present']
    .join('|'), 'i')
  readonly starts = begun
  #status: { readonly value: number; readonly line: Line } | null = null
  #last: UnitFault | null = null
  #walk: Walk | null = null
  /** A dump that no fault above it asked for: Xen's may stand before the fault line. */
  #ahead: { readonly walk: Walk; readonly device: string; readonly line: Line } | null = null

  read(line: Line, final: boolean): Reading {
    const { text } = line
    if (begun.test(text)) return this.#fault(line, final)
    const said = status.exec(text)
    if (said !== null) {
      this.#status = { value: Number.parseInt(said[1]!, 16), line }
      return 'context'
    }
    const head = dumpHead.exec(text), ofXen = xenHead.exec(text)
    if (head !== null || ofXen !== null) {
      this.#walk = ofXen === null ? newWalk(head![1]!, bigHex(head![2]!))
        : newWalk(`iommu ${ofXen[1]}`, bigHex(ofXen[3]!) << 12n)
      const fault = this.#last
      const isIts = fault !== null && fault.address >> 12n === this.#walk.address >> 12n && fault.walk === null
      if (isIts) fault.walk = this.#walk
      this.#ahead = isIts || ofXen === null ? null : { walk: this.#walk, device: deviceOf(ofXen[2]!), line }
      return 'context'
    }
    return this.#walk !== null && this.#entry(this.#walk, text) ? 'context' : 'other'
  }
  end(): readonly Happening[] {
    this.#status = this.#last = this.#walk = this.#ahead = null
    return []
  }

  #fault(line: Line, final: boolean): Reading {
    const { text } = line
    const isXen = /\(XEN\)|VT-D|iommu reg = /.test(text)
    const rest = reasonLinux.exec(text) ?? reasonXen.exec(text)
    if (rest === null && !final) return 'more'
    const found = dma.exec(text), request = interrupt.exec(text)
    const reason = rest === null ? null : fitting(reasonOf(rest[1]!, rest[2]!, isXen ? 'hex' : 'decimal'),
      request !== null)
    if (found === null && request === null) return 'other'
    const fault: UnitFault = found !== null ? dmaFault(found, line, isXen, reason)
      : { system: isXen ? 'Xen' : 'Linux', line, device: deviceOf(request![1]!), access: 'interrupt',
        address: bigHex(request![2]!), pasid: undefined, reason, status: null, walk: null } satisfies UnitFault
    if (this.#status !== null && line.number - this.#status.line.number <= statusReach_lines)
      fault.status = this.#status.value
    fault.walk = this.#walkAhead(fault)
    this.#last = fault
    this.#walk = null
    return [happeningOf(fault)]
  }

  #walkAhead({ device, address, line }: UnitFault): Walk | null {
    const ahead = this.#ahead
    this.#ahead = null
    const isIts = ahead !== null && ahead.device === device && ahead.walk.address >> 12n === address >> 12n
      && line.number - ahead.line.number <= dumpReach_lines
    return isIts ? ahead.walk : null
  }

  /** One line of the dump. */
  #entry(walk: Walk, text: string): boolean {
    const word = (found: RegExpExecArray, n: number): bigint => BigInt(found[n]!)
    const root = /(scalable mode )?root entry: (?:hi (0x[0-9a-f]{1,16}), low )?(0x[0-9a-f]{1,16})/i.exec(text)
    if (root !== null) {
      walk.mode = root[1] === undefined ? 'legacy' : 'scalable'
      walk.root = [word(root, 3), ...root[2] === undefined ? [] : [word(root, 2)]]
      return true
    }
    const context = /context entry: hi (0x[0-9a-f]{1,16}), low (0x[0-9a-f]{1,16})/i.exec(text)
    if (context !== null) { walk.context = [word(context, 2), word(context, 1)]; return true }
    const directory = /pasid dir entry: (0x[0-9a-f]{1,16})/i.exec(text)
    if (directory !== null) { walk.directory = word(directory, 1); return true }
    const pasid = /pasid table entry\[([0-7])\]: (0x[0-9a-f]{1,16})/i.exec(text)
    if (pasid !== null) { walk.pasid[Number(pasid[1])] = word(pasid, 2); return true }
    const level = /pte level: (\d), pte value: (0x[0-9a-f]{1,16})/i.exec(text)
    if (level !== null) {
      if (walk.levels.length < 8) walk.levels.push({ level: Number(level[1]), value: word(level, 2) })
      return true
    }
    if (xenEntry(walk, text)) return true
    const ended = /PTE not present at level \d|(?:\w+ )*\w+ table is not present/i.exec(text)
    if (ended === null) return false
    walk.missing = ended[0]
    return true
  }
}

/** Lines about interrupts and about DMA have reasons of their own. */
const fitting = (reason: Reason, isInterrupt: boolean): Reason =>
  reason.doubt !== null || isInterrupt === (reason.code >= 0x20 && reason.code < 0x30) || reason.code === 0xff ? reason
    : { ...reason, doubt: `the line is about ${isInterrupt ? 'an interrupt' : 'DMA'}, and the reason is one of `
      + `${isInterrupt ? 'DMA' : 'an interrupt'}: one of them is mistyped` }

/** Xen's own dump of the walk, in legacy mode: `context` has its upper half first. */
function xenEntry(walk: Walk, text: string): boolean {
  const root = form(String.raw`root_entry\[<hex>\] = <hex>`).exec(text)
  const context = form(String.raw`context\[<hex>\] = <hex>_<hex>`).exec(text)
  const level = form(String.raw`\bl(\d)\[<hex>\] = <hex>`).exec(text)
  const missing = /\b(?:root_entry|context|l\d)\[.*not present/.exec(text)
  if (root !== null) { walk.mode = 'legacy'; walk.root = [bigHex(root[2]!)] }
  if (context !== null) walk.context = [bigHex(context[3]!), bigHex(context[2]!)]
  if (level !== null && walk.levels.length < 8) walk.levels.push({ level: Number(level[1]), value: bigHex(level[3]!) })
  if (missing !== null) walk.missing = level === null && root === null && context === null ? missing[0] : walk.missing
  return root !== null || context !== null || level !== null || missing !== null
}

function dmaFault([, verb, tag, device, old, address]: RegExpExecArray, line: Line, isXen: boolean,
  reason: Reason | null): UnitFault {
  const digits = /PASID (?:0x)?([0-9a-f]+)$/i.exec(tag ?? '')?.[1] ?? old
  const number = digits === undefined ? undefined : Number.parseInt(digits, 16)
  const none = tag?.toUpperCase() === 'NO_PASID' || number === 0xffffffff
  return {
    system: isXen ? 'Xen' : 'Linux', line, device: deviceOf(device!), access: verb!.toLowerCase() as 'read' | 'write',
    address: bigHex(address!), pasid: none ? null : number, reason, status: null, walk: null,
  }
}
