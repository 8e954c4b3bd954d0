/** Reads what QEMU's VT-d model prints: errors, once a run each, and of its trace the interrupts that pass unremapped
 *  (QEMU hw/i386/intel_iommu.c: facts about its texts; VT-d rev 5.10, 5.1.4 and 3.6). */
import { decode, dwordsOf, secondStageLeaf } from '../../../spec/vtd/index.ts'
import type { Answer, Happening, Line, Look, Reader, Reading } from '../happening.ts'
import { bigHex, bitsOf, deviceOf, form, hex } from '../text.ts'
import { interruptRefusal, interruptWords } from './qemu-interrupts.ts'

const leafError = form(String.raw`detected s(?:lpte|plte) (permission error|reserve non-zero) \(?iova=<hex>, `
  + 'level=<hex>,? ?s(?:lpte|plte)=<hex>(?:, write=<dec>)?')
const failure = form(String.raw`detected translation failure \(dev=<hex>:<hex>:<hex>, iova=<hex>`)
const overflow = form(String.raw`detected IOVA overflow +\(iova=<hex>`)
const enabled = /\bvtd_ir_enable enable ([01])/
const remapped = form(String.raw`\bvtd_ir_remap_msi \(addr <hex>, data <hex>\) -> \(addr <hex>, data <hex>\)`)
const asked = form('vtd_ir_remap_msi_req addr <hex> data <hex> sid <hex>')

interface Leaf { readonly what: string; readonly iova: bigint; readonly level: number; readonly entry: bigint
  readonly write: boolean | null; device: string | null }

export class QemuMessages implements Reader {
  readonly name = "message of QEMU's VT-d unit"
  readonly words = new RegExp('vtd_i\\w+|detected (?:slpte|splte|IOVA)|New fault is not recorded|'
    + interruptWords, 'i')
  #remapping: Line | null = null
  #source: number | null = null
  #leaf: Leaf | null = null

  read(line: Line): Reading {
    const { text } = line
    const on = enabled.exec(text)
    if (on !== null) { this.#remapping = on[1] === '1' ? line : null; return 'context' }
    const request = asked.exec(text)
    if (request !== null) { this.#source = Number.parseInt(request[3]!, 16); return 'context' }
    const passed = remapped.exec(text)
    if (passed !== null) return this.#passed(passed, line)
    const error = leafError.exec(text)
    if (error !== null) {
      const [, what, iova, level, entry, write] = error
      this.#leaf = { what: what!.toLowerCase(), iova: bigHex(iova!), level: Number.parseInt(level!, 16),
        entry: bigHex(entry!), write: write === undefined ? null : write === '1', device: null }
      return [leafHappening(this.#leaf, line)]
    }
    const failed = failure.exec(text)
    if (failed !== null) {
      const device = deviceOf(`${failed[1]}:${failed[2]}.${Number.parseInt(failed[3]!, 16)}`)
      if (this.#leaf === null || this.#leaf.iova !== bigHex(failed[4]!)) return [failedHappening(device,
        bigHex(failed[4]!),
        line)]
      this.#leaf.device = device
      return 'context'
    }
    const beyond = overflow.exec(text)
    if (beyond !== null) {
      this.#leaf = { what: 'overflow', iova: bigHex(beyond[1]!), level: 0, entry: 0n, write: null, device: null }
      return [beyondHappening(this.#leaf, line)]
    }
    const refused = interruptRefusal(line)
    if (refused !== null) return [refused]
    return /New fault is not recorded|Interrupt Mask set/.test(text) ? 'context' : 'other'
  }
  end(): readonly Happening[] {
    this.#remapping = this.#source = this.#leaf = null
    return []
  }

  /** Bit 4 of the address tells a remappable message from one in compatibility format. */
  #passed([, address, data, to, made]: RegExpExecArray, line: Line): Reading {
    const from = bigHex(address!)
    if (this.#remapping === null || bitsOf(from, 4) === 1 || from !== bigHex(to!) || data !== made) return 'context'
    const source = this.#source, since = this.#remapping
    return [{
      line, device: source === null || source === 0xffff ? null : deviceOf(source.toString(16)), access: 'interrupt',
      address: from, kind: 'unremapped interrupt',
      answer: () => unremapped(from, Number.parseInt(data!, 16), source, since),
    }]
  }
}

function unremapped(address: bigint, data: number, source: number | null, since: Line): Answer {
  const named = source === null ? 'a source' : `source ${source.toString(16)}`
  const who = source === 0xffff ? 'the I/O APIC' : named
  const vector = data & 0xff
  return {
    title: `an interrupt of ${who} passed unremapped while remapping is on`,
    happened: `${who} sent ${hex(address)} with data ${hex(data)}, vector ${vector}, and QEMU passed it on unchanged, `
      + `although remapping was enabled in line ${since.number}.`,
    hardware: [{ says: 'bit 4 of the address is 0: compatibility format, which names CPU and vector itself',
      clause: 'VTD:table-15/compatibility-blocked' }],
    concludes: [
      { certainty: 'sure', rule: 'VTD:table-15/compatibility-blocked', says: 'A real unit blocks it with reason 25h, '
        + 'unless CFI lets such interrupts pass and EIME=0. QEMU lets it through: what works here may hang on '
          + 'hardware.' },
      ...vector >= 16 ? [] : [{ certainty: 'sure', rule: 'SDM vol. 3, 11.5.2: vectors 0 to 15 are illegal',
        says: `Vector ${vector} is no legal vector: no handler can be meant.` } as const],
      { certainty: 'likely', rule: 'source ffff is the I/O APIC in this trace', says: 'The guest wrote no remappable '
        + 'entry for that pin or message: it was never set up, or is left from before remapping.' },
    ],
    next: [{ run: null, says: 'compare with a boot that works: its message has bit 4 of the address set, and a '
      + 'vtd_ir_irte_get line follows' },
    { run: null, says: "in QEMU's monitor, info pic shows the redirection table of the I/O APIC" }],
    shows: [{ run: 'remapcheck explain 0x25', says: 'the reason with which hardware blocks it' },
      { run: 'remapcheck explain compatibility-interrupts', says: 'what letting them through allows' }],
  }
}

function leafHappening(leaf: Leaf, line: Line): Happening {
  const { what, iova } = leaf
  return { line, device: null, address: iova, kind: `unit-dma qemu ${what}`,
    access: accessOf(leaf.write), answer: () => leafAnswer(leaf) }
}
const traced: readonly Look[] = [{ run: null, says: "add -trace 'vtd_*' -D boot.log to QEMU, then remapcheck validate "
  + 'boot.log' }]
const failedHappening = (device: string, iova: bigint, line: Line): Happening => ({
  line, device, access: 'unknown', address: iova, kind: 'qemu failure', answer: () => ({
    title: `${device} used ${hex(iova)}, and the translation failed`,
    happened: `${device} used ${hex(iova)}. Each such message comes once a run, so there may be more faults.`,
    hardware: [{ says: 'QEMU does not print why: the reason is in the fault record that the guest reads',
      clause: null }],
    concludes: [], next: traced, shows: [],
  }),
})
const beyondHappening = (leaf: Leaf, line: Line): Happening => ({
  line, device: null, access: 'unknown', address: leaf.iova, kind: 'qemu overflow', answer: () => ({
    title: `${leaf.device ?? 'a device'} used ${hex(leaf.iova)}, beyond the width of its tables`,
    happened: `${leaf.device ?? 'A device'} used ${hex(leaf.iova)}. Each such message comes once a run.`,
    hardware: [{ says: 'an address above the guest address width of the context entry', clause: 'VTD:table-30/lgn-1' }],
    concludes: [{ certainty: 'sure', rule: 'IOVA overflow', says: 'No page table was walked: the address has more '
      + 'bits than '
      + 'the tables of the device (AW) or the unit (MGAW) allow.' }],
    next: [{ run: null, says: 'compare the address with aw-bits of -device intel-iommu' }, ...traced], shows: [],
  }),
})
const accessOf = (write: boolean | null): 'read' | 'write' | 'unknown' => {
  if (write === null) return 'unknown'
  return write ? 'write' : 'read'
}
function leafAnswer({ what, iova, level, entry, device, write }: Leaf): Answer {
  const isReserved = what.startsWith('reserve')
  const leaf = decode(secondStageLeaf[level === 1 ? 1 : 2], dwordsOf(entry)) as Readonly<Record<string, number>>
  const who = device ?? 'a device'
  const nothing = entry === 0n
  const how = write === null ? '' : ` to ${accessOf(write)}`
  const lack = nothing ? 'nothing in' : 'no right in'
  return {
    title: `${who} met ${isReserved ? 'a reserved bit in' : lack} the entry of level ${level} `
      + `for ${hex(iova)}`,
    happened: `${who} used ${hex(iova)}${how}; QEMU read ${hex(entry)} `
      + `at level ${level} (1 is the leaf). Each such message comes once a run, so there may be more faults.`,
    hardware: [{ says: `the entry: R=${leaf['R']} W=${leaf['W']}${leaf['SNP'] === 1 ? ' SNP=1 (snoop)' : ''}, `
      + `frame ${hex(entry >> 12n << 12n & 0xffffffffff000n)}`,
    clause: isReserved ? 'VTD:table-30/lss-2' : 'VTD:table-30/lgn-2' }],
    concludes: isReserved ? [
      { certainty: 'sure', rule: 'VTD:table-30/lss-2', says: 'A bit is set that is reserved in this unit.' },
      ...leaf['SNP'] !== 1 ? [] : [{ certainty: 'likely', rule: 'SNP (bit 11) is reserved without ECAP.SC',
        says: 'It is SNP: the guest maps with snoop control, and this unit has none (ECAP.SC=0). Set SNP only where '
          + 'ECAP.SC=1.' } as const],
    ] : [nothing ? { certainty: 'sure', rule: 'slpte=0x0', says: 'Nothing is mapped there at that level.' }
      : { certainty: 'sure', rule: 'R and W of the entry', says: 'It is mapped, without the right that was asked '
        + 'for.' }],
    next: [{ run: null, says: "add -trace 'vtd_*' -D boot.log to QEMU, then remapcheck validate boot.log" },
      ...isReserved ? [{ run: null, says: 'compare ECAP.SC as the guest reads it with how it maps' }] : []],
    shows: [{ run: `remapcheck explain second-stage-leaf-${level === 1 ? '4K' : '2M'}=${hex(entry)}`,
      says: 'the entry, bit by bit' }],
  }
}
