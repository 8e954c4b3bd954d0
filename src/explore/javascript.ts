/** The learnt trees as JavaScript, to compare with: made apart from the WebAssembly, one tree after the other, no test
 *  shared. */
import type { Effect } from '../model/effect.ts'
import { leafOf, unknown } from './trees.ts'
import type { Ref, Trees } from './trees.ts'
import type { StateStore } from './store.ts'
import type { Kernel } from './wasm/kernel.ts'
import { own, record } from './wasm/memory.ts'

export type Expand = (next: number, end: number) => number

class Source {
  private readonly store: StateStore
  private readonly trees: Trees
  private readonly known = new Map<Ref, string>()
  constructor(store: StateStore, trees: Trees) { this.store = store; this.trees = trees }

  /** Statements that go on from a place in a tree; `m` becomes 1 where nothing is known. */
  private after(ref: Ref): string {
    if (ref === unknown) return 'm=1;'
    if (ref < 0) return this.leaf(leafOf(ref))
    let code = this.known.get(ref)
    if (code === undefined) this.known.set(ref, code = this.test(ref))
    return code
  }
  private test(ref: Ref): string {
    const { nodes, children } = this.trees
    const [word, shift, mask, first] = nodes.subarray(ref * 4,
      ref * 4 + 4) as unknown as [number, number, number, number]
    const cases = new Map<string, number[]>()
    for (let value = 0; value <= mask; value++) {
      const code = this.after(children[first + value]!)
      cases.set(code, [...cases.get(code) ?? [], value])
    }
    const [[most], ...rest] =
      [...cases].sort(([, a], [, b]) => b.length - a.length) as [[string], ...[string, number[]][]]
    if (rest.length === 0) return most
    const arms = rest.map(([code, values]) => `${values.map(value => `case ${value}:`).join('')}${code}break;`)
    return `switch(W[S+${word}]>>>${shift}&${mask}){${arms.join('')}default:${most}}`
  }

  private leaf(leaf: number): string {
    const { label, effect } = this.trees.leaves[leaf]!
    if (label === null || effect === null) return ''
    const { plan, local } = this.store
    const counter = local + plan.fired + label * 8 >>> 2
    const words = Array.from({ length: plan.words }, (_, w) => `W[c+${(record.words >>> 2) + w}]=${word(w, effect)};`)
      .join('')
    const labelled = (label | 3 << record.changedShift) >>> 0
    return `if(++W[${counter}]===2**32)W[${counter + 1}]++;W[c+${record.label >>> 2}]=${labelled};`
      + `W[c+${record.parent >>> 2}]=p;${words}c+=${plan.recordBytes >>> 2};`
  }

  /** `make(W, unpack, flush)` gives a function that does what the WebAssembly of the same trees does. */
  text(judgements: number): string {
    const { store: { local, plan }, trees } = this, every = local + own.every >>> 2
    const begin = local + plan.buffer >>> 2
    const roots = Array.from(trees.roots, (_, root) => ({ root, code: this.after(trees.compilable(root)) }))
      .filter(({ code }) => code !== '')
    const functions = roots.map(({ root, code }) => `function r${root}(p){let m=0;${code}return m}`).join('\n')
    const calls = roots.map(({ root }) => {
      const touched = root < judgements ? `(t&${1 << Math.min(root, 31)})!==0&&` : ''
      return `if(${touched}r${root}(next)!==0){missed=${root + 1};break}`
    }).join('\n')
    return `"use strict";const S=${local + plan.scratch >>> 2};let c=0;
${functions}
return (next,end)=>{
c=${begin};let missed=0;
for(;next<end;next++){
unpack(next,${local + plan.scratch});
const l=W[${plan.labels >>> 2}+(next>>>1)]>>>(next&1)*16&65535,t=W[${every}]!==0?0:W[${plan.touch >>> 2}+l];
${calls}
if(c>${local + plan.bufferEnd >>> 2}){
  flush(${begin * 4},c*4);c=${begin};if(W[${local + own.full >>> 2}]!==0){next++;break}
}
}
flush(${begin * 4},c*4);
W[${local + own.missed >>> 2}]=missed;
return next}`
  }
}

function word(w: number, { keep, set, moves }: Effect): string {
  const parts = moves.filter(({ to }) => to >>> 5 === w)
    .map(({ from, to, bits }) => `(W[S+${from >>> 5}]>>>${from & 31}&${bits === 32 ? -1 : 2 ** bits - 1})<<${to & 31}`)
  return [`W[S+${w}]&${keep[w]! | 0}`, `${set[w]! | 0}`, ...parts].join('|')
}

/** The first `judgements` roots are asked only where the step to the parent touches what they read. `flush` gets the
 *  steps, those that lead back too. */
export function expandInJavaScript(store: StateStore, trees: Trees, judgements: number,
  flush: Kernel['flush']): Expand {
  const { words32, kernel } = store
  return new Function('W', 'unpack', 'flush', new Source(store, trees).text(judgements))(words32, kernel.unpack,
    flush) as Expand
}
