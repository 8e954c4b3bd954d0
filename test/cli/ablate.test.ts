/** `ablate`: stated matrices, counterexamples that replay, commands that show what they say. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { showBounds } from '../../spec/bounds.ts'
import { worlds } from '../../spec/scopes.ts'
import type { AblationReport, Row } from '../../src/report/ablation.ts'
import { ablationText } from '../../src/report/text/ablation.ts'
import { traceStyle } from '../../src/report/trace-style.ts'
import { theme } from '../../src/text/theme.ts'
import { run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'remapcheck-ablate-'))
afterAll(() => { rmSync(folder, { recursive: true }) })

interface Document extends AblationReport {
  readonly format: string
  readonly exit: { readonly code: number; readonly name: string }
}
async function documentOf(line: string): Promise<Document> {
  // Progress goes to stderr, as often as a slow machine needs; nothing of it belongs in the document.
  const { code, out } = await run(`ablate ${line} --json`)
  const document = JSON.parse(out) as Document
  expect(document.exit.code).toBe(code)
  return document
}
const marks = { needed: '✗', 'not-needed': '–', nothing: '·', itself: '!', undecided: '?' } as const
/** `invalidatePage ✗✗·` */
const matrixOf = ({ protocols }: AblationReport): string[] =>
  protocols.flatMap(({ rows }) =>
    rows.map(({ edit, cells }) => `${edit} ${cells.map(({ verdict }) => marks[verdict]).join('')}`))
const rowOf = (document: AblationReport, edit: string): Row =>
  document.protocols.flatMap(({ rows }) => rows).find(row => row.edit === edit)!
const words = (command: string): string[] =>
  command.replace('npx remapcheck ', '').split(' ').map(word => word.replaceAll("'", ''))

describe('the unmap of ring0-strict, one page', () => {
  it('needs what the manual asks for, where it does; counterexamples replay, and the commands show them', async () => {
    const document = await documentOf('ring0-strict --call unmap --bounds frames=1,iovas=1 --hardware '
      + `standard,cm=1,rwbf=1,coherent=0,psi=0,drain=0 --save ${folder}`)
    expect(document.format).toBe('remapcheck-ablate/1')
    expect(document.protocols.map(({ call, hardware }) => [call, hardware.map(({ name }) => name)]))
      .toEqual([['unmap', ['standard', 'cm=1', 'rwbf=1', 'coherent=0', 'psi=0', 'drain=0']]])
    expect(matrixOf(document)).toEqual([
      'lockTables ······', 'lockTables+unlockTables ······', 'clearPte ✗✗✗✗✗!', 'writeBackPte ···✗··',
      'unlinkEmptyTable ······',
      'invalidatePage ✗✗✗✗✗!', 'submitWait ✗✗✗✗✗✗', 'pollStatus ✗✗✗✗✗✗', 'unlockTables ······', 'freeTable ······',
      'freeFrame ✗✗✗✗✗✗', 'returnToDriver ✗✗✗✗✗✗',
      'clearPte<>writeBackPte ···✗··', 'clearPte<>invalidatePage ✗✗✗·✗!', 'writeBackPte<>invalidatePage ···✗··',
      'invalidatePage<>submitWait ✗✗✗✗✗✗', 'submitWait<>pollStatus ✗✗✗✗✗!',
    ])
    expect(document.protocols[0]!.flaws.map(({ hardware, property, ops }) => [hardware, property, ops])).toEqual([
      ['drain=0', 'no-dma-escape', 14], ['drain=0', 'no-access-after-unmap', 15]])
    const [standard] = rowOf(document, 'invalidatePage').cells
    expect(standard!.why)
      .toMatchObject({ property: 'no-dma-escape', clause: 'VTD:table-28/second-stage-leaf',
        also: [{ property: 'no-access-after-unmap', ops: 13 }] })
    expect(standard!.why!.ops).toHaveLength(12)

    const neededOf = (row: Row) => row.cells.filter(({ verdict }) => verdict === 'needed')
    const { rows } = document.protocols[0]!, needed = rows.flatMap(neededOf)
    expect(new Set(needed.map(({ why }) => why!.saved)).size).toBe(readdirSync(folder).length)
    const replayed = await run(`replay ${folder} --json`)
    expect(replayed.code).toBe(0)
    const { traces } = JSON.parse(replayed.out) as {
      readonly traces: readonly { readonly reproduced: boolean; readonly specChanged: boolean }[]
    }
    expect(traces).toHaveLength(readdirSync(folder).length)
    expect(traces.filter(({ reproduced, specChanged }) => !reproduced || specChanged)).toEqual([])
    // One of each edit, on one hardware after the other.
    for (const { why } of rows.flatMap((row, i) => neededOf(row).filter((_, k, { length }) => k === i % length))) {
      const { code, out } = await run(words(why!.command))
      expect({ command: why!.command, code }).toEqual({ command: why!.command, code: 1 })
      expect(out).toContain(`(exhaustive search, ${why!.ops!.length} ops; none is shorter)`)
    }
  })

  it('is printed as a matrix, with the way to each need and the command that repeats it', async () => {
    const { code, out } =
      await run('ablate ring0-strict --call unmap --bounds frames=1,iovas=1 --hardware standard,coherent=0')
    expect(code).toBe(0)
    expect(out).toContain('invalidatePage                  ✗  ✗\n')
    expect(out).toContain('writeBackPte                    ·  ✗\n')
    expect(out).toContain('✗ needed   · no such step, or not adjacent, here')
    expect(out.replace(/\s+/g, ' '))
      .toContain('unmap: without pollStatus standard, coherent=0 no-dma-escape in 11 ops '
        + '(VTD:table-28/second-stage-leaf): device 0, of '
        + 'domain 0, read frame 0, which no driver owns '
        + 'also no-access-after-unmap in 12, wait-ends in 15 map → map/storePte → map/returnToDriver → '
        + 'iommu.cacheContext')
    expect(out)
      .toContain("npx remapcheck check 'ring0-strict@vtd~unmap/pollStatus' --bounds frames=1,iovas=1 --property "
        + 'no-dma-escape\n')
    expect(out.trimEnd().split('\n').at(-1))
      .toBe('repeat  npx remapcheck ablate ring0-strict --call unmap --bounds frames=1,iovas=1 --hardware '
        + 'standard,coherent=0')
  })
})

it('a reason whose hardware has no room beside its title has it below', () => {
  const hardware = ['standard', 'npCache=1', 'coherent=0', 'ordered=0', 'drain=0']
  const why = { scope: 's', bounds: 'b', property: 'p', clause: null, because: 'b', ops: [], also: [], command: 'c',
    saved: null }
  const cells = hardware.map(name => ({ hardware: name, verdict: 'needed', why, searched: [], states: 1 }) as const)
  const row = { edit: 'invalidateIommuPages<>completionWait', design: 'd', says: 's', costOnly: false, cells }
  const text = ablationText({ kind: 'ablate', exit: 'holds', evidence: () => null,
    ablation: { design: 'd', says: 's', unasked: [], interrupted: false, repeat: 'r', protocols: [
      { call: 'unmap', hardware: hardware.map(name => ({ name, says: 's' })), rows: [row], flaws: [] }] } },
  { program: { tool: 't', version: '1' }, theme: theme(false, 80), full: false, stats: false, form: 'steps',
    traces: traceStyle })
  expect(text).toContain('\nunmap: invalidateIommuPages after completionWait\n  on standard, npCache=1, coherent=0, '
    + 'ordered=0, drain=0\n')
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
})

it('the matrix in docs/ablation.md is what its command prints', async () => {
  const block = /<!-- matrix -->\n```\n([^]*?)```\n<!-- \/matrix -->/.exec(readFileSync('docs/ablation.md',
    'utf8'))![1]!
  expect((await run('ablate ring0-strict --call map --scope one-page')).out).toContain(block)
})

it('a step whose absence only keeps something from ever happening is needed, and no trace shows it', async () => {
  const document = await documentOf('ring0-strict --call unmap --scope one-table --hardware standard')
  const { verdict, why } = rowOf(document, 'unlinkEmptyTable').cells[0]!
  expect({ verdict, why })
    .toMatchObject({ verdict: 'needed',
      why: { property: 'a-table-is-freed', ops: null, because: 'a-table-is-freed is never reached' } })
  expect((await run(words(why!.command))).code).toBe(4)
})

it('so is one without which a call is never made again', async () => {
  const { because, command } =
    rowOf(await documentOf('driver-server --call detach --scope one-device --hardware standard'),
      'releaseDevice').cells[0]!.why!
  expect(because).toBe('attach is never taken')
  const { designs } = JSON.parse((await run(words(command))).out) as {
    designs: readonly {
      scopes: readonly { exploration: { coverage: { actions: Record<string, { fired: number }> } } }[]
    }[]
  }
  expect(designs[0]!.scopes[0]!.exploration.coverage.actions['attach']!.fired).toBe(0)
})

it('so is one that a claim about endless runs alone needs: its trace replays, and the command shows it', async () => {
  const own = join(folder, 'endless')
  const line = 'test/cli/fixtures/held-up.mjs --call map --bounds frames=1,iovas=1 --hardware standard'
  const document = await documentOf(`${line} --save ${own}`)
  const whyOf = (edit: string) => rowOf(document, edit).cells[0]!.why
  expect(matrixOf(document).filter(row => /Own|Busy/.test(row)))
    .toEqual(['lockOwn –', 'setBusy –', 'clearBusy ✗', 'unlockOwn ✗'])
  expect(whyOf('unlockOwn')).toMatchObject({ property: 'calls-can-end', also: [] })
  expect(whyOf('clearBusy')).toMatchObject({ property: 'busy-ends', loop: expect.any(Number) as number })
  expect((await run(`replay ${own} --design test/cli/fixtures/held-up.mjs`)).code).toBe(0)
  for (const edit of ['unlockOwn', 'clearBusy']) expect((await run(words(whyOf(edit)!.command))).code).toBe(1)
})

it('the lock of the tables shows its use only where another page of the table is mapped meanwhile', async () => {
  const ask = async (where: string) => (await run(`check ring0-strict@vtd~unmap/lockTables+unlockTables ${where} `
    + '--property new-mapping-works')).code
  expect(await ask('--scope table-lock')).toBe(0)
  expect(await ask(`--bounds ${showBounds(worlds.find(({ name }) => name === 'two-mappers')!.bounds)}`)).toBe(1)
})

it('a step without which a later one fails is judged by what is violated before', async () => {
  const { why } = rowOf(await documentOf('ring0-strict --call migrateInterrupt --scope one-source --hardware standard'),
    'claimVector').cells[0]!
  expect(why).toMatchObject({
    because: expect.stringMatching(/^an edge of source 0|^source 0 has 0 vectors/) as string,
  })
})

it('a name that has no room stands whole above its row', async () => {
  const { out } = await run('ablate ring0-strict --call map --scope one-page', { columns: 40 })
  expect(out).toMatch(/^lockTables\+unlockTables\n {22}[✗–·]/m)
})

it('what only costs is told', async () => {
  const { out } = await run('ablate driver-server --call map --scope one-page --hardware standard')
  expect(out).toMatch(/^receiveRequest +– {2}modelled for its cost$/m)
  expect(out).toMatch(/^replyToDriver +✗$/m)
})

it('what a design has from another is asked there', async () => {
  const { out } = await run('ablate ring0-strict+source-masked --scope one-source --hardware standard')
  expect(out).toContain('map: the same as in ring0-strict: remapcheck ablate ring0-strict --call map\n')
  expect(out).toMatch(/^maskSource\+unmaskSource +✗$/m)
})

it('what is edited is not another\'s any more, and asked about here', async () => {
  const { out } = await run('ablate ring0-strict+source-masked~unmap/freeTable --scope one-page --hardware standard '
    + '--states 3')
  expect(out).toMatch(/^invalidatePage +\?/m)
  expect(out).not.toContain('the same as in')
})

describe('a run that is cut short', () => {
  it('by --states: cells are undecided, the exit code says incomplete', async () => {
    const { code, out } = await run('ablate driver-server --call map --scope one-page --hardware standard --states 3')
    expect(code).toBe(6)
    expect(out).toMatch(/^receiveRequest +\? /m)
  })
  it('by --time', async () => {
    expect((await run('ablate ring0-strict --call map --scope one-page --time 0.001ms')).code).toBe(6)
  })
  it('by Ctrl-C: prints what it has', async () => {
    const { code, out } = await run('ablate ring0-strict --call unmap --scope one-page',
      { signal: AbortSignal.abort() })
    expect(code).toBe(130)
    expect(out).toMatch(/^clearPte +\? /m)
    expect(out).toContain('stopped by Ctrl-C')
  })
})

it('a design of a user: its command names the module, its traces replay with it', async () => {
  const own = join(folder, 'own')
  const document = await documentOf('test/cli/fixtures/leaky.ts --call map --bounds frames=1,iovas=1,cm=1 --hardware '
    + `cm=1 --save ${own}`)
  const { why } = rowOf(document, 'storePte').cells[0]!
  expect(why!.command).toContain("'test/cli/fixtures/leaky.ts~map/storePte'")
  expect((await run(words(why!.command))).code).toBe(1)
  expect((await run(`replay ${why!.saved!} --design test/cli/fixtures/leaky.ts`)).code).toBe(0)
  expect((await run(`replay ${why!.saved!}`)).err).toContain('E-TRACE-DESIGN')
})

it.each([
  ['ablate', 'needs a design'], ['ablate ring0-strict no-iommu', 'takes one design'],
  ['ablate ring0-strict --call unmpa', "did you mean 'unmap'?"],
  ['ablate ring0-strict --hardware cm', "nothing is named 'cm'"],
  ['ablate ring0-strict --scope one-pag', "did you mean 'one-page'?"],
  ['ablate ring0-strict --call attach --bounds frames=1,iovas=1', 'no such call is made at these bounds'],
  ['ablate ring0-strict --scope one-page --bounds frames=1,iovas=1', 'cannot be combined with --scope'],
])('%s: told without a stack', async (line, says) => {
  const { code, err } = await run(line)
  expect(code).toBe(2)
  expect(err).toContain(says)
  expect(err).not.toMatch(/\n\s+at /)
})
