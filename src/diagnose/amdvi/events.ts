/** Reads events of AMD units as Linux and Xen print them (Linux drivers/iommu/amd/iommu.c, Xen
 *  drivers/passthrough/amd/iommu_init.c: facts about their texts). Until 4.9 the bracket stands on the next line. */
import type { Happening, Line, Reader, Reading } from '../happening.ts'
import type { Notebook } from '../known.ts'
import { bigHex, deviceOf, form } from '../text.ts'
import { answerEvent } from './answer.ts'
import { eventOf, rawEvent, unknownEvent } from './event.ts'
import type { UnitEvent } from './event.ts'
import { accessOf, events } from './flags.ts'
import { missing, notRemapped, remappingOff } from './not-remapped.ts'
import { waiting, waits } from './waiting.ts'

const body = /Event logged \[ ?([A-Z][A-Z_]{3,40})\b([^\]]*)(\])?/
const domainless = /Event logged \[Device not attached to domain properly\]/
const xen = form('AMD-Vi: ([A-Z][A-Z_]{3,40}): <device> d<dec> addr <hex> flags <hex>')
/** Xen prints other events as four words, the lowest first. */
const xenRaw = /AMD-Vi: ([A-Z][A-Z_]{3,40}):? ([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8})/
const unknown = /Event logged \[UNKNOWN event\[0\]=0x([0-9a-f]{1,8}),? event\[1\]=0x([0-9a-f]{1,8})/
const entryLine = /AMD-Vi: DTE\[([0-3])\]: ([0-9a-f]{1,16})/
const commandLine = /AMD-Vi: CMD\[([0-3])\]: ([0-9a-f]{1,8})/
const controlLine = /AMD-Vi: Control Reg : (?:0x)?([0-9a-f]{1,16})/
const lost = /AMD-Vi: IOMMU event log overflow/i
const boot = new RegExp('AMD-Vi: (?:Extended features|Interrupt remapping enabled|X2APIC enabled|Virtual APIC|'
  + 'AMD IOMMUv2|Found|Using|Lazy|CMD\\[|IOMMU (?:performance|SNP)|.*IOAPIC|Disabling|Initialized|Force to|ivrs, add|'
  + 'V2 page table|Translation is already|Copied DEV|Applying erratum|Unable to read/write|\\[Firmware |Ignoring|'
  + 'Not enabling|Kdump)')
/** SNPSup is bit 63 of the features. */
const features = /Extended features \(0x([0-9a-f]{1,16})/, snpOn = /IOMMU SNP support (?:is )?enabled/
/** Lines that say all by themselves. */
const plain: readonly (readonly [words: RegExp, happening: (line: Line) => Happening])[] =
  [[waits, waiting], [remappingOff, notRemapped]]
/** Until they are dealt with, no invalidation completes. */
const stopping = new Set(['IOTLB_INV_TIMEOUT', 'ILLEGAL_COMMAND_ERROR', 'COMMAND_HARDWARE_ERROR'])
/** Words of an event, without what stands before it in a log: for `explain`. */
const bareEvent = /\b([A-Z][A-Z_]{6,40})\b(.*\bflags=.*)$/

export class AmdEvents implements Reader {
  readonly starts = /AMD-Vi/
  readonly name = 'event of an AMD-Vi unit'
  readonly words = new RegExp('AMD-Vi|completion wait taking too long|'
    + '(?:FAULT|REQUEST|ENTRY|ERROR|TIMEOUT) .*flags=')
  #last: UnitEvent | null = null
  /** A fault whose device is on the next line. */
  #detached: Line | null = null
  readonly #known: Notebook

  constructor(known: Notebook) { this.#known = known }

  read(line: Line, final: boolean): Reading {
    const { text } = line
    const ofXen = xen.exec(text)
    if (ofXen !== null) return [this.#keep({ line, system: 'Xen', name: ofXen[1]!, device: deviceOf(ofXen[2]!),
      domain: Number(ofXen[3]), pasid: null, address: bigHex(ofXen[4]!), flags: Number.parseInt(ofXen[5]!, 16),
      damaged: [], control: null, entry: [], command: [] })]
    const raw = ofXen === null ? xenRaw.exec(text) : null
    if (raw !== null && Object.hasOwn(events, raw[1]!)) return [this.#keep(rawEvent(raw, line))]
    if (domainless.test(text)) { this.#detached = line; return 'context' }
    if (this.#detached !== null && /AMD-Vi:\s+device=/.test(text)) {
      const first = this.#detached
      this.#detached = null
      return [this.#keep(eventOf('NOT_ATTACHED', text, first))]
    }
    const words = unknown.exec(text)
    if (words !== null) return [this.#keep(unknownEvent(words, line))]
    const found = body.exec(text)
    if (found !== null) {
      if (found[3] === undefined && !final) return 'more'
      return [this.#keep(eventOf(found[1]!, found[2]!, line))]
    }
    if (/AMD-Vi: Event logged \[? ?$/.test(text)) return final ? 'other' : 'more'
    const below = this.#below(text)
    if (below) return 'context'
    const alone = plain.find(([words]) => words.test(text))
    if (alone !== undefined) return [alone[1](line)]
    if (lost.test(text)) { this.#known.note('events lost', line); return 'context' }
    if (this.#isBoot(line)) return 'context'
    const bare = bareEvent.exec(text)
    return bare !== null && Object.hasOwn(events, bare[1]!) ? [this.#keep(eventOf(bare[1]!, bare[2]!, line))] : 'other'
  }
  end(): readonly Happening[] {
    const left = this.#detached
    this.#last = this.#detached = null
    return left === null ? [] : [this.#keep(eventOf('NOT_ATTACHED', left.text, left))]
  }

  #isBoot(line: Line): boolean {
    const efr = features.exec(line.text)?.[1]
    if (efr !== undefined && bigHex(efr) >> 63n === 0n) this.#known.note('no SNP', line)
    if (missing.test(line.text)) this.#known.note('not in IVRS', line)
    if (snpOn.test(line.text)) this.#known.note('SNP', line)
    return boot.test(line.text) || snpOn.test(line.text)
  }
  #below(text: string): boolean {
    const control = controlLine.exec(text), entry = entryLine.exec(text), command = commandLine.exec(text)
    if (command !== null && this.#last !== null) this.#last.command[Number(command[1])] =
      Number.parseInt(command[2]!, 16)
    if (control !== null && this.#last !== null) this.#last.control = bigHex(control[1]!)
    if (entry !== null && this.#last !== null) this.#last.entry[Number(entry[1])] = bigHex(entry[2]!)
    return control !== null || entry !== null || command !== null
  }
  #keep(event: UnitEvent): Happening {
    this.#last = event
    const { line, name, device, address, flags } = event
    const access = name === 'IO_PAGE_FAULT' && flags !== null ? accessOf(flags) : 'unknown'
    return { line, device, address, access, kind: `amd ${name} ${flags ?? ''}`,
      ...stopping.has(name) ? { stops: true } : {},
      answer: (group, known) => answerEvent(event, group, known) }
  }
}
