/** When no call is under way, nothing is held that nobody could give back: no leak, no forgotten lock, no source left masked. */
import type { State } from '../../spec/state.ts'
import type { DeepReadonly, Verdict } from '../../src/model/index.ts'
import { always, sometimes } from '../claim.ts'
import type { Claim } from '../claim.ts'

export const nothingLeftBehind: Claim = {
  on: b => b.frames > 0 || b.migrate > 0,
  property: always('nothing-left-behind', {
    claim: 'while the kernel is in no call, each frame and table page taken is in use, no lock is held, each source is unmasked and has one vector',
  }, ({ state }) => state.kernel.calls.some(call => call !== null) ? true : settled(state)),
  witnesses: [
    { property: sometimes('the-kernel-is-idle-again', { claim: 'a call has ended' }, ({ state }, seen) =>
      state.kernel.calls.every(call => call === null) && seen.some(one => one.what === 'revoked' || one.what === 'bound')),
      on: design => Object.keys(design.protocols).length > 0 },
  ],
}

function settled({ kernel, sources, unit }: DeepReadonly<State>): Verdict {
  const mappings = kernel.mappings.flat().filter(mapping => mapping !== null)
  const stuck = mappings.find(({ phase }) => phase !== 'live' && phase !== 'deferred')
  if (stuck !== undefined) return { because: `a mapping is still ${stuck.phase}, and no call is at work on it`, witness: { ...stuck } }
  const frame = kernel.frames.findIndex((owner, at) => owner !== null && !mappings.some(mapping => mapping.frame === at))
  if (frame >= 0) return { because: `frame ${frame} is taken, and nothing is mapped to it`, witness: { frame } }
  const linked = [...unit.memory.roots.flat(), ...unit.memory.pool.flat()].flatMap(({ now }) => now?.kind === 'table' ? [now.page] : [])
  const page = kernel.pages.findIndex((owner, at) => owner !== null && !linked.includes(at))
  if (page >= 0) return { because: `table page ${page} is taken, and no table links it`, witness: { page } }
  if (kernel.queueLock !== null || kernel.interruptTableLock !== null || kernel.tableLock.some(holder => holder !== null)) return { because: 'a lock is held, and its holder is in no call' }
  for (let source = 0; source < sources.length; source++) {
    if (sources[source]!.masked) return { because: `source ${source} was left masked`, witness: { source } }
    const places = kernel.vectors.flat().filter(one => one === source).length
    if (places !== 1) return { because: `source ${source} has ${places} vectors`, witness: { source, places } }
  }
  return true
}
