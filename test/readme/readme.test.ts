/** README.md holds what the tool itself says: tables of registries and the printed failure. `vitest run test/readme -u` writes them anew. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { claims } from '../../properties/index.ts'
import { ladder } from '../../spec/bounds.ts'
import { designs } from '../../spec/designs.ts'
import { exitTable } from '../../src/cli/registries.ts'
import { interruptMutants } from '../mutants/interrupt.ts'
import { memoryMutants } from '../mutants/memory.ts'
import { run } from '../cli/run.ts'

const readme = readFileSync('README.md', 'utf8')

function designTable(): string {
  const rows = designs.map(({ name, says, givesUp }) => `| \`${name}\` | ${says} | ${Object.keys(givesUp).join(', ') || 'nothing'} |`)
  return ['| design | what it is | gives up |', '| --- | --- | --- |', ...rows].join('\n')
}

/** What the command under "A failure" prints of the violation itself. */
async function failure(): Promise<string> {
  const { out } = await run('check ring0-deferred-early --scope mapping --property no-dma-escape', { columns: 100 })
  const lines = out.trimEnd().split('\n')
  const from = lines.findIndex(line => line.startsWith('✗ no-dma-escape'))
  const mark = lines.findIndex(line => line.includes('← violates'))
  expect(from).toBeGreaterThan(0)
  expect(mark).toBeGreaterThan(from)
  return ['```', ...lines.slice(from, lines.indexOf('', mark)), '```'].join('\n')
}

/** Marks and states of each design, from the golden verdicts: what `check` prints in its table. */
function goldenRow(name: string): { marks: string; states: number } {
  const text = readFileSync(`test/golden/verdicts/${name}.txt`, 'utf8')
  const states = [...text.matchAll(/: (\d+) states/g)].reduce((sum, [, n]) => sum + Number(n), 0)
  const marks = claims.map(({ property }) => {
    const lines = text.split('\n').filter(line => new RegExp(`^  (holds|violated) ${property.name}(,|$)`).test(line))
    return lines.length === 0 ? '–' : lines.some(line => line.startsWith('  violated')) ? '✗' : '✓'
  })
  return { marks: marks.join(''), states }
}

const filled = (text: string, name: string, content: string): string => {
  const block = new RegExp(`<!-- ${name} -->[^]*?<!-- /${name} -->`)
  expect(text, `README has a block ${name}`).toMatch(block)
  return text.replace(block, () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`)
}

test('tables, verdicts and the printed failure are those of this version', async () => {
  let text = filled(readme, 'designs', designTable())
  text = filled(text, 'exits', exitTable())
  text = filled(text, 'failure', await failure())
  await expect(text).toMatchFileSnapshot('../../README.md')
})

test.each(designs)('the verdict row of $name is that of the golden verdicts', ({ name }) => {
  const table = readme.split('<!-- verdicts -->')[1]!.split('<!-- /verdicts -->')[0]!
  const row = table.split('\n').find(line => line.startsWith(`${name} `))!
  const { marks, states } = goldenRow(name)
  expect(row.replace(name, '').replace(/[^✓✗–]/g, '')).toBe(marks)
  expect(row.trim()).toMatch(new RegExp(` ${states.toLocaleString('en-US')}$`))
})

test('the columns of the verdict table are the claims', () => {
  const heads = [...readme.matchAll(/┌ ([\w-]+)/g)].map(([, name]) => name)
  expect(heads).toEqual(claims.map(({ property }) => property.name))
})

test('docs/search.md names the ladder, and the lines of --stats', async () => {
  const page = readFileSync('docs/search.md', 'utf8')
  expect(page.replace(/\s+/g, ' ')).toContain(`in turns: ${ladder.join(', ')}.`)
  const { out } = await run('check no-iommu --scope hostile --stats')
  const labels = [...out.split('what the searches did')[1]!.matchAll(/^ {4}(\w[\w ]*?) {2,}/gm)].map(([, label]) => label!)
  expect(new Set(labels).size).toBeGreaterThan(6)
  expect(labels.filter(label => !page.includes(`\`${label}\``))).toEqual([])
})

test('it names the number of mutants', () => {
  expect(readme).toContain(`${memoryMutants.length + interruptMutants.length} mutants`)
})

test('every remapcheck command in it is one that is parsed', async () => {
  const commands = [...readme.matchAll(/npx remapcheck ([^`\n]+)/g)].map(([, command]) => command!.trim())
  expect(commands.length).toBeGreaterThan(8)
  for (const command of commands) {
    const [verb] = command.split(' ')
    const { code } = await run(`${verb} --help`)
    expect(code, command).toBe(0)
  }
})
