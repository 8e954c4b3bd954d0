import fc from 'fast-check'
import { withMachine } from './src/qemu/machine.ts'
import { walkRig, walkEvents } from './src/qemu/oracle/walks.ts'
import { requesters } from './src/qemu/oracle/walk-case.ts'
import { Tally } from './src/qemu/oracle/judged.ts'
import { place } from './src/qemu/oracle/place.ts'
const shape = { scalable: process.argv[3] === 's', addressWidth: Number(process.argv[2] ?? 39) as 39 | 48 }
const runs = Number(process.argv[4] ?? 100)
await withMachine({ edus: requesters, trace: walkEvents, addressWidth: shape.addressWidth, scalable: shape.scalable }, async machine => {
  const { unit } = machine
  unit.setRoot(place.root | (shape.scalable ? 1 << 10 : 0)); unit.startQueue(place.queue); unit.enable('TE')
  await machine.qtest.settled(); await machine.trace.sync()
  const rig = walkRig(shape)
  const laps: Record<string, number> = {}
  let cur = 'generate', since = performance.now()
  const lap = (p: string) => { const n = performance.now(); laps[cur] = (laps[cur] ?? 0) + n - since; cur = p; since = n }
  const tally = new Tally()
  let cases = 0, seed = Number(process.argv[5] ?? 1), fails = 0
  const t0 = performance.now()
  for (let chunk = 0; chunk < runs / 20 && fails < 3; chunk++) {
    let last: unknown
    const res = await fc.check(fc.asyncProperty(rig.cases, async one => {
      const j = await rig.run({ machine, tally, lap }, one)
      lap('generate')
      cases += j.length
      const bad = j.filter(x => x.verdict === 'different')
      if (bad.length) { last = bad.map(b => b.compare()); return false }
      return true
    }), { seed: seed + chunk, numRuns: 20 })
    if (res.failed) { fails++; console.log(JSON.stringify(res.counterexample)); console.log(last, res.numShrinks) }
  }
  const s = (performance.now() - t0) / 1000
  console.log(cases, 'cases', s, 's', Math.round(cases / s), '/s'); console.log(laps)
  console.log([...tally.reasons].sort((a, b) => a[0] - b[0]).map(([k, n]) => `${k.toString(16)}:${n}`).join(' ')); console.log(tally.outcomes, tally.exceptions)
})
