/** Random machines through every way to search them, beside a naive checker: `npm run soak -- --machines N --seed S`.
 *  Exit 1 where any differs. */
import { fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { kinds } from '../test/naive/random/machines.ts'
import type { Kind } from '../test/naive/random/machines.ts'
import { caseOf, compared, fits } from '../test/naive/soak.ts'
import type { Difference } from '../test/naive/soak.ts'
import { ways } from '../test/naive/ways.ts'

const usage = `usage: npm run soak -- [--machines N] [--seed S] [--workers N] [--kinds A,B] [--ways A,B] [--each N]
                       [--without A,B] [--show]
  --machines  how many, 100 where not given
  --seed      of the first, then one more each
  --workers   processes that share them
  --kinds     ${kinds.join(', ')}
  --ways      ${ways.map(({ name }) => name).join(', ').replace(/(.{1,110})(?: |$)/g, '$1\n              ').trim()}
  --each      of the ways so many for each machine, in turn; all where not given
  --without   kinds and ways to leave out, by name or by a beginning with * after it
  --show      with the text of each machine that differs`
const { values: of } = parseArgs({ options: {
  machines: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' },
  workers: { type: 'string', default: '1' },
  kinds: { type: 'string' }, ways: { type: 'string' }, each: { type: 'string', default: '1000' },
  without: { type: 'string', default: '' },
  show: { type: 'boolean', default: false }, share: { type: 'string' },
} })
/** Machines with more states have fewer of their actions. */
const mostStates = 600

const without = of.without.split(',').filter(name => name !== '')
const isLeftOut = (name: string): boolean =>
  without.some(one => one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : one === name)
const [machines, first, workers,
  each] = [of.machines, of.seed, of.workers, of.each].map(Number) as [number, number, number, number]
const asked = <T>(all: readonly T[], names: string | undefined, nameOf: (one: T) => string): T[] =>
  all.filter(one => (names === undefined || names.split(',').includes(nameOf(one))) && !isLeftOut(nameOf(one)))
const askedKinds = asked<Kind>(kinds, of.kinds, kind => kind), askedWays = asked(ways, of.ways, ({ name }) => name)
const unknown = [...without, ...(of.kinds ?? '').split(','), ...(of.ways ?? '').split(',')].filter(name =>
  name !== '' && !name.endsWith('*') && !kinds.some(kind => kind === name) && !ways.some(way => way.name === name))
const isBad = [machines, first, workers, each].some(one => !Number.isInteger(one) || one < 0)
if (isBad || unknown.length > 0 || askedKinds.length === 0 || askedWays.length === 0) {
  console.error(unknown.length > 0 ? `no kind or way is named ${unknown.join(', ')}\n${usage}` : usage)
  process.exit(2)
}

/** What one machine came to. */
interface Done { readonly searches: number; readonly differences: readonly Difference[]; readonly skipped: boolean }

async function one(index: number): Promise<Done> {
  const seed = first + index, kind = askedKinds[seed % askedKinds.length]!
  try {
    const made = caseOf(kind, seed, mostStates)
    return made === null ? { searches: 0, differences: [], skipped: true }
      : { ...await compared(made, inTurn(askedWays.filter(way => fits(made.made, way)), seed)), skipped: false }
  } catch (error) {
    const lines = [error instanceof Error ? error.stack ?? error.message : String(error)]
    return { searches: 0, differences: [{ kind, seed, way: 'the naive checker itself', lines, text: '' }],
      skipped: false }
  }
}

/** Machines of one kind come every so many seeds: the turn of the ways is by their own count. */
function inTurn<T>(able: readonly T[], seed: number): readonly T[] {
  const start = Math.floor(seed / askedKinds.length) * each % Math.max(1, able.length)
  return [...able.slice(start), ...able.slice(0, start)].slice(0, each)
}

function tell({ kind, seed, way, lines, text }: Difference): void {
  console.log(`${kind} ${seed}, ${way}:\n  ${lines.slice(0, 5).join('\n  ')}`)
  console.log(`  again: npm run soak -- --machines 1 --seed ${seed} --kinds ${kind} --ways ${way} --show`)
  if (of.show) console.log(text.replace(/^/gm, '    '))
}

if (of.share !== undefined) {
  for (let index = Number(of.share); index < machines; index += workers) process.send!(await one(index))
  process.exit(0)
}
let done = 0, searches = 0, skipped = 0, differences = 0
const book = (of_: Done): void => {
  done++
  searches += of_.searches
  if (of_.skipped) skipped++
  differences += of_.differences.length
  of_.differences.forEach(tell)
  if (done % 100 === 0)
    console.error(`${done} of ${machines} machines, ${searches} searches, ${differences} differences`)
}
if (workers <= 1) for (let index = 0; index < machines; index++) book(await one(index))
else await Promise.all(Array.from({ length: workers }, (_, share) => new Promise<void>((resolve, reject) => {
  const child = fork(process.argv[1]!, [...process.argv.slice(2), '--share', String(share)])
  child.on('message', message => { book(message as Done) })
  child.on('exit', code => { if (code === 0) resolve(); else reject(new Error(`process ${share} ended with ${code}`)) })
})))
if (skipped > 0) console.log(`${skipped} machines were too large even with one action, and were left out`)
console.log(`${done} machines, ${searches} searches, ${differences} differences`)
process.exit(differences > 0 ? 1 : 0)
