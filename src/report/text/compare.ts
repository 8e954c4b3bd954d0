/** Designs side by side, and what the numbers answer, for people. */
import { thousands } from '../../text/count.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import type { Broken, ComparedDesign, GroupVerdict, LongestWait, Priced } from '../compare.ts'
import type { ReportOf } from '../report.ts'

const marks = { holds: '✓', violated: '✗', open: '…', none: '–' } as const

export function compareText({ compare }: ReportOf<'compare'>, theme: Theme): string {
  const { profile, clock_ghz, designs, answer, weak, notes: said } = compare
  const wrap = (text: string, indent = 0, next = indent): string[] =>
    hang(' '.repeat(indent), next, wrapWords(text, theme.width - Math.max(indent, next)))
  const notes = new Map<string, number>()
  const noteOf = (text: string): number => notes.get(text) ?? (notes.set(text, notes.size + 1), notes.size)
  const table = designs.flatMap(one => rowLines(one, noteOf, theme))
  return [
    ...wrap(`Cycles at ${clock_ghz} GHz, profile ${profile}: typical, and below them least..greatest. dma: isolation, `
      + 'irq: interrupts, run: progress; ✓ holds, ✗ is broken, its shortest counterexample below; – nothing of it is '
      + 'asked of the design, the reason below, or it has no such path. packet: of 1500 bytes; irq: from the device to '
      + 'the end of the handler; move: of an interrupt to another CPU; wait: the longest from an edge to its handler '
      + 'while it moves; Gb/s: on one core.'),
    '', header, ...table, '',
    ...[...notes].flatMap(([text, n]) => wrap(`${`[${n}]`.padEnd(5)}${text}`, 0, 5)),
    '', ...wrap(question).map(line => theme.strong(line)), '',
    ...answer.flatMap(({ says, rests }) => [...wrap(says), ...wrap(`rests on: ${rests.join('; ')}`, 4), '']),
    ...weak.length === 0 ? [] : ['Weak: assumed prices that weigh, and what would settle them'],
    ...weak.flatMap(({ unit, weighs, settledBy }) => wrap(`${unit}: ${weighs}. Settled by: ${settledBy}.`, 2, 4)),
    ...said.length === 0 ? [] : ['', `Profile ${profile}`], ...said.flatMap(text => wrap(`- ${text}`, 2, 4)),
  ].map(line => line.trimEnd()).join('\n') + '\n'
}

export const question = 'Will IOMMUs let userland drivers match ring 0? Does interrupt remapping cut latency, and save '
  + 'edges when interrupts move?'
const columns = [['packet', 9], ['irq', 8], ['move', 8], ['wait', 8], ['Gb/s', 7]] as const
const header = `${' '.repeat(21)}dma irq run ${columns.map(([name, width]) => name.padStart(width)).join('')}`

function rowLines(one: ComparedDesign, noteOf: (text: string) => number, theme: Theme): string[] {
  const { design, isolation, interrupts, progress, packet, interrupt, migration, wait, throughput } = one
  const verdicts = [isolation, interrupts, progress].map(({ standing }) => marks[standing].padEnd(4)).join('')
  const typical = [cell(packet), cell(interrupt), cell(migration), waitCell(wait),
    throughput.one_core_gbps.toFixed(1)]
  const name = design.length <= 20 ? [design.padEnd(21)] : [design, ' '.repeat(21)]
  const values = verdicts + ' ' + typical.map((text, i) => text.padStart(columns[i]![1])).join('')
  const saturates = `${throughput.gbps.toFixed(1)} Gb/s with ${throughput.cores} `
    + `${throughput.cores === 1 ? 'core' : 'cores'} of ${throughput.link_gbps} Gb/s, by ${throughput.binds}`
  const verdictNotes = ({ standing, says, broken }: GroupVerdict): readonly string[] =>
    standing === 'none' || standing === 'open' ? [says] : broken.map(brokenText)
  const notes = [...[isolation, interrupts, progress].flatMap(verdictNotes),
    ...wait !== null && wait.cycles === null ? [`wait ${wait.says}`] : []].map(noteOf)
  return [
    ...name.slice(0, -1), name.at(-1)! + values,
    ...hang('    ', 4, wrapWords(`${ranges(one)}; ${saturates}${notes.length === 0 ? ''
      : ` ${notes.map(n => `[${n}]`).join(' ')}`}`, theme.width - 4)).map(line => theme.dim(line)),
  ]
}
const ranges = ({ packet, interrupt, migration }: ComparedDesign): string =>
  Object.entries({ packet, irq: interrupt, move: migration }).flatMap(([name, priced]) => priced === null ? []
    : `${name} ${thousands(Math.round(priced.cycles.min))}..${thousands(Math.round(priced.cycles.max))}`).join(', ')
const cell = (priced: Priced | null): string => priced === null ? '–' : thousands(Math.round(priced.cycles.typ))
function waitCell(wait: LongestWait | null): string {
  if (wait === null) return '–'
  return wait.cycles === null ? '∞' : thousands(wait.cycles)
}
const brokenText = ({ property, scope, ops, at }: Broken): string =>
  `${property} in scope ${scope}, ${ops} ${ops === 1 ? 'op' : 'ops'}: ${at}`
