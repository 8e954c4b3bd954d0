/** README.md and the pages that it was divided into hold what the tool itself says: tables of registries, verdicts, the
 *  printed failure.
 *  `vitest run test/readme -u` writes them anew. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { claims, questions } from '../../properties/index.ts'
import { ladder } from '../../spec/bounds.ts'
import { designNamed, designs, designsOn, everyDesign } from '../../spec/designs.ts'
import { iommus } from '../../spec/iommus.ts'
import { systems } from '../../spec/systems.ts'
import { reporterNames } from '../../src/report/reporters.ts'
import { exitTable } from '../../src/cli/registries.ts'
import { amdviMutants } from '../mutants/amdvi.ts'
import { interruptMutants } from '../mutants/interrupt.ts'
import { memoryMutants } from '../mutants/memory.ts'
import { threadMutants } from '../mutants/thread.ts'
import { layers } from '../tidy/rules.ts'
import { run } from '../cli/run.ts'

const read = (path: string): string => readFileSync(path, 'utf8')
const readme = read('README.md')
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...['docs', 'docs/decisions'].flatMap(folder =>
  readdirSync(folder).filter(name => name.endsWith('.md'))
    .map(name => `${folder}/${name}`))].map(path => ({ path, text: read(path) }))
const dir = mkdtempSync(join(tmpdir(), 'remapcheck-readme-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function designTable(): string {
  const rows = designs.map(({ name, says, givesUp }) =>
    `| \`${name}\` | ${says} | ${Object.keys(givesUp).join(', ') || 'nothing'} |`)
  return ['| design | what it is | gives up |', '| --- | --- | --- |', ...rows].join('\n')
}

/** What the command under "A failure" prints of the violation itself. */
async function failure(): Promise<string> {
  const { out } = await run('check ring0-deferred-early --iommu vtd --scope mapping --property no-dma-escape',
    { columns: 100 })
  const lines = out.trimEnd().split('\n')
  const from = lines.findIndex(line => line.startsWith('✗ no-dma-escape'))
  const mark = lines.findIndex(line => line.includes('← violates'))
  expect(from).toBeGreaterThan(0)
  expect(mark).toBeGreaterThan(from)
  return ['```', ...lines.slice(from, lines.indexOf('', mark)), '```'].join('\n')
}

/** Marks and states of each design, from the golden verdicts: what `check` prints in its table. */
function goldenRow(name: string): { marks: string; states: number } {
  const text = read(`test/golden/verdicts/${name}.txt`)
  const states = [...text.matchAll(/: (\d+) states/g)].reduce((sum, [, n]) => sum + Number(n), 0)
  const marks = claims.map(({ property }) => {
    const lines = text.split('\n').filter(line => new RegExp(`^  (holds|violated) ${property.name}(,|$)`).test(line))
    return lines.length === 0 ? '–' : lines.some(line => line.startsWith('  violated')) ? '✗' : '✓'
  })
  return { marks: marks.join(''), states }
}

/** The page with the content of one of its blocks put anew. Two blocks of a page belong to one test: each writes the
 *  whole page. */
function filled(path: string, name: string, content: string, text = read(path)): string {
  const block = new RegExp(`<!-- ${name} -->[^]*?<!-- /${name} -->`)
  expect(text, `${path} has a block ${name}`).toMatch(block)
  return text.replace(block, () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`)
}

test('the printed failure is that of this version', async () => {
  await expect(filled('README.md', 'failure', await failure())).toMatchFileSnapshot('../../README.md')
})

test('docs/diagnose.md has a diagnosis', async () => {
  const file = 'test/real-machines/cases/09-amd-io-page-fault-ath10k.txt'
  const { out } = await run(`diagnose ${file}`, { columns: 100 })
  await expect(filled('docs/diagnose.md', 'sample', `\`\`\`\n${out.trimEnd()}\n\`\`\``))
    .toMatchFileSnapshot('../../docs/diagnose.md')
})

test('docs/ci.md has the exit codes, docs/architecture.md the layers', async () => {
  await expect(filled('docs/ci.md', 'exits', exitTable())).toMatchFileSnapshot('../../docs/ci.md')
  const rows = layers.map(({ name, may }) => `| ${name} | ${may.join(', ') || 'nothing'} |`)
  await expect(filled('docs/architecture.md', 'layers',
    ['| layer | may import |', '| --- | --- |', ...rows].join('\n')))
    .toMatchFileSnapshot('../../docs/architecture.md')
})

/** Each built-in design once, without its vendor. */
const names = [...new Set(everyDesign.map(({ name }) => name.replace(/@\w+/, '')))]
/** Its golden verdicts on an IOMMU; null where it is not on that. */
function goldenOn(name: string, iommu: string): ReturnType<typeof goldenRow> | null {
  const found = designsOn(iommu).find(design => design.name.replace(/@\w+/, '') === name)
  return found === undefined ? null : goldenRow(found.name)
}
/** A table for each question, of the designs that it is asked of: their marks on each IOMMU, side by side. */
function verdictTables(): string {
  const width = Math.max(...names.map(name => name.length)) + 2, offsets = new Map(claims.map((claim, i) => [claim, i]))
  return questions.flatMap(({ asks, claims: asked }) => {
    const isStated = asked.includes(claims.at(-1)!)
    const marksOf = (name: string, iommu: string): string =>
      asked.map(claim => goldenOn(name, iommu)?.marks[offsets.get(claim)!] ?? ' ').join(' ')
    const rows = names.map(name => ({ name, marks: iommus.map(one => marksOf(name, one.name)) }))
      .filter(({ marks }) => isStated || marks.some(of => /[✓✗]/.test(of)))
    const states = (name: string): string => isStated ? iommus.map(one =>
      (goldenOn(name, one.name)?.states.toLocaleString('en-US') ?? '').padStart(11)).join('') : ''
    const cells = (of: readonly string[]): string => of.map(one => one.padEnd(asked.length * 2 + 2)).join('')
    return [`### ${asks}`, '', '```',
      ...asked.map(({ property }, i) => ' '.repeat(width) + '│ '.repeat(i) + `┌ ${property.name}`),
      'design'.padEnd(width) + cells(iommus.map((one, i) => i === 0 ? '│ '.repeat(asked.length).trim() : one.title))
        + (isStated ? iommus.map(() => 'states'.padStart(11)).join('') : ''),
      ...rows.map(({ name, marks }) => name.padEnd(width) + cells(marks) + states(name)),
      '```', ''].map(line => line.trimEnd())
  }).join('\n').trimEnd()
}
test('docs/verdicts.md has the golden verdicts on each IOMMU, by question, and the designs', async () => {
  const page = filled('docs/verdicts.md', 'verdicts', verdictTables())
  await expect(filled('docs/verdicts.md', 'designs', designTable(), page))
    .toMatchFileSnapshot('../../docs/verdicts.md')
})

test('docs/ci.md has the document of a mistake, and every reporter', async () => {
  const page = read('docs/ci.md')
  const { out } = await run('check ring0-stirct --json')
  expect(page).toContain(`<!-- mistake -->\n\`\`\`json\n${out}\`\`\`\n<!-- /mistake -->`)
  expect(reporterNames.filter(name => !page.includes(`| \`${name}\` |`))).toEqual([])
})

test('docs/search.md names the ladder, and the lines of --stats', async () => {
  const page = read('docs/search.md')
  expect(page.replace(/\s+/g, ' ')).toContain(`in turns: ${ladder.join(', ')}.`)
  const { out } = await run('check no-iommu --scope hostile --stats')
  const labels = [...out.split('what the searches did')[1]!.matchAll(/^ {4}(\w[\w ]*?) {2,}/gm)].map(([, label]) =>
    label!)
  expect(new Set(labels).size).toBeGreaterThan(6)
  expect(labels.filter(label => !page.includes(`\`${label}\``))).toEqual([])
})

/** The scopes of designs' own, with their states on each IOMMU. */
function ownScopes(): string {
  const statesIn = (name: string, scope: string): string => {
    const found = new RegExp(`^${scope}: (\\d+) states`, 'm').exec(read(`test/golden/verdicts/${name}.txt`))
    return Number(found![1]).toLocaleString('en-US')
  }
  const rows = designs.flatMap(design => (design.scopes ?? []).flatMap(scope => typeof scope === 'string' ? [] : [
    `| \`${design.name}\` | \`${scope.name}\`: ${scope.says} | ${iommus.map(one => {
      const on = designsOn(one.name).find(({ name }) => name.replace(/@\w+/, '') === design.name)
      return on === undefined ? '' : statesIn(on.name, scope.name)
    }).join(' | ')} |`]))
  return [`| design | scope | states, ${iommus.map(({ title }) => title).join(' | ')} |`,
    `| --- | --- |${iommus.map(() => ' ---: |').join('')}`, ...rows].join('\n')
}
test('docs/systems.md has the systems and their scopes; each design stands for one', async () => {
  const rows = systems.map(({ quote, designs: by }) => `| "${quote}" | ${by.map(name => `\`${name}\``).join(', ')} |`)
  const table = ['| in the thread | designs |', '| --- | --- |', ...rows].join('\n')
  const page = filled('docs/systems.md', 'systems', table)
  await expect(filled('docs/systems.md', 'scopes', ownScopes(), page)).toMatchFileSnapshot('../../docs/systems.md')
  expect(designs.map(({ name }) => name).toSorted())
    .toEqual([...new Set(systems.flatMap(one => one.designs))].toSorted())
})

test('docs/ablation.md names steps that are there', () => {
  const named = [...read('docs/ablation.md').matchAll(/`([\w-]+)`: `(\w+)\/(\w+)`/g)]
  expect(named.length).toBeGreaterThan(8)
  for (const [text, design, call, step] of named)
    expect(designNamed(design!)?.protocols[call!]?.map(({ name }) => name), text).toContain(step)
})

test('docs/systems.md has each design, and each mutant of those that it is about', () => {
  const page = read('docs/systems.md'), isMissing = (name: string): boolean => !page.includes(`\`${name}\``)
  expect(designs.map(({ name }) => name).filter(name => !name.includes('+') && isMissing(name))).toEqual([])
  expect(threadMutants.map(({ name }) => name).filter(isMissing)).toEqual([])
})

test('README counts the mutants, those from reports, and the violations that QEMU shows', () => {
  const mutants = memoryMutants.length + interruptMutants.length + amdviMutants.length + threadMutants.length
  expect(readme).toContain(`${mutants} mutants`)
  const reported = read('docs/bug-zoo.md').split('\n').filter(line => /^\| [a-z]/.test(line)).length - 1
  expect(readme.replace(/\s+/g, ' ')).toContain(`in ${mutants} ways, ${reported} of them taken [from bug reports]`)
  const known = new Set(designs.map(({ name }) => name))
  const rows = read('docs/on-qemu.md').split('\n')
    .flatMap(line => /^\| `([^`]+)` \| [\w-]+ \| (shows it|cannot) \|/.exec(line)?.slice(1, 3) ?? [])
  const shown = rows.filter((_, i) => i % 2 === 1 && known.has(rows[i - 1]!))
  expect(readme)
    .toContain(`QEMU shows ${shown.filter(word => word === 'shows it').length} of the ${shown.length} saved violations`)
})

test('README has at most 150 lines', () => { expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150) })

test('every remapcheck command in README and docs has a verb and flags that there are', async () => {
  const commands = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/(?:npx |`|^ {4})remapcheck ([^`\n]+)/gm)].map(([, command]) => ({ path,
      command: command!.replace(/ +#.*$/, '').trim() })))
  expect(commands.length).toBeGreaterThan(40)
  const help = new Map<string, string>()
  for (const { path, command } of commands) {
    const verb = command.split(' ')[0]!
    if (!help.has(verb)) {
      const { code, out } = await run(`${verb} --help`)
      expect(code, `${path}: ${command}`).toBe(0)
      help.set(verb, out)
    }
    for (const [flag] of command.matchAll(/(?<= )--[a-z-]+/g))
      expect(help.get(verb), `${path}: ${command}`).toContain(flag)
  }
})

test('every link in README and docs leads to a file', () => {
  const links = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, to]) => ({ path, to: to! })))
  expect(links.length).toBeGreaterThan(30)
  expect(links.filter(({ path, to }) => !existsSync(join(dirname(path), to)))).toEqual([])
})

test('the design in README fails in ten steps without its wait', () => {
  writeFileSync(join(dir, 'my-design.mjs'), readme.split('<!-- own -->')[1]!.split('```')[1]!.replace(/^js\n/, ''))
  const command = /npx remapcheck (check \.\/my-design\.mjs [^`]+)`/.exec(readme)![1]!
  const { status, stdout } = spawnSync(process.execPath, [resolve('bin/remapcheck.js'), ...command.split(' ')],
    { cwd: dir, encoding: 'utf8' })
  expect(stdout).toContain('(exhaustive search, 10 ops; none is shorter)')
  expect(status).toBe(1)
})
