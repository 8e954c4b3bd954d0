/** What `explain` says of a design, built-in or of a user's own. */
import { kindOf } from './domain-words.ts'
import { hang, wrapWords } from '../text/layout.ts'
import { rows } from '../text/rows.ts'
import type { Theme } from '../text/theme.ts'
import { bounds } from '../../spec/bounds.ts'
import { iommuNameOf } from '../../spec/designs.ts'
import { idsOf } from '../../spec/ids.ts'
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommuOf } from '../../spec/iommus.ts'
import { clauseOf } from '../../spec/kernel/calls.ts'
import { stepLabels } from '../../spec/kernel/design.ts'
import type { Design, Step } from '../../spec/kernel/design.ts'
import { titled } from './explain-words.ts'

const cited = (step: Step, on: Iommu): string => {
  const clause = clauseOf(step, on)
  return clause === undefined ? '' : ` [${clause}]`
}
/** A design: each step of each protocol, what it keeps and offers of its own, and what it gives up. */
export function designLines(design: Design, theme: Theme): string[] {
  const { name, says, protocols, givesUp } = design, on = iommuOf(design)
  return [
    titled(name, iommuNameOf(design) === null ? 'design' : `design on ${on.title}`, theme),
    ...hang('  ', 2, wrapWords(says, theme.width - 2)),
    ...Object.entries(protocols).flatMap(([call, protocol]) => [
      '', `  ${theme.strong(call)}`,
      ...rows(protocol.map((step, i) => [`${i + 1}`, stepLabels(protocol)[i]!, step.says + cited(step, on)]),
        theme.width, 4),
    ]),
    ...ownLines(design, theme),
    ...Object.keys(givesUp).length === 0 ? ['', '  gives up nothing']
      : ['', `  ${theme.strong('gives up')}`, ...rows(Object.entries(givesUp), theme.width, 4)],
  ]
}

/** Two of everything, and every part switched on: ids have their names then, and a design keeps all that it may. */
const b = bounds({ cpus: 2, devices: 2, domains: 2, frames: 2, iovas: 2, sources: 2, vectors: 2, readOnly: 1, ports: 1,
  migrate: 2, reassign: 1 })
function ownLines(design: Design, theme: Theme): string[] {
  const { state, registers, calls, hardware, claims, scopes } = design
  const fields = (of: typeof state): string[][] =>
    Object.entries(of?.({ id: idsOf(b), b }) ?? {}).map(([name, domain]) => [name, kindOf(domain)])
  const parts: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    ['keeps, as s.own', fields(state)], ['registers of its own', fields(registers)],
    ['calls of its own, and parts that it replaces', Object.entries(calls).map(([name, { says, rules, takes }]) =>
      [name, [...says === undefined ? [] : [says], ...Object.keys({ ...rules, ...takes })].join('; ')])],
    ['what CPUs do by themselves', Object.entries(hardware).map(([name, { says }]) => [`cpu.${name}`, says])],
    ['claims of its own', claims.map(({ property: { name, claim } }) => [name, claim])],
    ['scopes', (scopes ?? []).map(one => typeof one === 'string' ? [one, 'a standard scope'] : [one.name, one.says])],
  ]
  return parts.flatMap(([title, of]) =>
    of.length === 0 ? [] : ['', `  ${theme.strong(title)}`, ...rows(of, theme.width, 4)])
}
