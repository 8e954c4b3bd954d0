/** Times in random workloads, for people. */
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import type { ReportOf } from '../report.ts'
import type { Distribution, TimedDesign } from '../timed.ts'

export function timedText({ timed: { profile, clock_ghz, workload, designs } }: ReportOf<'timed'>,
  theme: Theme): string {
  const { seed, steps, cpus, queue, gap, iotlb_entries, pages, depth, page_bytes } = workload
  return [
    ...wrapWords(`Cycles at ${clock_ghz} GHz, typical prices of profile ${profile}; ${steps} steps, seed ${seed}, `
      + `${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}, a queue of ${queue}, an agent chooses every ${gap} cycles. dma: `
      + `${pages} pages at random in pages of ${page_bytes} bytes, ${iotlb_entries} entries, ${depth} requests at `
      + 'once. A step waits for what it reads: waits are upper bounds.', theme.width),
    ...designs.flatMap(one => ['', ...designLines(one, theme)]),
  ].join('\n') + '\n'
}

function designLines({ design, steps, elapsed_cycles, spans, agents, dma }: TimedDesign,
  theme: Theme): string[] {
  const names = Math.max(...spans.map(({ span }) => span.length), 4) + 2
  const row = (name: string, { count, median, p99, max }: Distribution, more = ''): string =>
    `  ${name.padEnd(names)}${[count, median, p99, max].map(one => String(Math.round(one)).padStart(9)).join('')}`
    + more
  const paused = agents.map(({ agent, busy_percent, waited_percent }) =>
    `${agent} works ${busy_percent} %, waits ${waited_percent} %`).join('; ')
  return [
    theme.strong(design),
    `  ${' '.repeat(names)}${['count', 'median', 'p99', 'max'].map(one => one.padStart(9)).join('')}`,
    ...spans.map(({ span, unfinished, ...of }) => row(span, of, unfinished === 0 ? '' : `  ${unfinished} not ended`)),
    ...dma === null ? [] : [row('dma', dma, `  ${dma.miss_percent} % miss`)],
    ...hang('  ', 4, wrapWords(`${steps} steps in ${elapsed_cycles} cycles; ${paused}`,
      theme.width - 4)),
  ]
}
