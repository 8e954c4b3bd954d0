/** When no call and no handler is under way, nothing is held that nobody could give back: no leak, no forgotten lock,
 *  no source left masked or unbound, no vector left in service. */
import { isKeptFromClient } from '../../spec/kernel/l4re-io.ts'
import { handlerOf } from '../../spec/state.ts'
import type { State } from '../../spec/state.ts'
import type { DeepReadonly, Verdict } from '../../src/model/index.ts'
import type { Bounds } from '../../spec/bounds.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { always, sometimes } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

const takesAndGives = (b: Bounds): boolean => b.frames > 0 || b.migrate > 0
/** Handlers that are protocols end their interrupts by a step. */
const hasHandler = (design: Design, b: Bounds): boolean =>
  b.sources > 0 && design.protocols['handleInterrupt'] !== undefined

export const nothingLeftBehind: Claim = {
  appliesTo: (design, b) => takesAndGives(b) || hasHandler(design, b),
  property: always('nothing-left-behind', {
    claim: 'while the kernel is in no call and no handler, each frame and table page taken is in use, no lock is '
      + 'held, each source is unmasked, has one vector and is bound to the client that has its device, and no vector '
      + 'is in service that a handler was to end',
    parts: ({ state }) => partsOf(state).length,
  }, ({ state }, part) => !isIdle(state) || partsOf(state)[part]!(state)),
  witnesses: [
    { property: sometimes('the-kernel-is-idle-again', { claim: 'a call has ended' }, ({ state }, seen) =>
      state.kernel.calls.every(call => call === null)
        && seen.some(one => one.what === 'revoked' || one.what === 'bound')),
    appliesTo: (design, b) => takesAndGives(b) && endingCalls.some(call => design.protocols[call] !== undefined) },
    { property: sometimes('a-handler-is-at-work', { claim: 'an interrupt is in service, and its handler runs' },
      ({ state: { kernel, lapics } }) => lapics.some(({ isr }, cpu) =>
        isr.includes(true) && handlerOf(kernel, cpu) !== null)), appliesTo: hasHandler },
  ],
}

const isIdle = ({ kernel }: DeepReadonly<State>): boolean =>
  kernel.calls.every((call, cpu) => call === null && handlerOf(kernel, cpu) === null)

/** Calls whose last step tells what they gave back. */
const endingCalls = ['unmap', 'detach', 'migrateInterrupt'] as const

type Part = (state: DeepReadonly<State>) => Verdict

/** The claim in parts, for a search judges again only what a step can have changed. */
const partsOf = ({ kernel, sources, lapics }: DeepReadonly<State>): readonly Part[] => [
  ...kernel.mappings.map((_, domain): Part => state => mappingsRest(state, domain)), locksAreFree,
  ...kernel.frames.map((_, frame): Part => state => frameIsMapped(state, frame)),
  ...kernel.pages.map((_, page): Part => state => pageIsLinked(state, page)),
  ...'handlers' in kernel ? lapics.map((_, cpu): Part => state => vectorsRest(state, cpu)) : [],
  ...sources.map((_, source): Part => state => sourceRests(state, source)),
]

function mappingsRest({ kernel }: DeepReadonly<State>, domain: number): Verdict {
  const stuck = kernel.mappings[domain]!.find(mapping =>
    mapping !== null && mapping.phase !== 'live' && mapping.phase !== 'deferred')
  return !stuck || { because: `a mapping is still ${stuck.phase}, and no call is at work on it`, witness: { ...stuck } }
}
function locksAreFree({ kernel }: DeepReadonly<State>): Verdict {
  return kernel.queueLock === null && kernel.interruptTableLock === null
    && kernel.tableLock.every(holder => holder === null)
    || { because: 'a lock is held, and its holder is in no call' }
}
function frameIsMapped({ kernel }: DeepReadonly<State>, frame: number): Verdict {
  return kernel.frames[frame] === null || kernel.mappings.some(row => row.some(mapping => mapping?.frame === frame))
    || { because: `frame ${frame} is taken, and nothing is mapped to it`, witness: { frame } }
}
function pageIsLinked({ kernel, memory }: DeepReadonly<State>, page: number): Verdict {
  return kernel.pages[page] === null
    || [memory.roots, memory.pool].some(tables =>
      tables.some(row => row.some(({ now }) => now?.kind === 'table' && now.page === page)))
    || { because: `table page ${page} is taken, and no table links it`, witness: { page } }
}
function vectorsRest({ lapics }: DeepReadonly<State>, cpu: number): Verdict {
  const vector = lapics[cpu]!.isr.lastIndexOf(true)
  return vector < 0 || {
    because: `vector ${vector} of CPU ${cpu} was left in service: nothing at or below it gets there`,
    witness: { cpu, vector } }
}
function sourceRests(state: DeepReadonly<State>, source: number): Verdict {
  const { kernel, sources } = state
  if (isKeptFromClient(state, source))
    return { because: `source ${source} is bound to no client, and the client that has its device is served`,
      witness: { source } }
  if (sources[source]!.masked) return { because: `source ${source} was left masked`, witness: { source } }
  const places = kernel.vectors.flat().filter(one => one === source).length
  return places === 1 || { because: `source ${source} has ${places} vectors`, witness: { source, places } }
}
