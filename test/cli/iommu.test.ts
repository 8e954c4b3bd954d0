/** `--iommu`, and `NAME@IOMMU`: designs on another vendor, judged, ablated, priced, saved and replayed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { boundSpecs } from '../../spec/bounds.ts'
import { designsOn } from '../../spec/designs.ts'
import { iommus } from '../../spec/iommus.ts'
import { allScopes } from '../../spec/scopes.ts'
import { registries } from '../../src/cli/registries.ts'
import { sides } from '../../src/qemu/counterexamples.ts'
import { run } from './run.ts'

const cwd = mkdtempSync(join(tmpdir(), 'remapcheck-iommu-'))
afterAll(() => { rmSync(cwd, { recursive: true, force: true }) })

describe('check', () => {
  it.each([
    'ring0-strict --iommu amdvi', 'ring0-strict@amdvi', 'ring0-strict@amdvi --iommu amdvi',
  ])('%s is on AMD-Vi', async design => {
    const { code, out } = await run(`check ${design} --scope old-hardware --property no-dma-escape`, { cwd })
    expect(code).toBe(0)
    expect(out).toContain('ring0-strict@amdvi')
    expect(out).toMatch(/npCache=1,\s+coherent=0,\s+ordered=0\n/)
  })
  it('finds what an edit of a design breaks there, by the clause of that vendor', async () => {
    const { code, out } = await run('check ring0-strict~detach/fenceCommands --iommu amdvi --bounds '
      + 'frames=1,iovas=1,domains=2,reassign=1,ordered=0 --property no-dma-escape', { cwd })
    expect(code).toBe(1)
    expect(out).toContain('ring0-strict@amdvi~detach/fenceCommands')
    expect(out).toContain('AMD:2.4.3/pages')
  })
  it('leaves a design alone that takes no IOMMU', async () => {
    const { out } = await run('check no-iommu --iommu amdvi --scope mapping', { cwd })
    expect(out).toContain('no-iommu ')
    expect(out).not.toContain('no-iommu@')
  })
  it('takes the built-in designs of the vendor where none is named, and all ways to move an interrupt with --all',
    async () => {
      const designsOf = async (flags: string): Promise<readonly string[]> => {
        const { out } = await run(`check --iommu amdvi --scope ports --json ${flags}`, { cwd })
        return (JSON.parse(out) as { readonly designs: readonly { readonly design: string }[] }).designs
          .map(({ design }) => design)
      }
      const all = designsOn('amdvi').map(({ name }) => name)
      expect(await designsOf('--all')).toEqual(all)
      expect(await designsOf('')).toEqual(all.filter(name => !name.includes('+')))
      expect(all).toContain('ring0-strict@amdvi+source-masked')
    })
  it('counts as not exercised what is of its own manual only', async () => {
    const { out } = await run('check ring0-strict --iommu amdvi --scope permissions --json', { cwd })
    const [design] = (JSON.parse(out) as { readonly designs: { readonly neverExercised: string[] }[] }).designs
    expect(design!.neverExercised).toContain('AMD:2.4/np-cache')
    expect(design!.neverExercised.filter(id => id.startsWith('VTD:'))).toEqual([])
  })
})

describe('check of a design by its name', () => {
  const onlyThere = join(cwd, 'claims.mjs')
  writeFileSync(onlyThere, `import { always } from 'remapcheck/spec'
export const claims = [{ property: always('no-page-twice', { claim: 'x' }, () => true), witnesses: [],
  appliesTo: design => design.iommu === 'amdvi' }]
`)
  const tiny = '--bounds frames=1,iovas=1'
  it.each<[args: string, taken: readonly string[], leftOut: readonly string[]]>([
    [`ring0-strict no-iommu vm-posted ${tiny}`, ['ring0-strict vtd', 'ring0-strict@amdvi amdvi', 'no-iommu',
      'vm-posted vtd'],
    ['amdvi vm-posted: .* is on Intel VT-d only: it posts its interrupts, and this model of AMD-Vi posts none']],
    [`ring0-strict@vtd driver-server@amdvi ${tiny}`, ['ring0-strict vtd', 'driver-server@amdvi amdvi'], []],
    [`ring0-strict --iommu all ${tiny}`, ['ring0-strict vtd', 'ring0-strict@amdvi amdvi'], []],
    [`ring0-strict --iommu vtd ${tiny}`, ['ring0-strict vtd'], []],
    [`ring0-strict@vtd+source-masked ${tiny},sources=1,vectors=1`, ['ring0-strict+source-masked vtd'], []],
    [`ring0-words ${tiny}`, ['ring0-words@amdvi amdvi'], ["vtd ring0-words: 'ring0-words' is on AMD-Vi only"]],
    [`ring0-strict~unmap/freeFrame ${tiny}`,
      ['ring0-strict~unmap/freeFrame vtd', 'ring0-strict@amdvi~unmap/freeFrame amdvi'], []],
    [`ring0-strict~unmap/pollStatus ${tiny}`, ['ring0-strict~unmap/pollStatus vtd'],
      ["amdvi ring0-strict~unmap/pollStatus: .* has no step 'pollStatus'"]],
    [`ring0-strict ${tiny},cm=1`, ['ring0-strict vtd'], ['amdvi ring0-strict: cm=1: AMD-Vi has no such capability']],
    ['ring0-strict --scope together,permissions --bounds sources=0,migrate=0,frames=1,iovas=1,npCache=1',
      ['ring0-strict@amdvi amdvi'], ['vtd ring0-strict: npCache=1: Intel VT-d has no such capability']],
    [`ring0-strict ${tiny} --claims ${onlyThere} --property no-page-twice`, ['ring0-strict@amdvi amdvi'],
      ['vtd ring0-strict: none of these claims is about it there']],
    ['ring0-strict --scope ports', ['ring0-strict vtd'], []],
  ])('%s', async (args, taken, leftOut) => {
    const { out, err } = await run(`check ${args} --json`, { cwd })
    expect(err.match(/ is left out for /g) ?? []).toHaveLength(leftOut.length)
    const document = JSON.parse(out) as { readonly designs: readonly { design: string, iommu?: string }[]
      readonly leftOut: readonly { design: string, iommu: string, because: string }[] }
    expect(document.designs.map(({ design, iommu }) => iommu === undefined ? design : `${design} ${iommu}`))
      .toEqual(taken)
    expect(document.leftOut.map(({ design, iommu, because }) => `${iommu} ${design}: ${because}`))
      .toEqual(leftOut.map(text => expect.stringMatching(text) as string))
  })

  it('tells of each IOMMU by its name, in every form, and keeps a trace of each', async () => {
    const { code, out, err } = await run('check ring0-deferred-early vm-posted --bounds frames=1,iovas=1 --property '
      + 'no-dma-escape --save-known known-of-both --reporter text,junit,markdown --out -,junit.xml,report.md '
      + '--report pages', { cwd })
    expect([code, err.match(/written/g)!.length]).toEqual([0, 3])
    expect(out).toMatch(/^remapcheck \S+ {2}exhaustive {2}2 designs {2}2 IOMMUs {2}1 scope\n/)
    expect(out).toMatch(/\nAMD-Vi is left out for vm-posted: 'vm-posted' is on Intel VT-d only: /)
    const [junit, markdown] = ['junit.xml', 'report.md'].map(name => readFileSync(join(cwd, name), 'utf8'))
    for (const name of ['ring0-deferred-early@vtd', 'ring0-deferred-early@amdvi']) {
      expect(out).toMatch(new RegExp(`\n${name} +✗ +\\d+\n[^]*\n {2}${name}\n {4}✗ no-dma-escape`))
      expect(junit).toContain(name)
      expect(markdown).toContain(name.replace('@', '\\@'))
      expect(readdirSync(join(cwd, 'pages'))).toContain(`${name}.html`)
    }
    expect(out).toMatch(/\nvm-posted@vtd +✓/)
    expect(junit).toMatch(/vm-posted[^]*on AMD-Vi[^]*skipped/)
    const traces = readdirSync(join(cwd, 'known-of-both'))
    expect(traces).toHaveLength(2)
    expect(readFileSync(join(cwd, 'known-of-both', traces[0]!), 'utf8')).not.toContain('@vtd')
    const again = await run('replay known-of-both', { cwd })
    expect(again.code).toBe(0)
  })
  it('ends as the worst of all does, and says on stderr where', async () => {
    const { code, out, err } = await run('check ring0-strict~unmap/freeFrame ring0-strict~detach/blockDte '
      + '--bounds frames=1,iovas=1,domains=2,reassign=1 --property no-dma-escape', { cwd })
    expect(code).toBe(1)
    expect(err).toMatch(/✗ no-dma-escape {2}ring0-strict@amdvi~detach\/blockDte, scope custom/)
    expect(out).toMatch(/\nring0-strict@vtd~unmap\/freeFrame +✓/)
  })
  it('names the IOMMU of what it has not come to', async () => {
    const { code, out } = await run('check ring0-strict', { cwd, signal: AbortSignal.abort() })
    expect(code).toBe(130)
    expect(out).toContain('not started\n  ring0-strict@vtd, ring0-strict@amdvi\n')
  })
  it('says of which IOMMU the bounds are, where a scope is about hardware', async () => {
    const { out } = await run('check ring0-strict --scope old-hardware --states 9', { cwd })
    const words = out.replace(/\s+/g, ' ')
    expect(words).toMatch(/goes, on Intel VT-d [^)]*coherent=0, cm=1, rwbf=1 [^)]*goes, on AMD-Vi [^)]*npCache=1/)
  })
  it('shows the whole trace on each, where one design is all that was asked', async () => {
    const { out } = await run('check ring0-deferred-early --bounds frames=1,iovas=1 --property no-dma-escape', { cwd })
    expect(out.match(/^✗ no-dma-escape {3}\S+/gm))
      .toEqual(['vtd', 'amdvi'].map(name => `✗ no-dma-escape   ring0-deferred-early@${name}`))
    expect(out.match(/← violates/g)).toHaveLength(2)
  })
})

it('ablate asks on the hardware of the vendor', async () => {
  const { code, out } = await run('ablate ring0-strict --iommu amdvi --call detach --scope one-device --hardware '
    + 'standard,ordered=0', { cwd })
  expect(code).toBe(0)
  expect(out).toMatch(/^fenceCommands +· +✗$/m)
  expect(out).toMatch(/^invalidateDevtabEntry +✗ +✗$/m)
})
it('cost counts as it was recorded', async () => {
  const { code, out } = await run('cost ring0-strict --iommu amdvi', { cwd })
  expect(code).toBe(0)
  expect(out).toContain('ring0-strict@amdvi')
  expect(out).toContain('profile epyc-2019')
  const both = await run('cost ring0-strict ring0-strict@amdvi', { cwd })
  expect(both.out).toContain('profile xeon-2011-2016')
})
it('a violation is saved, and replayed; on QEMU too, if there is one', async () => {
  const folder = join(cwd, 'known')
  await run(`check ring0-deferred@amdvi --scope mapping --property no-access-after-unmap --save-known ${folder}`,
    { cwd })
  expect(readdirSync(folder)).toHaveLength(1)
  expect((await run(`replay ${folder}`, { cwd })).code).toBe(0)
  const { code, err } = await run(`replay ${folder} --on qemu`, { cwd, env: { REMAPCHECK_QEMU: 'no-such-qemu' } })
  expect(code).toBe(69)
  expect(err).toMatch(/^no-such-qemu: .* \[E-QEMU-MISSING\]\n {2}→ .+\n$/)
  expect(iommus.map(one => one.name)).toEqual(sides.map(({ iommu }) => iommu))
})
it('explain has the steps, the causes and the strength of rules', async () => {
  const { out } = await run('explain ring0-strict 204h AMD:2.4/unordered blockDte --iommu amdvi', { cwd })
  for (const text of ['ring0-strict@amdvi  design', 'IO_PAGE_FAULT', 'one source: take it as a doubt',
    'driver-server@amdvi detach']) expect(out.replace(/\s+/g, ' ')).toContain(text.replace(/\s+/g, ' '))
})

it('explain knows the IOMMUs, and designs of one alone by their bare names', async () => {
  for (const name of ['AMD', 'AMD-Vi', 'amdvi'])
    expect((await run(`explain ${name}`, { cwd })).out).toMatch(/^AMD-Vi {2}IOMMU\n[^]*ring0-words@amdvi/)
  expect((await run('explain VT-d', { cwd })).out).toMatch(/^Intel VT-d {2}IOMMU\n/)
  expect((await run('explain ring0-words', { cwd })).out).toMatch(/^ring0-words@amdvi {2}design on AMD-Vi\n/)
  expect(registries.designs().map(([name]) => name)).toContain('ring0-words@amdvi')
  expect(registries.faults().map(([code]) => code)).toContain('204h')
})

it('bounds and scopes are told in words of each IOMMU, or of none', () => {
  const { drain, queue } = boundSpecs
  expect(drain.says).toMatch(/^Intel VT-d, CAP.DWD[^]*; AMD-Vi, draining: .*INVALIDATE_IOMMU_PAGES/)
  for (const says of [queue.says, ...allScopes().map(scope => scope.says)])
    expect(says).not.toMatch(/invalidation queue|descriptor|write buffer|either format|recording/)
})

describe('bad input', () => {
  const mine = join(cwd, 'mine.mjs')
  writeFileSync(mine, "export default { name: 'mine', says: 'x', remapsDma: true, remapsInterrupts: false, "
    + "userDrivers: false, verifiesSource: true, blocksUnremapped: true, wideDestinations: 'as-capable', "
    + 'interruptTables: 1, givesUp: {}, protocols: {} }\n')
  const edit = join(cwd, 'edit.mjs'), wrong = join(cwd, 'wrong.mjs')
  writeFileSync(edit, "import { returnToDriver, ring0Strict, without } from 'remapcheck/spec'\n"
    + "export default without(ring0Strict, 'map', returnToDriver)\n")
  writeFileSync(wrong, "import { clearPte, design, invalidatePage } from 'remapcheck/spec'\nexport default design("
    + "'wrong', { says: 'x', iommu: 'amdvi', remapsDma: true, remapsInterrupts: false }, "
    + '{ unmap: [clearPte, { ...invalidatePage, name: \'own\' }, invalidatePage] })\n')
  it.each<readonly [string, string]>([
    ...['amd', 'AMD', 'AMDVI', 'AMD-Vi'].map(name =>
      [`check ring0-strict --iommu ${name}`, `no IOMMU is named '${name}'.*did you mean 'amdvi'`] as const),
    ['explain ring0-register --iommu amdvi', "is on Intel VT-d only.*name it 'ring0-register' without"],
    ['list registers', "no such list.*they are in 'layouts'"], ['list capabilities', "they are in 'bounds'"],
    ['check ring0-strict@amd', "strict@amd: no IOMMU is named 'amd'.*did you mean 'amdvi'"],
    ['check vm-posted@intel+table-switch', "no IOMMU is named 'intel'.*did you mean 'vtd'"],
    ['check ring0-strct@amdvi', "no built-in design has this name.*did you mean 'ring0-strict@amdvi'"],
    ['check ring0@amdvi', '→ there are ring0-strict@amdvi, ring0-words@amdvi'],
    ['check pistachio-irq@amdvi+x', 'has this name.*there are pistachio-irq@amdvi.source-masked'],
    ['check ring0-strict --iommu amdvi --bounds frames=1,iovas=1,cm=1', 'cm=1: AMD-Vi has no such capability'],
    ['check ring0-strict --iommu vtd --bounds frames=1,iovas=1,npCache=1', 'npCache=1: Intel VT-d has no such capab'],
    ['check ring0-strict --bounds frames=1,iovas=1,npCache=1,cm=1', 'npCache=1: Intel VT-d has no such capability'],
    ['check ring0-strict@vtd --iommu amdvi', "design 'ring0-strict' takes its steps on vtd"],
    ['check no-iommu@vtd', "'no-iommu' uses no IOMMU.*name it 'no-iommu'"],
    ['explore ring0-words', "'ring0-words' is on AMD-Vi only.*name it 'ring0-words@amdvi'"],
    ['check ring0-strict --scope together --checkpoint kept', 'this command runs 2.*one IOMMU with --iommu'],
    ['ablate ring0-strict --iommu amdvi --bounds frames=1,iovas=1,psi=0', 'psi=0: AMD-Vi has no such capability'],
    ['ablate ring0-strict --iommu amdvi --hardware cm=1', "nothing is named 'cm=1'"],
    ['check ring0-strict@amdvi --iommu vtd', "design 'ring0-strict@amdvi' takes its steps on amdvi"],
    ['check ring0-register --iommu amdvi', "'ring0-register' is on Intel VT-d only.*name it 'ring0-register'"],
    ['check vm-posted@amdvi', "'vm-posted' is on Intel VT-d only: it posts its interrupts, and this model of AMD-Vi"],
    ['check vm-posted --bounds sources=1,vectors=1', 'vectors=1: vm-posted needs two vectors'],
    ['check vm-posted+source-masked', 'vm-posted.source-masked: no built-in design has this name'],
    [`check ${mine} --iommu amdvi`, "design 'mine' takes its steps on vtd.*leave --iommu out, or give it .iommu: 'am"],
    [`check ${edit} --iommu amdvi`, "takes its steps on vtd.*or edit designNamed\\('ring0-strict@amdvi'\\) instead"],
    [`check ${wrong}`, "step 'own' is for Intel VT-d.*on AMD-Vi.*take invalidateIommuPages.*iommu: 'vtd'"],
  ])('%s', async (line, says) => {
    const { err } = await run(line, { cwd })
    expect(err).toMatch(new RegExp(`${says}`, 's'))
    expect(err).toMatch(/ \[E-[A-Z-]+\]\n {2}→ .+\n$/s)
  })
})
