/** `--iommu`, and `NAME@IOMMU`: designs on another vendor, judged, ablated, priced, saved and replayed. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { designsOn } from '../../spec/designs.ts'
import { iommus } from '../../spec/iommus.ts'
import { sides } from '../../src/qemu/counterexamples.ts'
import { run } from './run.ts'

const cwd = mkdtempSync(join(tmpdir(), 'remapcheck-iommu-'))
afterAll(() => { rmSync(cwd, { recursive: true, force: true }) })

describe('check', () => {
  it.each([
    'ring0-strict --iommu amdvi', 'ring0-strict@amdvi', 'ring0-strict@amdvi --iommu amdvi',
  ])('%s is on AMD-Vi', async design => {
    const { code, out } = await run(`check ${design} --scope old-hardware`, { cwd })
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
  it.each([
    ['ring0-strict no-iommu vm-posted --scope ports', ['ring0-strict', 'ring0-strict@amdvi', 'no-iommu', 'vm-posted']],
    ['ring0-strict~unmap/freeFrame --scope permissions',
      ['ring0-strict~unmap/freeFrame', 'ring0-strict@amdvi~unmap/freeFrame']],
  ])('%s --iommu all takes each IOMMU that has the design', async (args, names) => {
    const { out } = await run(`check ${args} --iommu all --json`, { cwd })
    expect((JSON.parse(out) as { readonly designs: readonly { readonly design: string }[] }).designs
      .map(({ design }) => design)).toEqual(names)
  })
  it('leaves a design alone that takes no IOMMU', async () => {
    const { out } = await run('check no-iommu --iommu amdvi --scope mapping', { cwd })
    expect(out).toContain('no-iommu ')
    expect(out).not.toContain('no-iommu@')
  })
  it('takes the built-in designs of the vendor where none is named, and all ways to move an interrupt with --all',
    async () => {
      const designsOf = async (flags: string): Promise<readonly string[]> => {
        const { out } = await run(`check --iommu amdvi --scope ports,permissions --json ${flags}`, { cwd })
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

describe('bad input', () => {
  const mine = join(cwd, 'mine.mjs')
  writeFileSync(mine, "export default { name: 'mine', says: 'x', remapsDma: true, remapsInterrupts: false, "
    + "userDrivers: false, verifiesSource: true, blocksUnremapped: true, wideDestinations: 'as-capable', "
    + 'interruptTables: 1, givesUp: {}, protocols: {} }\n')
  it.each([
    ['check ring0-strict --iommu amd', "no IOMMU is named 'amd'.*did you mean 'amdvi'"],
    ['check ring0-strict@amd', "no built-in design has this name.*did you mean 'ring0-strict@amdvi'"],
    ['check ring0-strict --iommu amdvi --bounds frames=1,iovas=1,cm=1', 'cm=1: AMD-Vi has no such capability'],
    ['check ring0-strict --bounds frames=1,iovas=1,npCache=1', 'npCache=1: Intel VT-d has no such capability'],
    ['ablate ring0-strict --iommu amdvi --bounds frames=1,iovas=1,psi=0', 'psi=0: AMD-Vi has no such capability'],
    ['ablate ring0-strict --iommu amdvi --hardware cm=1', "nothing is named 'cm=1'"],
    ['check ring0-strict@amdvi --iommu vtd', "design 'ring0-strict@amdvi' takes its steps on amdvi"],
    ['check ring0-register --iommu amdvi', "'ring0-register' is on Intel VT-d only.*name it 'ring0-register'"],
    ['check vm-posted@amdvi', "'vm-posted' is on Intel VT-d only: it posts its interrupts, and this model of AMD-Vi"],
    ['check vm-posted --bounds sources=1,vectors=1', 'vectors=1: vm-posted needs two vectors'],
    ['check vm-posted+source-masked', 'vm-posted.source-masked: no built-in design has this name'],
    [`check ${mine} --iommu amdvi`, "design 'mine' takes its steps on vtd.*leave --iommu out"],
  ])('%s', async (line, says) => {
    const { err } = await run(line, { cwd })
    expect(err).toMatch(new RegExp(`${says}`, 's'))
    expect(err).toMatch(/ \[E-[A-Z-]+\]\n {2}→ .+\n$/s)
  })
})
