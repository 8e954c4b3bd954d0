/** Why a step is needed: what a search of the design without it found, beside what the design with it does. */
import type { Exploration } from '../explore/result.ts'
import type { ModelError } from '../model/index.ts'
import type { Why } from '../report/ablation.ts'
import { shellWord } from '../text/shell.ts'
import { propertiesFor } from '../../properties/index.ts'
import { showBounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { protocolsOf } from '../../spec/kernel/calls.ts'
import { fullName, iommuNameOf } from '../../spec/designs.ts'
import type { Design } from '../../spec/kernel/design.ts'
import type { Scope } from '../../spec/scopes.ts'
import type { Subject } from './subject.ts'

/** Null when nothing shows a need. A witness or step that is never reached counts only after a complete search. */
export function whyOf(subject: Subject, less: Design, scope: Scope, b: Bounds, right: Exploration,
  found: Exploration): Why | null {
  const about = { scope: scope.name, bounds: showBounds(b), saved: null }
  const violations = found.results.flatMap(({ violation }) => violation === null ? [] : [violation])
  const shortest = violations.toSorted((one, other) => one.ops.length - other.ops.length)[0]
  if (shortest !== undefined) {
    const { property, because, ops, loop } = shortest
    return {
      ...about, property, because, ops, ...loop === null ? {} : { loop },
      clause: propertiesFor(less, b).find(({ name }) => name === property)?.clause ?? null,
      also: violations.filter(one => one !== shortest).map(one => ({ property: one.property, ops: one.ops.length })),
      command: commandOf(subject, less, b, property),
    }
  }
  const unreached = found.complete ? found.results.find(({ outcome }) => outcome === 'unreached')?.property ?? null
    : null
  const never = found.complete && unreached === null ? neverTaken(subject.design, right, found) : null
  if (unreached === null && never === null) return null
  return {
    ...about, property: unreached, clause: null, ops: null, also: [], command: commandOf(subject, less, b, unreached),
    because: unreached === null ? `${never!} is never taken` : `${unreached} is never reached`,
  }
}

/** A later step fails where this one was not taken, before any claim is violated. */
export function whyBroken(subject: Subject, less: Design, scope: Scope, b: Bounds, mistake: ModelError): Why {
  return {
    scope: scope.name, bounds: showBounds(b), property: null, clause: null,
    because: `a later step fails: ${mistake.message}`, ops: mistake.trace, also: [],
    command: commandOf(subject, less, b, null), saved: null,
  }
}

/** A call, or step of one, that the design takes with the step, and never without it. */
function neverTaken(design: Design, { coverage: { actions: with_ } }: Exploration,
  { coverage: { actions: without } }: Exploration): string | null {
  const ofCalls = Object.keys(with_)
    .filter(name => protocolsOf(design).some(call => name === call || name.startsWith(`${call}/`)))
  return ofCalls.find(name => with_[name]!.fired > 0 && without[name]?.fired === 0) ?? null
}

function commandOf({ design, path }: Subject, less: Design, b: Bounds, property: string | null): string {
  const name = path === null ? fullName(less.name, iommuNameOf(design))
    : path + less.name.slice(design.name.length)
  return `npx remapcheck check ${shellWord(name, true)} --bounds `
    + `${showBounds(b)}${property === null ? ' --json' : ` --property ${property}`}`
}
