/** A trace as a graph for Graphviz: a box for each step, a column for each who takes steps. */
import type { StepData, TraceData } from '../../page/data.ts'
import { showChange } from '../../trace/diff.ts'

/** Within double quotes; `\l` ends a line that stands at the left. */
const quoted = (lines: readonly string[]): string =>
  `"${lines.map(line => `${line.replace(/[\\"]/g, '\\$&').replace(/\s+/g, ' ')}\\l`).join('')}"`

export function dot({ lanes, steps, property, design, because, loop, skipped }: TraceData): string {
  const columns = lanes.map((lane, i) => ({ title: lane.title,
    nodes: steps.flatMap((step, k) => step.lane === i ? [k] : []) })).filter(({ nodes }) => nodes.length > 0)
  return [
    'digraph trace {', `  label=${quoted([`${property} of ${design}`, because])}; labelloc=t; rankdir=TB;`,
    '  node [shape=box, fontname=monospace, fontsize=10]; edge [arrowsize=0.7];',
    ...columns.flatMap(({ title, nodes }, i) => [
      `  subgraph cluster_${i} { label=${quoted([title])}; color=gray;`,
      ...nodes.map(k => `    ${nodeText(k, skipped, steps[k]!)}`), '  }']),
    ...steps.length > 1 ? [`  ${steps.map((_, k) => `s${k}`).join(' -> ')};`] : [],
    ...loop !== null && loop - skipped >= 0 && loop < steps.length + skipped
      ? [`  s${steps.length - 1} -> s${loop - skipped} [label="for ever", style=dashed, constraint=false];`] : [],
    '}',
  ].join('\n') + '\n'
}

function nodeText(k: number, skipped: number, { action, args, seen, changes, violates, refused }: StepData): string {
  const lines = [`${skipped + k + 1}. ${action} ${args}`, ...refused === null ? [] : [`refused: ${refused}`],
    ...seen.map(text => `» ${text}`),
    ...changes.map(showChange), ...violates.map(broken => `violates ${broken.property}`)]
  return `s${k} [label=${quoted(lines)}${violates.length > 0 ? ', color=red, penwidth=2' : ''}];`
}
