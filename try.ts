import fc from 'fast-check'
import { withMachine } from './src/qemu/machine.ts'
import { walkRig, walkEvents } from './src/qemu/oracle/walks.ts'
import { interruptRig, interruptEvents } from './src/qemu/oracle/interrupts.ts'
import { requesters } from './src/qemu/oracle/walk-case.ts'
import { Tally } from './src/qemu/oracle/judged.ts'
import { place } from './src/qemu/oracle/place.ts'
const [kind, runsText, seedText] = process.argv.slice(2)
const runs = Number(runsText ?? 100)
const scalable = kind!.startsWith('s'), w = kind!.includes('48') ? 48 : 39
const ir = kind!.startsWith('i')
const q = kind!.startsWith('q')
import { sequenceRig, sequenceEvents } from './src/qemu/oracle/sequences.ts'
import { sequenceRequesters } from './src/qemu/oracle/sequence-case.ts'
const rig: any = q ? sequenceRig(kind === 'qc') : ir ? interruptRig(kind === 'ie') : walkRig({ scalable, addressWidth: w as 39 })
await withMachine({ cachingMode: kind === 'qc', edus: q ? sequenceRequesters : requesters, trace: q ? sequenceEvents : ir ? interruptEvents : walkEvents, addressWidth: w as 39, scalable, eim: kind === 'ie' }, async machine => {
  const { unit } = machine
  await rig.prepare(machine)
  const laps: Record<string, number> = {}
  let cur = 'generate', since = performance.now()
  const lap = (p: string) => { const n = performance.now(); laps[cur] = (laps[cur] ?? 0) + n - since; cur = p; since = n }
  const tally = new Tally()
  let cases = 0, seed = Number(seedText ?? 1), fails = 0
  const t0 = performance.now()
  for (let chunk = 0; chunk < runs / 20 && fails < 3; chunk++) {
    let last: unknown
    const res = await fc.check(fc.asyncProperty(rig.cases, async (one: any) => {
      const j = await rig.run({ machine, tally, lap }, one)
      lap('generate')
      cases += j.length
      const bad = j.filter((x: any) => x.verdict === 'different')
      if (bad.length) { last = bad.map((b: any) => b.compare()); return false }
      return true
    }), { ...(process.env.PATHFC ? { path: process.env.PATHFC } : {}), seed: seed + chunk, numRuns: 20 })
    if (res.failed) { fails++; console.log(JSON.stringify(res.counterexample)); console.log(last, res.numShrinks, res.errorInstance) }
  }
  const s = (performance.now() - t0) / 1000
  console.log(cases, 'cases', s, 's', Math.round(cases / s), '/s'); console.log(laps)
  console.log([...tally.reasons].sort((a, b) => a[0] - b[0]).map(([k, n]) => `${k.toString(16)}:${n}`).join(' ')); console.log(tally.states, tally.outcomes, tally.exceptions)
})
