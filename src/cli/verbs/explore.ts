/** `explore`: a machine that one walks by hand, in the browser. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { boundsOfTrace } from '../../check/bounds-text.ts'
import type { Subject } from '../../check/subject.ts'
import { regressionFolder, replayOf } from '../../check/violations.ts'
import { walkedByHand } from '../../check/walk.ts'
import { suggest, usage, UserError } from '../../errors.ts'
import type { ExitName } from '../../exit.ts'
import { pageText } from '../../report/page/index.ts'
import { misfits } from '../../report/page/trace.ts'
import type { Trace } from '../../trace/format.ts'
import { loadTrace, loadTraces } from '../../trace/store.ts'
import type { StoredTrace } from '../../trace/store.ts'
import { clauses } from '../../../spec/clauses.ts'
import { everyDesign } from '../../../spec/designs.ts'
import { showBounds } from '../../../spec/bounds.ts'
import { scopesFor, scopesOn } from '../../../spec/scopes.ts'
import { parse, wholeNumber } from '../args.ts'
import type { Command, Flags } from '../args.ts'
import { builtIn, subjectsOf } from '../designs.ts'
import { firstGround, Questions } from '../explore/questions.ts'
import type { Tour } from '../explore/questions.ts'
import { serve } from '../explore/guarded-server.ts'
import { handedOn, repeatOf } from '../handed-on.ts'
import { placed } from '../io.ts'
import type { Io } from '../io.ts'
import { packageRoot, tool, version } from '../package.ts'
import { pageParts } from '../page-parts.ts'
import { sampled } from '../samples.ts'
import { claimsOption, iommuOption } from '../shared-flags.ts'

const options = {
  ...iommuOption,
  scope: { value: 'NAME', says: 'the scope to begin in (the first of the design)' },
  bounds: { value: 'NAME=N,…', says: 'bounds of your own instead of a scope' },
  design: { value: 'FILE', says: 'your module, for a trace of a design of your own' },
  ...claimsOption,
  port: { value: 'N', says: 'the port to listen on, of this machine alone (a free one)' },
} as const

export const explore = {
  name: 'explore', operands: '[DESIGN|TRACE]', options, run: runExplore,
  says: 'Walk a machine by hand in the browser: choose what happens next, go back, see state and judge change, ask '
    + 'whether it can go wrong from there. Ctrl-C ends it.',
  examples: [
    ['remapcheck explore ring0-deferred-early', 'a built-in design'],
    ['remapcheck explore ./mine.mjs --scope mapping', 'your own, in one scope'],
    ['remapcheck explore traces/known/no-dma-escape-no-iommu-5fc6.json', 'on from a trace'],
  ],
} as const satisfies Command<typeof options>

/** Nobody has named one: it breaks in nine steps. */
const usual = 'ring0-deferred-early'

async function runExplore(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(explore, args)
  if (operands.length > 1) throw usage('explore', 'takes one design or trace', 'for example remapcheck explore '
    + usual)
  const port = flags.port === undefined ? 0 : wholeNumber('--port', flags.port, 1, 65_535)
  const tour = await tourOf(flags, operands[0], io)
  const questions = new Questions(tour, io)
  const first = questions.start(tour.ground) // whether there is such a machine at all
  const { url, close } = await serve({
    ask: (question, signal) => questions.answer(question, signal),
    page: async () => pageText({
      tool, version, verb: 'explore', title: first.ground.design, links: [], exit: null,
      repeat: handedOn(io)(repeatOf(io)),
      clauses: Object.fromEntries(Object.entries(clauses).map(([id, { manual, section, says }]) =>
        [id, { section: `${manual} ${section}`, says }])),
      terms: (await pageParts()).terms, body: { kind: 'explore', start: questions.start(tour.ground) },
    }, await pageParts(), [], "'self'"),
  }, port)
  for (const note of tour.notes) io.stderr.write(`${operands[0]!}: ${note}\n`)
  try {
    io.stdout.write(`${url}\n`)
    io.stderr.write('open this address in a browser; Ctrl-C ends it\n')
    await new Promise<void>(settle => {
      if (io.signal.aborted) settle()
      else io.signal.addEventListener('abort', () => { settle() }, { once: true })
    })
  } finally { await close() }
  return tour.notes.length === 0 ? 'holds' : 'diverged'
}

async function tourOf(flags: Flags<typeof options>, operand: string | undefined, io: Io): Promise<Tour> {
  const { claims, iommu, scope, bounds: given } = flags
  if (scope !== undefined && given !== undefined)
    throw usage('--bounds', 'cannot be combined with --scope', 'give one of the two')
  const known = knownTraces(io)
  if (operand?.endsWith('.json') === true) {
    const path = sampled(io, operand), trace = loadTrace(path)
    const own = flags.design === undefined ? [] : await subjectsOf(io, [flags.design], { claims, machines: true })
    const subject = own.find(({ design }) => design.name === trace.design)
      ?? { design: builtIn(trace.design), path: null }
    return { known, subjects: [subject], way: trace.ops, notes: notesOf(subject, trace, path),
      ground: { design: trace.design, bounds: showBounds(boundsOfTrace(trace, path)) } }
  }
  if (flags.design !== undefined) throw usage('--design', 'is for traces', 'remapcheck explore ./mine.mjs')
  const named = await subjectsOf(io, [operand ?? usual], { claims, iommu, machines: true })
  const [first] = named
  const others = everyDesign.filter(design => !named.some(one => one.design.name === design.name))
    .map(design => ({ design, path: null }))
  return { known, way: [], notes: [], subjects: [...named, ...others],
    ground: firstGround(first!, given ?? boundsOfScope()) }

  function boundsOfScope(): string | undefined {
    if (scope === undefined) return undefined
    const all = scopesOn(first!.design, scopesFor([first!.design])), names = all.map(({ name }) => name)
    const found = all.find(({ name }) => name === scope)
    if (found !== undefined) return showBounds(found.bounds)
    throw usage('--scope', `'${first!.design.name}' has no scope named '${scope}'`,
      suggest(scope, names, `it has ${names.join(', ')}`), 'SCOPE')
  }
}

/** A way that violated nothing has nothing to show again. */
function notesOf(subject: Subject, trace: Trace, path: string): readonly string[] {
  const replayed = replayOf(subject, trace, path)
  return misfits({ ...replayed, reproduced: replayed.reproduced || trace.because === walkedByHand })
}

/** Saved violations, of the package and of the user. */
function knownTraces(io: Io): readonly StoredTrace[] {
  return [join(packageRoot, 'traces', 'known'), placed(io, regressionFolder)].flatMap(folder => {
    try { return existsSync(folder) ? loadTraces([folder]) : [] } catch (cause) {
      if (!(cause instanceof UserError)) throw cause
      if (cause.code === 'E-TRACE-NONE') return []
      io.stderr.write(`${cause.text()}\n`)
      return []
    }
  })
}
