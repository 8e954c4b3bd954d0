/** The reference protocol of test/models/reference.ts in Promela, in the form that is cheapest for pan: one process,
 *  one `d_step` an action instance, bytes only, nothing that is not state. */
import type { Sizes } from '../../test/models/reference.ts'

/** An action instance: its guard, and the statements of its recipe. */
export type Step = readonly [guard: string, body: string]

/** Fields that are 0 at first, statements that make the initial state, and what can happen from then on. */
export interface Program {
  readonly fields: readonly string[]
  readonly initial: string
  readonly steps: readonly Step[]
}

/** Where nothing is to be set first, there is no first step either: then pan's initial state is ours. */
export function promela({ fields, initial, steps }: Program): string {
  return [
    ...fields.map(field => `byte ${field};`),
    'active proctype sys() {',
    ...initial === '' ? [] : [`  d_step { ${initial} }`],
    '  do',
    ...steps.map(([guard, body]) => `  :: d_step { (${guard}) -> ${body} }`),
    '  od', '}', '',
  ].join('\n')
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** Optional ids are the id plus 1, and 0 for none. `k` and `g` are the stages of unmapping and migrating, `fl` the
 *  write in flight. */
export function referencePromela(sizes: Sizes): string {
  const { devices, iovas, pages, queue, sources, slots } = sizes
  const entries = devices * iovas
  return promela({
    fields: [
      `owner[${pages}]`, ...['pte', 'perm', 'tlb', 'tperm'].map(name => `${name}[${entries}]`),
      ...['fl', 'k', 'ki', 'kp'].map(name => `${name}[${devices}]`), 'qlen', `q[${queue}]`,
      ...['edge', 'msg', 'irte', 'iec', 'g', 'old'].map(name => `${name}[${sources}]`), `irr[${slots}]`,
      `vec[${slots}]`,
    ],
    initial: upTo(sources).map(m => `irte[${m}] = ${m}; vec[${m}] = ${m + 1}`).join('; '),
    steps: [...memory(sizes), ...interrupts(sizes)],
  })
}

const shift = (queue: number): string =>
  [...upTo(queue - 1).map(j => `q[${j}] = q[${j + 1}]`), `q[${queue - 1}] = 0`, 'qlen--'].join('; ')

function memory({ devices, iovas, pages, queue, strict }: Sizes): Step[] {
  const both = upTo(devices).flatMap(d => upTo(iovas).map(i => ({ d, i, x: d * iovas + i })))
  const maps = both.flatMap(({ d, x }) => upTo(pages).flatMap(p => [0, 1].map((write): Step =>
    [`k[${d}] == 0 && pte[${x}] == 0 && owner[${p}] == 0`,
      `pte[${x}] = ${p + 1}; perm[${x}] = ${write}; owner[${p}] = ${d + 1}`])))
  const entries = both.flatMap(({ d, i, x }): Step[] => [
    [`fl[${d}] == 0 && tlb[${x}] != 0 && tperm[${x}] == 1`, `fl[${d}] = tlb[${x}]`],
    [`tlb[${x}] == 0 && pte[${x}] != 0`, `tlb[${x}] = pte[${x}]; tperm[${x}] = perm[${x}]`],
    [`tlb[${x}] != 0`, `tlb[${x}] = 0; tperm[${x}] = 0`],
    [`k[${d}] == 0 && pte[${x}] != 0`,
      `kp[${d}] = pte[${x}]; ki[${d}] = ${i}; pte[${x}] = 0; perm[${x}] = 0; k[${d}] = 1`],
    [`qlen != 0 && q[0] == ${x} && fl[${d}] == 0`,
      `tlb[${x}] = 0; tperm[${x}] = 0; ${shift(queue)}${strict ? `; k[${d}] = 3` : ''}`],
  ])
  const ends = upTo(devices).flatMap((d): Step[] => [
    [`fl[${d}] != 0`, `assert(owner[fl[${d}] - 1] == ${d + 1}); fl[${d}] = 0`],
    [`k[${d}] == 1 && qlen < ${queue}`, `q[qlen] = ${d * iovas} + ki[${d}]; qlen++; k[${d}] = ${strict ? 2 : 3}`],
    [`k[${d}] == 3`, `owner[kp[${d}] - 1] = 0; kp[${d}] = 0; ki[${d}] = 0; k[${d}] = 0`],
  ])
  return [...maps, ...entries, ...ends]
}

function interrupts({ devices, iovas, queue, sources, slots, strict }: Sizes): Step[] {
  const entries = devices * iovas
  const bySource = upTo(sources).flatMap((m): Step[] => [
    [`edge[${m}] == 0`, `edge[${m}] = 1`],
    [`edge[${m}] == 1 && msg[${m}] == 0`, `edge[${m}] = 0; msg[${m}] = 1`],
    [`iec[${m}] == 0`, `iec[${m}] = irte[${m}] + 1`],
    [`iec[${m}] != 0`, `iec[${m}] = 0`],
    [`msg[${m}] == 1`, `if :: iec[${m}] == 0 -> iec[${m}] = irte[${m}] + 1 :: else fi; `
      + `assert(irr[iec[${m}] - 1] == 0 || irr[iec[${m}] - 1] == ${m + 1}); `
      + `irr[iec[${m}] - 1] = ${m + 1}; msg[${m}] = 0`],
    [`g[${m}] == 1 && qlen < ${queue}`, `q[qlen] = ${entries + m}; qlen++; g[${m}] = ${strict ? 2 : 3}`],
    [`qlen != 0 && q[0] == ${entries + m}`, `iec[${m}] = 0; ${shift(queue)}${strict ? `; g[${m}] = 3` : ''}`],
    [`g[${m}] == 3 && irr[old[${m}]] == 0`, `vec[old[${m}]] = 0; old[${m}] = 0; g[${m}] = 0`],
    ...upTo(slots).map((e): Step =>
      [`g[${m}] == 0 && vec[${e}] == 0`,
        `vec[${e}] = ${m + 1}; old[${m}] = irte[${m}]; irte[${m}] = ${e}; g[${m}] = 1`]),
  ])
  const handled = upTo(slots).map((e): Step => [`irr[${e}] != 0`, `assert(vec[${e}] == irr[${e}]); irr[${e}] = 0`])
  return [...bySource, ...handled]
}
