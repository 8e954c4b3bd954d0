/** docs/audit.md holds the registry of alarms and the fields of a policy, and its example works as printed. `vitest run
 *  test/readme -u` writes it anew. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { alarmKinds, wordsFor } from '../../src/audit/alarms.ts'
import type { AlarmKind } from '../../src/audit/kinds.ts'
import { policyFields } from '../../src/audit/policy.ts'
import { standardBudget } from '../../src/audit/spaces.ts'
import { run } from '../cli/run.ts'

const page = readFileSync('docs/audit.md', 'utf8')
const dir = mkdtempSync(join(tmpdir(), 'remapcheck-docs-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const filled = (text: string, name: string, content: string): string => {
  const block = new RegExp(`<!-- ${name} -->[^]*?<!-- /${name} -->`)
  expect(text).toMatch(block)
  return text.replace(block, () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`)
}

test('tables are those of the registries', async () => {
  const alarms = Object.entries<AlarmKind>(alarmKinds)
    .map(([code, { severity, says, todo, clause }]) => {
      const all = wordsFor(code), clauses = [clause, ...all.map(of => of.clause)].flatMap(one => one ?? [])
      const todos = all.flatMap(of => of.todo === undefined ? [] : [`${of.title}: ${of.todo}`])
      return `| \`${code}\` | ${severity} | ${says} | ${(todos.length > 1 ? todos : [todo, ...todos]).join(' ')} | `
        + `${clauses.map(one => `\`${one}\``).join(' ')} |`
    })
  let text = filled(page, 'alarms',
    ['| alarm | severity | means | what to do | clause |', '| --- | --- | --- | --- | --- |', ...alarms].join('\n'))
  text = filled(text, 'policy-fields',
    ['| field | |', '| --- | --- |', ...policyFields.map(({ field, says }) => `| \`${field}\` | ${says} |`)].join('\n'))
  await expect(text).toMatchFileSnapshot('../../docs/audit.md')
})

test('the policy in it holds for the recorded boot, by the command printed below it', async () => {
  const policy = page.split('<!-- policy-example -->')[1]!.split('```')[1]!.replace(/^json/, '')
  writeFileSync(join(dir, 'policy.json'), policy)
  const command = /remapcheck (audit traces\S+ --absent-zero --policy )policy\.json/.exec(page)![1]!
  const { code, out } = await run(`${command}${join(dir, 'policy.json')}`)
  expect(out).toContain('✓ the policy holds')
  expect(code).toBe(0)
})

test('the limits in it are those of the budget', () => {
  const { ranges, tablesPerSpace, tables } = standardBudget()
  for (const number of [ranges, tablesPerSpace, tables]) expect(page).toContain(number.toLocaleString('en-US'))
})
