/** docs/vendors.md is made from ablations on each IOMMU: `vitest run test/readme -u` writes it anew. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ablate, smallestFirst } from '../../src/check/ablate.ts'
import type { Cell } from '../../src/report/ablation.ts'
import { disputes } from '../../spec/amdvi/disputes.ts'
import { designNamed, placedName } from '../../spec/designs.ts'
import type { Iommu } from '../../spec/iommu/iommu.ts'
import type { Vocabulary } from '../../spec/iommu/vocabulary.ts'
import { iommus } from '../../spec/iommus.ts'
import type { Design, Protocol, Step } from '../../spec/kernel/design.ts'
import { migrations } from '../../spec/kernel/migration.ts'
import { ring0DeferredOn, ring0StrictOn } from '../../spec/kernel/ring0.ts'
import { scopesOn, worlds } from '../../spec/scopes.ts'
import type { CallName } from '../../spec/state.ts'
import { hardwaresOf } from '../../spec/variants.ts'
import { amdviMutants } from '../mutants/amdvi.ts'
import { interruptMutants } from '../mutants/interrupt.ts'
import { memoryMutants } from '../mutants/memory.ts'

/** Calls, and the designs that make them. */
const asked = [
  ['map', 'ring0-strict'], ['unmap', 'ring0-strict'], ['protect', 'ring0-strict'], ['flush', 'ring0-deferred'],
  ['attach', 'ring0-strict'], ['detach', 'ring0-strict'], ['migrateInterrupt', 'ring0-strict'],
  ['migrateInterrupt', 'ring0-strict+table-switch'],
] as const satisfies readonly (readonly [CallName, string])[]
type Word = keyof Vocabulary<never>
const words = Object.keys(iommus[0]!.steps) as readonly Word[]
/** Each word one step of its own name: protocols made of these say which words they have, in order. */
const naming = Object.fromEntries(words.map(word =>
  [word, [{ name: word, says: word, then: () => {} }]])) as unknown as Vocabulary<unknown>
const strict = ring0StrictOn(naming)
const inWords: Readonly<Record<string, Design<unknown>>> = {
  'ring0-strict': strict, 'ring0-deferred': ring0DeferredOn(naming),
  'ring0-strict+table-switch': migrations.find(({ name }) => name === 'table-switch')!.apply(strict, naming),
}
const wordsOf = (call: CallName, design: string): readonly Word[] =>
  inWords[design]!.protocols[call]!.flatMap(({ name }) => words.includes(name as Word) ? [name as Word] : [])

/** The smallest machines, less the one that two CPUs move two interrupts in: it has millions of states. */
const small = worlds.filter(({ name }) => name !== 'two-movers')

/** Of each step of the vendor's in a call: the hardware on which some claim fails without it. Steps that the standard
 *  unit skips are asked about on the other hardware only. */
async function needs(iommu: Iommu, call: CallName, name: string): Promise<ReadonlyMap<string, string>> {
  const design = designNamed(placedName(name, iommu.name))!, subject = { design, path: null }
  const own = new Set(Object.values(iommu.steps as Vocabulary<never>).flat().map(step => step.name))
  const scopes = smallestFirst(design, scopesOn(design, small)), [standard, ...others] = hardwaresOf(iommu)
  const found = new Map<string, string>()
  const ask = async (hardware: typeof others): Promise<void> => {
    const [report] = await ablate({
      subject, calls: [call], hardware, scopes,
      asks: edit => 'without' in edit && edit.without.length === 1 && own.has(edit.without[0]!)
        && !found.has(edit.without[0]!),
    }, { signal: new AbortController().signal, say: () => {} })
    for (const { edit, cells } of report!.rows) {
      const where = report!.hardware.flatMap(({ name: unit }, i) => says(cells[i]!, unit))
      if (where.length > 0) found.set(edit, [...new Set(where)].join(', '))
    }
  }
  await ask([standard!])
  await ask(others)
  return found
}
function says({ verdict }: Cell, unit: string): string[] {
  if (verdict === 'nothing') return []
  expect(['needed', 'not-needed']).toContain(verdict)
  const where = unit === 'standard' ? 'always' : unit
  return [verdict === 'needed' ? where : `${where}: not needed`]
}

const cellOf = (steps: Protocol, needed: ReadonlyMap<string, string>): string =>
  steps.length === 0 ? 'nothing' : steps.map(({ name }: Pick<Step, 'name'>) => {
    const where = needed.get(name) ?? 'nowhere'
    return `\`${name}\`${where === 'always' ? '' : ` (${where})`}`
  }).join(', ')
/** What a vendor asks of a kernel there: of the standard unit, of some other, or nothing. */
const kindOf = (cell: string): string => {
  if (cell === 'nothing') return cell
  return /`(?:,|$)/.test(cell) ? 'always' : 'on some hardware'
}

async function table(call: CallName, name: string): Promise<string> {
  const needed = new Map<string, ReadonlyMap<string, string>>()
  for (const iommu of iommus) needed.set(iommu.name, await needs(iommu, call, name))
  const rows = wordsOf(call, name).map(word => {
    const cells = iommus.map(iommu => cellOf((iommu.steps as Vocabulary<never>)[word], needed.get(iommu.name)!))
    return `| \`${word}\` | ${cells.join(' | ')} | ${new Set(cells.map(kindOf)).size > 1 ? '≠' : ''} |`
  })
  return [`## ${call}, as ${name} makes it`, '', `| | ${iommus.map(({ title }) => title).join(' | ')} | |`,
    `| --- | ${iommus.map(() => '---').join(' | ')} | --- |`, ...rows].join('\n')
}

test('the mutants that docs/vendors.md names are there', () => {
  const rows = readFileSync('docs/vendors.md', 'utf8').split('## Where the two truly differ')[1]!.split('\n## ')[0]!
  const named = rows.split('\n').flatMap(row => [...(row.split('|').at(-2) ?? '').matchAll(/`([\w-]+)`/g)])
  const mutants = [...memoryMutants, ...interruptMutants, ...amdviMutants].map(({ name }) => name)
  expect(named.length).toBeGreaterThan(12)
  expect(named.map(([, name]) => name!).filter(name => !mutants.includes(name))).toEqual([])
})

/** The usual answer first. */
const disputed = ['| switch | question | answers | clause |', '| --- | --- | --- | --- |',
  ...Object.entries(disputes).map(([name, { clause, says, choices, usual }]) => {
    const answers = Object.entries<string>(choices).toSorted(([a], [b]) => Number(b === usual) - Number(a === usual))
    const told = answers.map(([answer, means]) => `\`${answer}\`: ${means}`).join('; ')
    return `| \`${name}\` | ${says} | ${told} | ${clause} |`
  })]

test('docs/vendors.md says what each IOMMU needs', async () => {
  const page = readFileSync('docs/vendors.md', 'utf8')
  const [head, , tail] = page.split(/<!-- \/?needs -->\n/) as [string, string, string]
  const tables: string[] = []
  for (const [call, name] of asked) tables.push(await table(call, name))
  const [between, , end] = tail.split(/<!-- \/?disputes -->\n/) as [string, string, string]
  await expect(`${head}<!-- needs -->\n${tables.join('\n\n')}\n<!-- /needs -->\n${between}`
    + `<!-- disputes -->\n${disputed.join('\n')}\n<!-- /disputes -->\n${end}`)
    .toMatchFileSnapshot('../../docs/vendors.md')
})
