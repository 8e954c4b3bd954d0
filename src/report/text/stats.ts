/** What the searches did: sizes, storage, symmetry, and what was and was not covered. */
import type { Exploration } from '../../explore/result.ts'
import type { CheckReport, DesignReport, ScopeReport } from '../check.ts'
import { isVacuous, neverExercised, neverFired } from '../coverage.ts'
import { counted, thousands } from '../../text/count.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'

/** A line for each design with an action that never fired; shown always, because it is the alarm. */
export function silentLines(designs: readonly DesignReport[], theme: Theme): string[] {
  const rows = designs.flatMap(design => {
    const silent = neverFired(design)
    return silent.length === 0 ? []
      : hang('  ', 4, wrapWords(`${design.design}: ${silent.join(', ')}`, theme.width - 4))
  })
  return rows.length === 0 ? [] : [theme.warn('actions that never fired in these searches'), ...rows]
}

/** Which ids were interchangeable, which were not and why; nothing without --symmetry. */
export function symmetryLines(designs: readonly DesignReport[], theme: Theme): string[] {
  const rows = new Map<string, string[]>()
  for (const { design, scopes } of designs)
    for (const { scope, exploration: { engine } } of scopes) {
      if (engine === null || engine.symmetry.length + engine.refused.length === 0) continue
      const says = symmetryOf(engine)
      rows.set(says, [...rows.get(says) ?? [], `${design} ${scope}`])
    }
  if (rows.size === 0) return []
  return [
    theme.strong('states merged where only these names differ; endless runs are not judged'),
    ...[...rows].flatMap(([says, where]) => [
      ...hang('  ', 2, wrapWords(says, theme.width - 2)),
      ...hang('    ', 4, wrapWords(where.join(', '), theme.width - 4)).map(line => theme.dim(line))]),
  ]
}
function symmetryOf({ symmetry, refused }: NonNullable<Exploration['engine']>): string {
  const used = symmetry.map(({ scalarset, size }) => `${scalarset} (${size})`).join(', ') || 'none'
  return [used, ...refused.map(({ scalarset, because }) => `left out ${scalarset}: ${because}`)].join('; ')
}

/** `--stats`: all of it, scope by scope. */
export function statsLines({ designs, clauses, witnesses }: CheckReport, theme: Theme): string[] {
  return [theme.strong('what the searches did'), ...designs.flatMap(design => [
    ...design.scopes.flatMap(scope =>
      [`  ${theme.strong(design.design)} ${scope.scope}`, ...scopeStats(scope, witnesses, theme)]),
    ...unexercised(design, clauses, theme),
  ])]
}

/** Of a section with many, how many: their ids are in the JSON document. */
const mostIds = 3
function unexercised(design: DesignReport, clauses: readonly string[], theme: Theme): string[] {
  const sections = new Map<string, string[]>()
  for (const id of neverExercised(design, clauses)) {
    const section = id.split('/')[0]!
    sections.set(section, [...sections.get(section) ?? [], id])
  }
  const shown = [...sections].map(([section, ids]) =>
    ids.length > mostIds ? `${ids.length} of ${section}` : ids.join(', '))
  return [`  ${theme.strong(design.design)} in all of these`,
    ...entry('clauses never', shown.join(', ') || 'none', theme)]
}

const labelWidth = 20
const entry = (label: string, says: string, theme: Theme): string[] =>
  hang(`    ${label}`.padEnd(labelWidth), labelWidth, wrapWords(says, theme.width - labelWidth))
const counts = (rows: readonly (readonly [string, number])[]): string =>
  rows.map(([name, n]) => `${name} ${thousands(n)}`).join(', ') || 'none'

function scopeStats({ exploration }: ScopeReport, witnesses: CheckReport['witnesses'], theme: Theme): string[] {
  const { states, transitions, depth, coverage, results, engine } = exploration
  const actions = Object.entries(coverage.actions)
  const vacuous = results.map(({ property }) => property)
    .filter(property => isVacuous(property, exploration, witnesses))
  return [
    ...entry('size', `${counted(states, 'state')}, ${counted(transitions, 'transition')}, depth ${depth}`, theme),
    ...engine === null ? [] : engineLines(engine, states, theme),
    ...entry('fired', counts(actions.flatMap(([name, { fired }]) => fired > 0 ? [[name, fired] as const] : [])), theme),
    ...entry('never fired', actions.flatMap(([name, { fired }]) => fired === 0 ? [name] : []).join(', ') || 'none',
      theme),
    ...entry('clauses', counts(Object.entries(coverage.clauses)), theme),
    ...entry('vacuous', vacuous.join(', ') || 'none', theme),
  ]
}

function engineLines(engine: NonNullable<Exploration['engine']>, states: number, theme: Theme): string[] {
  const { bits, bytes, recordings, nodes, direct, workers, levels } = engine
  return [
    ...entry('storage',
      `${bits} bits packed; ${thousands(bytes)} bytes with table, parents and labels, `
        + `${(bytes / Math.max(1, states)).toFixed(1)} a state`, theme),
    ...entry('learnt',
      `${thousands(recordings)} recordings, ${thousands(nodes)} tree nodes; `
        + `${workers === 1 ? '1 thread' : `${workers} threads`}`, theme),
    ...direct.length === 0 ? [] : entry('without a tree', [...new Set(direct)].join(', '), theme),
    ...engine.symmetry.length + engine.refused.length === 0 ? [] : entry('symmetry', symmetryOf(engine), theme),
    ...entry('states by depth', levels.map(thousands).join(' '), theme),
  ]
}
