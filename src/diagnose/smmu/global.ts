/** Global faults of Arm SMMUv2: of no context bank (Arm IHI 0062, 16.6: GFSR, GFSYNR0, GFSYNR1; Linux arm-smmu.c: facts
 *  about its texts). */
import type { Access, Answer, Conclusion, Happening, Line, Look } from '../happening.ts'
import { bigHex, bitsOf, hex } from '../text.ts'

const begun = /arm-smmu (\S+):\s+Unexpected global fault/i
const registers = /arm-smmu (\S+):\s+GFSR 0x([0-9a-f]{1,8}), GFSYNR0 0x([0-9a-f]{1,8}), GFSYNR1 0x([0-9a-f]{1,8})/i
const blocked = /arm-smmu (\S+):\s+Blocked unknown Stream ID 0x([0-9a-f]{1,4})/i

const causes = [[0, 'ICF: the stream has no valid context bank'], [1, 'USF: the stream matches no mapping of the unit'],
  [2, 'SMCF: the stream matches several mappings'], [3, 'UCBF: the stream is mapped to a context bank that the unit '
    + 'has '
    + 'not'], [4, 'UCIF: an interrupt of a context bank that the unit has not'],
  [5, 'CAF: an access to the registers of the unit that is not allowed'], [6, 'EF: an external abort'],
  [7, 'PF: a permission fault'], [8, 'UUT: a transaction of a kind that the unit does not support']] as const

/** Null: none of its lines. */
export function globalFault(line: Line): Happening | 'context' | null {
  const { text } = line
  const unknown = blocked.exec(text)
  if (unknown !== null) return happening(line, unknown[1]!, bigHex('2'), bigHex('0'), Number.parseInt(unknown[2]!, 16))
  const found = registers.exec(text)
  if (found === null) return begun.test(text) ? 'context' : null
  const [, unit, status, syndrome, stream] = found
  return happening(line, unit!, bigHex(status!), bigHex(syndrome!), bitsOf(bigHex(stream!), 15, 0))
}

function happening(line: Line, unit: string, status: bigint, syndrome: bigint, stream: number): Happening {
  const who = `stream ${hex(stream)} of ${unit}`
  const access: Access = bitsOf(syndrome, 1) === 1 ? 'write' : 'read'
  return { line, device: who, access: syndrome === 0n ? 'unknown' : access, address: null,
    kind: `smmuv2 global ${status & 0x1ffn}`, answer: () => answer(who, status, syndrome) }
}
function answer(who: string, status: bigint, syndrome: bigint): Answer {
  const has = (bit: number): boolean => bitsOf(status, bit) === 1
  const said = causes.filter(([bit]) => has(bit)).map(([, says]) => says)
  const [first = 'a global fault'] = said
  return {
    title: `${who}: ${first.replace(/^\w+: /, '')} (global fault)`,
    happened: `${who} sent a transaction that no context bank took; the address is not printed.`,
    hardware: [{ says: `GFSR ${hex(status)}: ${[...said, ...has(31) ? ['MULTI: more came before this was cleared'] : []]
      .join('; ') || 'no cause set'} (Arm IHI 0062)`, clause: null },
    ...syndrome === 0n ? [] : [{ says: `GFSYNR0 ${hex(syndrome)}: a ${bitsOf(syndrome, 1) === 1 ? 'write'
      : 'read'}${bitsOf(syndrome, 3) === 1 ? ' of code' : ''}`, clause: null }]],
    concludes: conclusions(has), next, shows: [],
  }
}
const sure = (says: string, rule: string): Conclusion => ({ certainty: 'sure', says, rule })
function conclusions(has: (bit: number) => boolean): readonly Conclusion[] {
  if (has(1) || has(0)) return [
    sure(`No page table was looked at: the ${has(1) ? 'unit does not know the stream' : 'stream has no context bank'}.`,
      has(1) ? 'USF' : 'ICF'),
    { certainty: 'likely', rule: 'a stream without mapping', says: 'No driver has attached this stream: a device that '
      + 'firmware left running (a display, a modem), or an id that device tree or IORT give wrongly.' }]
  if (has(2)) return [sure('Two stream mappings of the unit overlap: the masks in device tree (iommus) or those that '
    + 'firmware left cover the same id.', 'SMCF')]
  if (has(5)) return [{ certainty: 'likely', rule: 'CAF', says: 'The kernel, or a guest, touched a register of the '
    + 'unit '
    + 'that belongs to the secure world.' }]
  return []
}
const next: readonly Look[] = [
  { run: 'ls -d /sys/kernel/iommu_groups/*/devices/*', says: 'which devices are attached' },
  { run: null, says: 'look up the stream in the device tree (iommus, iommu-map) or in IORT, masks included' },
]
