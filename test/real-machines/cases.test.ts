/** What people had in hand is answered: in substance, and with no more certainty than the text allows. */
import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import type { DocumentOf } from '../../src/report/schema/index.ts'
import { clauses } from '../../spec/clauses.ts'
import { run } from '../cli/run.ts'
import { cases, otherFiles } from './cases.ts'
import type { Case } from './cases.ts'
import { saidOf } from './support.ts'

const folder = 'test/real-machines/cases'
const reportOf = async ({ file }: Case) => {
  const { code, out } = await run(`diagnose ${folder}/${file} --json`)
  return { code, report: JSON.parse(out) as DocumentOf<'diagnose'> }
}
type Answer = DocumentOf<'diagnose'>['faults'][number]
const concluded = (faults: readonly Answer[], certainties: readonly string[]): string => faults
  .flatMap(({ concludes }) => concludes.filter(({ certainty }) => certainties.includes(certainty)))
  .map(({ says }) => says).join('\n')

describe.each(cases)('$file', one => {
  it('is answered', async () => {
    const { code, report: { faults, files } } = await reportOf(one)
    const all = faults.map(fault => `${saidOf(fault)}\nlines ${fault.lines.join(', ')}\n${fault.first}`).join('\n')
    expect(one.says.filter(words => !all.includes(words))).toEqual([])
    expect(code).toBe(one.exit)
    expect(files[0]!.unread.count).toBe(0)
  })
  it('with no certainty that the text does not give', async () => {
    const { report: { faults } } = await reportOf(one)
    const sure = concluded(faults, ['sure']), unsure = concluded(faults, ['likely', 'open'])
    expect(one.sure.filter(words => !sure.includes(words))).toEqual([])
    expect(one.unsure.filter(words => !unsure.includes(words) || sure.includes(words))).toEqual([])
  })
  it('cites clauses that exist', async () => {
    const { report: { faults } } = await reportOf(one)
    const cited = faults.flatMap(({ hardware }) => hardware.flatMap(({ clause }) => clause === null ? [] : [clause]))
    expect(cited.filter(id => !Object.hasOwn(clauses, id))).toEqual([])
  })
})

test.each(otherFiles)('%s is recognised, and what it holds is said', async (file, says, holds) => {
  const { code, report: { files, faults, beside } } = await reportOf({ file } as Case)
  expect(files[0]!.kinds.map(({ what }) => what).join()).toContain(says)
  expect({ code, faults }).toEqual({ code: 4, faults: [] })
  expect(holds.filter(words => !beside.join('\n').includes(words))).toEqual([])
})

test('every command that answers name is one', async () => {
  const all = await Promise.all(cases.map(reportOf))
  const lines = new Set(all.flatMap(({ report }) =>
    report.faults.flatMap(({ shows }) => shows.map(({ run: line }) => line!))))
  expect(lines.size).toBeGreaterThan(15)
  for (const line of lines) {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!)
    expect(words[0]).toBe('remapcheck')
    const { code, err } = await run([...words.slice(1), ...words[1] === 'check' ? ['--states', '20'] : []])
    expect({ line, code: words[1] === 'check' ? [0, 6].includes(code) : code, err: words[1] === 'check' ? '' : err })
      .toEqual({ line, code: words[1] === 'check' ? true : 0, err: '' })
  }
})

test('docs/real-machines.md has what is said of each case', async () => {
  const cell = (texts: readonly string[]): string => texts.join(' ').replaceAll('|', '\\|') || '–'
  const rows = await Promise.all(cases.map(async one => {
    const { report: { faults } } = await reportOf(one)
    const by = (certainty: string): readonly string[] => faults.flatMap(({ concludes }) =>
      concludes.filter(of => of.certainty === certainty).map(({ says }) => says))
    return `| ${one.id} | ${cell([one.asked])} | ${cell([one.cause])} | `
      + `${cell([faults.map(({ title }) => title).join('; ') || 'no fault'])} | ${cell(by('sure'))} | `
      + `${cell(by('likely'))} | ${cell(by('open'))} |`
  }))
  const others = await Promise.all(otherFiles.map(async ([file]) => {
    const { report: { files, beside } } = await reportOf({ file } as Case)
    return `| ${file.split('-')[0]!} | \`${file.replace(/^\w+-/, '')}\` | ${cell([files[0]!.kinds.map(({ what }) =>
      what)
      .join(', ')])} | ${cell(beside.map(text => `${text}.`))} |`
  }))
  const page = readFileSync('docs/real-machines.md', 'utf8')
  const table = ['| case | asked | cause | title | sure | likely | open |', '| --- | --- | --- | --- | --- | --- | '
    + '--- |',
  ...rows].join('\n')
  const second = ['| case | file | what it is | what is said of it |', '| --- | --- | --- | --- |',
    ...others].join('\n')
  const filled = [['cases', table], ['others', second]].reduce((text, [name, rows]) => {
    const marks = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*(\\n<!-- /${name} -->)`)
    expect(text).toMatch(marks)
    return text.replace(marks, (_, from: string, to: string) => `${from}${rows}${to}`)
  }, page)
  await expect(filled).toMatchFileSnapshot('../../docs/real-machines.md')
})
