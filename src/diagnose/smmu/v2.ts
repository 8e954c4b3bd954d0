/** Reads context faults of Arm SMMUv2 and of Apple's DART as Linux prints them, one line each (Arm IHI 0062, FSR and
 *  FSYNR0; Linux arm-smmu.c and apple-dart.c: facts about their texts). */
import { addressConclusions } from '../addresses.ts'
import type { Access, Answer, Group, Known, Line, Reader, Reading } from '../happening.ts'
import { bigHex, bitsOf, form, hex } from '../text.ts'
import { globalFault } from './global.ts'

const context = form('arm-smmu <word>: Unhandled context fault: fsr=<hex>, iova=<hex>, fsynr=<hex>'
  + '(?:, cbfrsynra=<hex>)?, cb=')
const dart = form('apple-dart <word>: translation fault: status:<hex> stream:<dec> code:<hex> '
  + String.raw`\(([A-Z ]{1,30}|unknown)\) at <hex>`)

const causes = [[1, 'TF: nothing is mapped at the address'], [2, 'AFF: the access flag is 0'],
  [3, 'PF: the entry is there, the permission is not'], [4, 'EF: an external abort during the walk'],
  [5, 'TLBMCF: two TLB entries match'], [6, 'TLBLKF: a locked TLB entry'], [30, 'SS: stalled'],
  [31, 'MULTI: more faults came before this was cleared']] as const

export class SmmuV2 implements Reader {
  readonly name = 'fault of an SMMUv2 or DART'
  readonly words = /arm-smmu \S|apple-dart/i

  read(line: Line, final: boolean): Reading {
    const found = context.exec(line.text)
    if (found !== null) {
      const [, unit, fsr, iova, fsynr, frsynra] = found
      const write = bitsOf(bigHex(fsynr!), 4) === 1
      const stream = frsynra === undefined ? null : bitsOf(bigHex(frsynra), 15, 0)
      const status = bigHex(fsr!)
      return [{ line, device: stream === null ? `a device of ${unit}` : `stream ${hex(stream)} of ${unit}`,
        access: accessOf(write), address: bigHex(iova!), kind: `smmuv2 ${status & 0x7fn} ${write}`,
        answer: (group, known) => answer(status, write, group, known) }]
    }
    const ofDart = dart.exec(line.text)
    if (ofDart !== null) {
      const [, unit, , stream, , name, address] = ofDart
      return [{ line, device: `stream ${stream} of ${unit}`, access: dartAccess(name!), address: bigHex(address!),
        kind: `dart ${name}`, answer: (group, known) => dartAnswer(name!, group, known) }]
    }
    const ofUnit = globalFault(line)
    if (ofUnit !== null) return ofUnit === 'context' ? ofUnit : [ofUnit]
    if (/arm-smmu \S+:\s+(?:FSR |FSYNR0|soft iova-to-phys)/.test(line.text)) return 'context'
    return /Unhandled context fault|translation fault: status/i.test(line.text) && !final ? 'more' : 'other'
  }
}
const accessOf = (write: boolean): Access => write ? 'write' : 'read'
const dartAccess = (name: string): Access => {
  if (name === 'WRITE FAULT') return 'write'
  return name === 'READ FAULT' ? 'read' : 'unknown'
}

const next = [{ run: 'trace-cmd record -e iommu:map -e iommu:unmap', says: 'whether the address was mapped, and '
  + 'when it was '
  + 'unmapped' }, { run: 'cat /sys/kernel/debug/devices_deferred; ls /sys/class/iommu', says: 'which devices belong to '
  + 'that unit' }] as const
const shows = [{ run: 'remapcheck explain ring0-strict', says: 'unmap step by step; the device has to be stopped '
  + 'before '
  + 'it' }] as const

function answer(status: bigint, write: boolean, group: Group, known: Known): Answer {
  const who = group.first.device!
  const said = causes.filter(([bit]) => bitsOf(status, bit) === 1).map(([, says]) => says)
  const unmapped = bitsOf(status, 1) === 1, denied = bitsOf(status, 3) === 1
  const verb = write ? 'wrote' : 'read'
  const address = hex(group.addresses[0]!)
  return {
    title: `${who} ${verb} ${address}: ${said[0] ?? 'a fault of no kind'}`, happened: `${who} ${verb} ${address}. `
      + `The unit `
      + 'ended it with an error.',
    hardware: [{ says: `fsr ${hex(status)}: ${said.join('; ') || 'no cause set'} (Arm IHI 0062)`, clause: null },
      { says: `fsynr: WNR=${write ? 1 : 0}, a ${accessOf(write)}`, clause: null }],
    concludes: [
      ...unmapped ? [{ certainty: 'sure', rule: 'TF', says: 'The stream has a context bank, and nothing is mapped '
        + 'at the '
        + 'address.' } as const, ...addressConclusions(group, known)] : [],
      ...denied ? [{ certainty: 'sure', rule: 'PF', says: `The page is mapped, and not for a ${accessOf(write)}.` } as
        const, { certainty: 'likely', rule: 'Linux maps by direction', says: 'The buffer is mapped for the other '
          + 'direction, or only privileged requests may use the page.' } as const] : [],
    ], next, shows,
  }
}
const dartNames: Readonly<Record<string, string>> = {
  'READ FAULT': 'the page may not be read', 'WRITE FAULT': 'the page may not be written',
  'NO PTE FOR IOVA': 'nothing is mapped there', 'NO PMD FOR IOVA': 'nothing is mapped there, nor around it',
  'NO PGD FOR IOVA': 'nothing is mapped there, nor around it',
  'NO TTBR FOR IOVA': 'the stream has no page table for the address',
}
function dartAnswer(name: string, group: Group, known: Known): Answer {
  const who = group.first.device!
  const address = hex(group.addresses[0]!)
  const isMissing = name.startsWith('NO P')
  const says = dartNames[name] ?? 'for a cause that is in no table here'
  return {
    title: `${who} used ${address}: ${says} (${name})`, happened: `${who} used ${address}; the unit refused it.`,
    hardware: [{ says: `${name}: ${says}`, clause: null }],
    concludes: isMissing ? [{ certainty: 'sure', rule: name, says: 'Nothing is mapped at the address.' },
      ...addressConclusions(group, known)] : [], next, shows,
  }
}
