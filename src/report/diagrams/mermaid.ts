/** A trace as a Mermaid sequence diagram, which GitHub, GitLab and many editors draw. */
import type { StepData, TraceData } from '../../page/data.ts'

/** What Mermaid reads as its own, written so that it reads it as text. */
const escaped = (text: string): string => text.replace(/[^\w\s.,/()[\]{}=+!?'-]/gu, char => `#${char.codePointAt(0)};`)
  .replace(/\s+/g, ' ')
/** Never one of its keywords, such as `end`. */
const idOf = (lane: number): string => `L${lane}`

export function mermaid(trace: TraceData): string {
  const { lanes, steps, property, design, because, loop, skipped } = trace
  const shown = new Set(steps.flatMap(step => [step.lane, ...targetsOf(step)]))
  return [
    'sequenceDiagram', `  title ${escaped(`${property} of ${design}: ${because}`)}`,
    ...lanes.flatMap(({ title }, i) => shown.has(i) ? [`  participant ${idOf(i)} as ${escaped(title)}`] : []),
    ...steps.flatMap((step, i) => [
      ...loop === skipped + i ? [`  Note over ${idOf(step.lane)}: from here for ever`] : [],
      ...stepLines(step, skipped + i + 1)]),
    ...loop !== null && loop === skipped + steps.length && steps.length > 0
      ? [`  Note over ${idOf(steps.at(-1)!.lane)}: and so it stays for ever`] : [],
  ].join('\n') + '\n'
}

/** Places that it changes, the judge's record apart. */
const targetsOf = ({ changes, lane }: StepData): readonly number[] =>
  [...new Set(changes.filter(({ path }) => !path.startsWith('ledger')).map(change => change.lane))]
    .filter(target => target !== lane)

function stepLines(step: StepData, number: number): string[] {
  const { lane, action, args, seen, refused, violates } = step
  const text = escaped(`${number}. ${[action, args].filter(word => word !== '').join(' ')}`), from = idOf(lane)
  const [first = lane, ...others] = targetsOf(step)
  const note = (words: string): string => `  Note over ${from}: ${escaped(words)}`
  return [
    `  ${from}->>${idOf(first)}: ${text}`, ...others.map(target => `  ${from}->>${idOf(target)}: ${number}.`),
    ...refused === null ? [] : [note(`refused: ${refused}`)], ...seen.map(words => note(words)),
    ...violates.map(({ property }) => note(`violates ${property}`)),
  ]
}
