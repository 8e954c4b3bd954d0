/** `explain`: what a name means that a report uses. */
import { alarmKinds, wordsFor } from '../../audit/alarms.ts'
import type { AlarmKind } from '../../audit/kinds.ts'
import { nearest, usage } from '../../errors.ts'
import { cite } from '../../cost/index.ts'
import { exitClasses } from '../../exit.ts'
import type { ExitName } from '../../exit.ts'
import { kinds } from '../../logs/verdicts/judging.ts'
import { claimsOnBoots } from '../../logs/verdicts/index.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import { claims } from '../../../properties/index.ts'
import { boundNames, boundSpecs, showBounds } from '../../../spec/bounds.ts'
import type { BoundName } from '../../../spec/bounds.ts'
import { clauses } from '../../../spec/clauses.ts'
import { paths, profiles, sources, units } from '../../../spec/costs/index.ts'
import type { Profile, ProfileUnit } from '../../../spec/costs/index.ts'
import { iommu, standardIommu } from '../../../spec/iommus.ts'
import { clauseOf } from '../../../spec/kernel/calls.ts'
import { designNamed, designs, everyDesign, onlyNamed, placedName } from '../../../spec/designs.ts'
import { migrations } from '../../../spec/kernel/migration.ts'
import type { Design, Step } from '../../../spec/kernel/design.ts'
import { scopeNamed } from '../../../spec/scopes.ts'
import { stateParts, stateWords } from '../../../spec/state-words.ts'
import { parse } from '../args.ts'
import { isPath } from '../paths.ts'
import type { Command } from '../args.ts'
import { colorOption, iommuOption } from '../shared-flags.ts'
import { kindOf } from '../domain-words.ts'
import { designLines } from '../explain-design.ts'
import { faultLines, reasonLines, strengths } from '../explain-faults.ts'
import { iommuLines } from '../explain-iommu.ts'
import { errorLines, exportLines, row, systemLines, termLines, titled } from '../explain-words.ts'
import { iommuNamed, onAnother, subjectsOf } from '../designs.ts'
import { located } from '../samples.ts'
import { themeOf } from '../io.ts'
import type { Io } from '../io.ts'
import { fieldLines, isWords, logLines } from '../log-words.ts'
import {
  fieldRows, isLayoutId, layoutId, layoutsNamed, layoutTitle, manualOf, valueRows,
} from '../layouts.ts'
import type { Layout } from '../../../spec/iommu/layout.ts'
import { knownActions, registries, steps } from '../registries.ts'
import { rows } from '../../text/rows.ts'

const fairly = {
  true: 'weakly fair: if it stays possible, it happens eventually', false: 'at any time, or never',
  strong: 'strongly fair: if it is possible again and again, it happens eventually',
} as const

/** How well a rule is known of whose manual only those tell who implement it. */

const options = { ...iommuOption, ...colorOption } as const

export const explain = {
  name: 'explain', operands: 'ID…', options, run: runExplain,
  says: 'Explain a name: a property, design, IOMMU, step, list of steps, function, action, scope, bound, clause, fault '
    + 'reason, register or table layout, cost unit, path or profile, verdict of validate, alarm of audit, migration, '
    + 'exit code, error code, a word of a report, or a system of the forum thread.',
  examples: [
    ['remapcheck explain no-lost-edge', 'a claim, its clause, its place and its witnesses'],
    ['remapcheck explain ring0-deferred', 'a design, step by step, and what it gives up'],
    ['remapcheck explain iommu.process unmap/clearPte', 'actions, as traces name them'],
    ['remapcheck explain queue-wait', 'a unit of cost, its price and the figures behind it'],
    ['remapcheck explain hits-explained', 'a verdict of validate'],
    ['remapcheck explain writes-tables', 'an alarm of audit'],
    ['remapcheck explain 0x22', 'a VT-d fault reason (also 22h, and 34 as older kernels log it)'],
    ["remapcheck explain '[fault reason 38]' ITE F_TRANSLATION", 'words as a log has them; a whole line, too'],
    ['remapcheck explain awaitInvalidation without', 'what a design imports'],
    ['remapcheck explain E-DESIGN-SHAPE vacuous', 'the code of a message, and a word of a report'],
    ['remapcheck explain sigma0 IOKit', 'systems of the forum thread, and the design to check'],
    ['remapcheck explain 204h amdvi', 'a refusal of AMD-Vi, and the IOMMU'],
    ['remapcheck explain IRTA context-entry DTE', 'registers and structures, bit by bit'],
    ['remapcheck explain context-entry=0x1100001,0x101', 'a raw value, field by field; the lowest 64 bits first'],
  ],
} as const satisfies Command<typeof options>

async function runExplain(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(explain, args)
  if (operands.length === 0) throw usage('explain', 'needs a name', 'for example remapcheck explain no-lost-edge')
  const theme = themeOf(io, flags), on = flags.iommu === undefined ? null : iommuNamed(flags.iommu)
  const blocks: string[][] = []
  let failed: unknown = null
  for (const id of operands) {
    // One that is unknown hides no other.
    try { blocks.push(...await blocksOf(id, on, theme, io)) } catch (cause) { failed ??= cause }
  }
  if (blocks.length > 0) io.stdout.write(located(io, blocks.map(lines => lines.join('\n')).join('\n\n')) + '\n')
  if (failed !== null) throw failed
  return 'holds'
}

async function blocksOf(id: string, on: string | null, theme: Theme, io: Io): Promise<string[][]> {
  const words = isWords(id) ? logLines(id, theme, reasonLines(theme)) : []
  if (words.length > 0) return words
  return isPath(id) ? (await subjectsOf(io, [id])).map(({ design }) => designLines(design, theme))
    : [linesOf(id, on, theme)]
}

/** Every meaning of the id: a number may be an exit code and a fault reason, in hexadecimal or decimal. */
function linesOf(id: string, on: string | null, theme: Theme): string[] {
  const design = designNamed(placedName(id, on ?? standardIommu.name)) ?? (on === null ? onlyNamed(id) : null)
  const named = [
    ...design === null ? [] : [designLines(design, theme)],
    ...stateLines(id, theme), ...propertyLines(id, theme), ...stepLines(id, theme), ...actionLines(id, theme),
    ...faultLines(id, theme),
    ...unitLines(id, theme), ...layoutLines(id, theme), ...iommuLines(id, theme),
    ...smallLines(id, theme), ...exportLines(id, theme),
    ...errorLines(id, theme), ...termLines(id, theme), ...systemLines(id, theme),
  ]
  const found = named.length > 0 ? named : logLines(id, theme, reasonLines(theme))
  if (found.length === 0) throw onAnother(placedName(id, on ?? standardIommu.name)) ?? unknown(id)
  const which = isNumber(id) && found.length > 1
    ? [...wrapWords(`${id} has ${found.length} meanings. Manuals and new kernels of Linux write fault reasons in `
      + `hexadecimal: ask for 0x${id} where the log has 0x.`, theme.width), ''] : []
  return [...which, ...found.flatMap((lines, i) => i === 0 ? lines : ['', ...lines])]
}
const isNumber = (id: string): boolean => /^\d+$/.test(id)

function unknown(id: string): Error {
  const known = [
    ...Object.values(registries).flatMap(rows => rows().map(row => row[0]!)),
    ...claims.flatMap(({ witnesses }) => witnesses.map(one => one.property.name)),
  ]
  const meant = isNumber(id) ? null : nearest(id, known)
  return usage(id, 'nothing has this name',
    meant !== null ? `did you mean '${meant}'?`
      : `\`remapcheck list${isNumber(id) ? ' faults exits' : ''}\` shows what there is`, 'EXPLAIN')
}

const clauseRow = (step: Step, theme: Theme): string[] => {
  const clause = clauseOf(step, iommu)
  return clause === undefined ? [] : row('clause', clauseText(clause), theme)
}
const clauseText = (id: string): string => {
  const clause = clauses[id]
  return clause === undefined ? id : `${id}: ${clause.says}`
}

function propertyLines(id: string, theme: Theme): string[][] {
  return claims.flatMap(({ property, witnesses }) => {
    const about = (one: typeof property): string[] => [
      ...row('claim', one.claim, theme), ...one.clause === null ? [] : row('clause', clauseText(one.clause), theme),
      ...row('at', one.at, theme)]
    if (property.name === id) return [[
      titled(id, `property, ${property.kind}`, theme), ...about(property),
      ...row('given up', designs.filter(one => Object.hasOwn(one.givesUp, id)).map(({ name }) => name).join(', ')
        || 'by no built-in design', theme),
      ...row('witnesses', 'situations that the search must reach, or the verdict shows nothing:', theme),
      ...rows(witnesses.map(one => [one.property.name, one.property.claim]), theme.width, 12),
    ]]
    const witness = witnesses.find(one => one.property.name === id)?.property
    return witness === undefined ? [] : [[titled(id, `witness of ${property.name}`, theme), ...about(witness)]]
  })
}

function stepLines(id: string, theme: Theme): string[][] {
  const step = steps.get(id)
  if (step === undefined) return []
  const usersAmong = (of: readonly Design[]): string[] =>
    of.flatMap(({ name, protocols }) => Object.entries(protocols).flatMap(([call, protocol]) =>
      protocol.some(one => one.name === id) ? [`${name} ${call}`] : []))
  const own = usersAmong(designs), users = own.length > 0 ? own : usersAmong(everyDesign)
  return [[
    titled(id, 'step', theme), ...row('does', step.says, theme), ...clauseRow(step, theme),
    ...row('taken by', users.join(', ') || 'no built-in design', theme),
  ]]
}

function actionLines(id: string, theme: Theme): string[][] {
  const action = knownActions().get(id)
  if (action === undefined) return []
  const step = steps.get(id.replace(/^.*\/|#\d+$/g, ''))
  const own = action.designs.filter(name => designs.some(one => one.name === name))
  return [[
    titled(id, 'action', theme), ...row('does', action.says, theme),
    ...step === undefined ? [] : clauseRow(step, theme),
    ...row('taken by', action.agents.join(', '), theme), ...row('with', action.params.join(', ') || 'none', theme),
    ...row('when', fairly[String(action.fair) as keyof typeof fairly], theme),
    ...row('cost of', action.path, theme),
    ...row('in', own.length === designs.length ? 'every built-in design'
      : (own.length > 0 ? own : action.designs).join(', '), theme),
  ]]
}

/** What a unit is, and its price in the default profile; in the others where it differs. */
function unitLines(id: string, theme: Theme): string[][] {
  if (!Object.hasOwn(units, id)) return []
  const [standard, ...others] = Object.values(profiles).map(profile => ({ profile, price: profile.units[id] }))
  const shown = [standard!, ...others.filter(({ price }) => price !== undefined && price !== standard!.price)]
  const figures = new Set(shown.flatMap(({ price }) => price === undefined || 'within' in price ? [] : price.from))
  return [[
    titled(id, 'cost unit', theme), ...row('is', units[id as keyof typeof units], theme),
    ...shown.flatMap(({ profile, price }) => priceLines(profile, price, theme)),
    ...[...figures].flatMap((figure, i) => hang(i === 0 ? '  figures   ' : ' '.repeat(12), 12,
      hang('', 2, wrapWords(figureText(figure), theme.width - 14)))),
  ]]
}
function priceLines({ id, clock_ghz }: Profile, price: ProfileUnit | undefined, theme: Theme): string[] {
  if (price === undefined) return row('price', `none in ${id}`, theme)
  if ('within' in price)
    return [...row('price', `none of its own: within ${price.within} (${id})`, theme),
      ...row('because', price.derivation, theme)]
  const { min, typ, max, derivation, note, assumption } = price
  return [
    ...row('price', `min ${min}, typical ${typ}, max ${max} cycles at ${clock_ghz} GHz (${id})`, theme),
    ...row('because', derivation, theme),
    ...note === undefined ? [] : row('note', note, theme),
    ...assumption ? row('but', 'an assumption: no published figure isolates this unit', theme) : [],
  ]
}
function figureText(id: string): string {
  const figure = Object.hasOwn(sources.figures, id) ? sources.figures[id]! : null
  if (figure === null) return id
  const { value, unit, platform, conditions, status, citation } = figure
  const cited = sources.citations[citation]
  return `${id}: ${value} ${unit}, ${sources.platforms[platform]?.cpu ?? platform}, ${conditions}; `
    + `${cited === undefined ? citation : cite(cited)} (${status})`
}

/** A part of the state: `s.kernel.frames`, also without the `s.`. */
function stateLines(id: string, theme: Theme): string[][] {
  const part = stateParts().find(([path]) => id === `s.${path}` || id === path)
  return part === undefined ? [] : [[titled(`s.${part[0]}`, 'part of the state', theme),
    ...row('is', stateWords[part[0]] ?? '', theme), ...row('holds', kindOf(part[1]), theme)]]
}

/** Layouts, or a value in them: `NAME=0x…,0x…`. A name that is short for some may be a field's too. */
function layoutLines(id: string, theme: Theme): string[][] {
  const named = layoutsNamed(id)
  const title = (of: Layout): string => {
    const kind = `${of.name.includes(':') ? `${layoutTitle(of)}, ` : ''}${of.bits} bits, ${manualOf(of)} section `
      + of.section
    const isShort = id.length + 2 + kind.length <= theme.width
    return titled(isShort && layoutId(of) === id.split('=')[0] ? id : layoutId(of), kind, theme)
  }
  return [
    ...named.map(of => [title(of), ...rows(fieldRows(of), theme.width, 4)]),
    ...named.length === 0 || isLayoutId(id) ? [] : fieldLines(id, theme),
    ...valueRows(id).map(value => [
      title(value.of), ...value.not === null ? [] : [`  ${theme.bad(value.not)}`],
      ...value.rows.length === 0 ? ['  all bits are 0'] : rows(value.rows, theme.width, 4),
      ...value.dead ? hang('  ', 2, wrapWords('all ones: a read gives that where nothing answers at the address; then '
        + 'no bit of it means anything', theme.width - 2)) : [],
      ...value.wrong.length === 0 ? []
        : hang('  ', 2, wrapWords(theme.bad(`must be 0: bits ${value.wrong.join(', ')}`), theme.width - 2)),
    ]),
  ]
}

function smallLines(id: string, theme: Theme): string[][] {
  const scope = scopeNamed(id)
  const bound = boundNames.includes(id as BoundName) ? boundSpecs[id as BoundName] : null
  const migration = migrations.find(({ name }) => name === id)
  const exit = exitClasses.find(({ code, name }) => String(code) === id || name === id)
  const clause = Object.hasOwn(clauses, id) ? clauses[id]! : null
  const path = Object.hasOwn(paths, id) ? paths[id as keyof typeof paths] : null
  const profile = Object.hasOwn(profiles, id) ? profiles[id]! : null
  const verdict = claimsOnBoots.find(({ claim }) => claim === id)
  const alarm: AlarmKind | null = Object.hasOwn(alarmKinds, id) ? alarmKinds[id as keyof typeof alarmKinds] : null
  return [
    ...clause === null ? []
      : [[titled(id, `clause, ${clause.manual} section ${clause.section}`, theme), ...row('says', clause.says, theme),
        ...clause.strength === undefined ? [] : row('known by', strengths[clause.strength], theme)]],
    ...scope === null ? []
      : [[titled(id, 'scope', theme), ...row('about', scope.says, theme),
        ...row('bounds', showBounds(scope.bounds).replaceAll(',', ', '), theme)]],
    ...bound === null ? []
      : [[titled(id, 'bound', theme), ...row('is', bound.says, theme),
        ...row('range', `${bound.least}..${bound.most}, ${bound.standard} where not given`, theme)]],
    ...migration === undefined ? []
      : [[titled(id, 'migration, DESIGN+NAME', theme), ...row('does', migration.says, theme)]],
    ...path === null ? [] : [[titled(id, 'path of cost', theme), ...row('is', path, theme)]],
    ...profile === null ? []
      : [[titled(id, 'cost profile', theme), ...row('is', profile.title, theme),
        ...row('clock', `${profile.clock_ghz} GHz`, theme),
        ...profile.notes.flatMap(note => row('note', note, theme))]],
    ...verdict === undefined ? [] : [[
      titled(id, `verdict of validate, ${verdict.kind}`, theme), ...row('claim', verdict.says, theme),
      ...row('false', kinds[verdict.kind].replace('false is ', ''), theme),
      ...row('from', verdict.of === 'log' ? "QEMU's trace log"
        : "QEMU's trace log and the kernel's own (--ftrace); what it can prove: docs/validate.md", theme),
    ]],
    ...alarm === null ? [] : [[
      titled(id, `alarm of audit, ${alarm.severity}`, theme), ...row('means', alarm.says, theme),
      ...row('do', alarm.todo, theme),
      ...wordsFor(id).flatMap(({ title, says, todo }) =>
        says === undefined && todo === undefined ? [] : row(title, [says, todo].filter(Boolean).join(' → '), theme)),
      ...[alarm, ...wordsFor(id)].flatMap(({ clause }) =>
        clause === undefined ? [] : row('clause', clauseText(clause), theme)),
    ]],
    ...exit === undefined ? []
      : [[titled(`${exit.code}  ${exit.name}`, 'exit code', theme), ...row('means', exit.meaning, theme)]],
  ]
}
