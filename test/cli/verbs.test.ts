/** The other verbs, help, and the program as a process. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listNames } from '../../src/report/list.ts'
import { exitTable, knownActions, registries, steps } from '../../src/cli/registries.ts'
import { allVerbs } from '../../src/cli/verbs/index.ts'
import { exitClasses } from '../../src/exit.ts'
import { loadTraces } from '../../src/trace/store.ts'
import { xeon } from '../../spec/costs/index.ts'
import { designs } from '../../spec/designs.ts'
import { iommus } from '../../spec/iommus.ts'
import type { Extremes } from '../../src/explore/extremes.ts'
import type { PathDerivation } from '../../src/report/derivation.ts'
import { program } from './program.ts'
import { inSequence, run, withoutProgress } from './run.ts'

const widest = (text: string): number => Math.max(...text.split('\n').map(line => line.length))

const verbs = await allVerbs()

describe('help', () => {
  it('comes without a verb, examples first, with every verb and every exit code', async () => {
    const { code, out } = await run('')
    expect(code).toBe(0)
    expect(out.indexOf('npx remapcheck check')).toBeLessThan(out.indexOf('verbs'))
    for (const verb of verbs) expect(out).toMatch(new RegExp(`^ {2}${verb.name} `, 'm'))
    for (const row of exitClasses) expect(out.replace(/\s+/g, ' ')).toContain(`${row.code} ${row.meaning}`)
    expect(await run('--help')).toEqual({ code: 0, out, err: '' })
    expect(widest(out)).toBeLessThanOrEqual(80)
  })
  it.each(verbs)('of $name shows its examples and flags', async verb => {
    const { code, out } = await run(`${verb.name} --help`)
    expect(code).toBe(0)
    expect(out.startsWith(`  ${verb.examples[0]![0]}`)).toBe(true)
    for (const flag of Object.keys(verb.options)) expect(out).toContain(`--${flag}`)
    expect(out).toBe((await run(`help ${verb.name}`)).out)
    expect(widest(out)).toBeLessThanOrEqual(80)
  })
  it('has examples that the verbs accept: each of its flags exists', () => {
    for (const verb of verbs)
      for (const [command] of verb.examples) {
        expect(command.split(' ').slice(0, 2)).toEqual(['remapcheck', verb.name])
        for (const [, flag] of command.matchAll(/--([\w-]+)/g)) expect(Object.keys(verb.options)).toContain(flag)
      }
  })
  it('tells the version', async () => { expect((await run('--version')).out).toMatch(/^remapcheck \d+\.\d+\.\d+\n$/) })
})

describe('list', () => {
  it.each(listNames)('%s: a row for each', async name => {
    const { code, out } = await run(`list ${name}`)
    expect(code).toBe(0)
    for (const row of registries[name]()) expect(out).toContain(row[0])
    expect(widest(out)).toBeLessThanOrEqual(80)
  })
  it('exits are those of the code, in text, JSON and Markdown', async () => {
    const rows = exitClasses.map(({ code, name, meaning }) => [String(code), name, meaning])
    expect((JSON.parse((await run('list exits --json')).out) as { exits: string[][] }).exits).toEqual(rows)
    expect(exitTable().trimEnd().split('\n').slice(2)).toEqual(rows.map(row => `| ${row.join(' | ')} |`))
  })
})

describe('explain', () => {
  it('draws a register or structure, highest bit first, with what un-reserves a field', async () => {
    expect((await run('explain IRTA')).out).toBe(`IRTA  interrupt remapping table address, 64 bits, VTD section 11.4
    63:12  IRTA  table; bits above the host address width are reserved
    11     EIME  32-bit APIC ids
    10:4         reserved
    3:0    S     2^(S+1) entries
`)
    expect((await run('explain scalable-mode-context-entry')).out)
      .toMatch(/\n {4}2 +DTE +device TLB enable; reserved without\s+ECAP.DT\n/)
  })
  it('takes a value apart, and tells what must be 0', async () => {
    const { out } = await run('explain context-entry=0x1100011,0x101')
    expect(out).toMatch(/DID = 1 [^]*AW = 1 [^]*SSPTPTR = 0x1100 [^]*P = 1 [^]*must be 0: bits 11:4\n$/)
    expect((await run('explain GSTS=0x0')).out).toContain('all bits are 0')
    expect(await run('explain GSTS=0x1ffffffff'))
      .toMatchObject({ code: 2, err: expect.stringContaining('GSTS has 32 bits: one number') as string })
    expect(await run('explain context-entry=1,2,3'))
      .toMatchObject({ code: 2, err: expect.stringContaining('for example context-entry=0x1,0x2') as string })
  })
  it('takes a short name for each form that it has, and a field by the name that a driver gives it', async () => {
    expect((await run('explain DTE')).out).toMatch(inSequence(/^device-table-entry {2}256 bits, AMD[^]*DomainID/,
      /[^]*\nDTE {2}field of VT-d\n/))
    expect((await run('explain IRTE')).out).toMatch(inSequence(/^IRTE-remapped {2}128 bits, VTD/,
      /[^]*\ninterrupt-entry-guest-mode {2}128 bits, AMD/, /[^]*\nIRTE {2}word of the glossary/))
    // Of the three forms only those of 128 bits hold two numbers.
    const { out } = await run('explain IRTE=0x5c1,0x41')
    expect(out).not.toContain('32 bits')
    expect(out).toMatch(inSequence(/interrupt-entry-128-bits[^]*VECTOR = 0x41/, /[^]*interrupt-entry-guest-mode/))
    expect((await run('explain IntCtl')).out).toMatch(/^IntCtl {2}field of AMD-Vi\n +device-table-entry +bits 189:188/)
    expect((await run('explain descriptor=0x21')).out).toMatch(/^context-cache-invalidate {2}128 bits/)
    expect((await run('explain context-cache-invalidate=0x5')).out)
      .toMatch(/^invalidation-wait {2}128 bits[^]*\n {2}not context-cache-invalidate: TYPE is 5\n/)
    expect(await run('explain DTE=0x1,0x2,0x3,0x4,0x5'))
      .toMatchObject({ code: 2, err: expect.stringContaining('DTE has 256 bits') as string })
  })
  it('knows everything that list shows', async () => {
    for (const [name, rows] of Object.entries(registries))
      for (const [id] of rows()) {
        const { code, out, err } = await run(['explain', id!])
        expect({ name, id, code, err, wide: widest(out) > 80 }).toEqual({ name, id, code: 0, err: '', wide: false })
      }
  })
  it('a property: claim, clause, place, witnesses', async () => {
    expect((await run('explain no-lost-edge')).out)
      .toMatch(/claim[^]*at +properties\/interrupts\/no-lost-edge\.ts:\d+[^]*edges-merge/)
  })
  it('a fault code in both ways of writing', async () => {
    const { out } = await run('explain 0x22')
    expect(out).toMatch(/^22h {2}not-present/)
    expect((await run('explain 22h')).out).toBe(out)
  })
  it('a design: each step of each protocol, and what it gives up', async () => {
    const { out } = await run('explain ring0-deferred')
    for (const protocol of Object.values(designs.find(({ name }) => name === 'ring0-deferred')!.protocols))
      for (const step of protocol) expect(out).toContain(step.name)
    expect(out).toMatch(/gives up\n +no-access-after-unmap/)
  })
  it('an action as traces name it: what it does, who takes it, the clause of its step', async () => {
    expect((await run('explain unmap/clearPte')).out)
      .toMatch(inSequence(/^unmap\/clearPte {2}action\n {2}does +clear[^]*clause +VTD:[^]*/,
        /taken by +cpu0, cpu1[^]*in +ring0-strict/))
    expect((await run('explain iommu.process')).out)
      .toMatch(/does +complete a descriptor[^]*taken by +iommu[^]*strongly fair/)
    expect([...knownActions()].filter(([, { says }]) => says === '').map(([name]) => name)).toEqual([])
    for (const { trace } of loadTraces(['traces/known']))
      for (const op of trace.ops) expect(knownActions().get(op.action)?.designs, op.action).toContain(trace.design)
  })
  it('a unit of cost: its price and the figures behind it; a verdict of validate', async () => {
    const { min, typ, max } = xeon.units['queue-wait'] as { min: number; typ: number; max: number }
    expect((await run('explain queue-wait')).out)
      .toMatch(new RegExp(`cost unit[^]*price +min ${min}, typical ${typ}, max ${max} cycles[^]*figures `
        + '+unmap-iotlb-inv-strict: 2127 cycles[^]*Malka'))
    expect((await run('explain iotlb-invalidate')).out).toMatch(/price +none of its own: within queue-wait/)
    expect((await run('explain hits-explained')).out)
      .toMatch(/verdict of validate, rule\n {2}claim[^]*false +a breach of the manual/)
  })
  it('steps by their names, each once', () => {
    expect(steps.size).toBeGreaterThan(40)
    for (const design of designs)
      for (const step of Object.values(design.protocols).flat()) expect(steps.get(step.name)?.says).toBe(step.says)
  })
})

describe('cost', () => {
  it('prices the paths of a design, at the recorded counts', async () => {
    const { code, out } = await run('cost ring0-strict no-iommu')
    expect(out).toMatch(/unmap\n {2}ring0-strict +\d+ \(\d+\.\.\d+\)/)
    expect(out).toMatch(/budgets: \d+ within, 0 changed, 0 over, 0 unmeasured\n$/)
    expect(code).toBe(0)
  })
  it.each(iommus)('of all designs on $title: at the recorded counts, by the profile of such a machine, in 80 columns',
    async ({ name, profile }) => {
      const { code, out } = await run(`cost --iommu ${name}`)
      expect({ code, wide: widest(out) > 80 }).toEqual({ code: 0, wide: false })
      expect(out).toContain(`profile ${profile}`)
      expect(out).toMatch(/budgets: \d+ within, 0 changed, 0 over, 0 unmeasured\n$/)
    })
  it('counts a migration and a design of the user too, and gives one document', async () => {
    const { code, out } = await run('cost no-iommu+source-unmasked test/cli/fixtures/leaky.ts --json')
    const document = JSON.parse(out) as {
      measured: { design: string; counts: Record<string, Record<string, number>> }[]
      exit: { code: number }
    }
    expect(document.measured.map(({ design }) => design)).toEqual(['no-iommu+source-unmasked', 'leaky'])
    expect(document.measured[1]!.counts['unmap']).not.toHaveProperty('queue-wait')
    expect({ code, exit: document.exit.code }).toEqual({ code: 0, exit: 0 })
  })
  it('explains a path down to the figures, with what each unit weighs', async () => {
    const { code, out } = await run('cost --explain unmap ring0-strict --json')
    const { designs: [only] } = JSON.parse(out) as { designs: PathDerivation[] }
    const { cycles, rows } = only!
    expect(rows.reduce((sum, row) => sum + row.cycles.typ, 0)).toBe(cycles.typ)
    const wait = rows.find(({ unit }) => unit === 'queue-wait')!
    expect(wait.steps.map(({ depth, name }) => [depth, name]).slice(0, 4)).toEqual([[0, 'queue-wait.typ'],
      [1, 'unmap-iotlb-inv-strict'], [1, 'queue-entry.typ'], [2, 'mem-l1-snbe']])
    expect(wait.steps[1]).toMatchObject({ value: 2127, measure: 'cycles', status: 'recalled' })
    expect(wait.sensitivity).toEqual({ min: cycles.typ - wait.cycles.typ + wait.cycles.min,
      max: cycles.typ - wait.cycles.typ + wait.cycles.max })
    expect(rows.find(({ unit }) => unit === 'frame-free')!.status).toBe('assumed')
    expect(code).toBe(0)
    const { out: text } = await run('cost --explain port-io --profile desktop-2015-meltdown')
    expect(text).toMatch(inSequence(/what port-io costs[^]*user-port-io {2}4206 [^]*/, /1 syscall = 630 .*verified[^]*/,
      /sel4-null-syscall-pc99-64-skylake = 630 cycles/))
    expect(widest(text)).toBeLessThanOrEqual(80)
  })
  it('finds the longest and the shortest wait, and says what has no longest', async () => {
    const { code, out } = await run('cost --worst ring0-strict --json')
    const { waits } = JSON.parse(out) as { waits: { name: string; designs: { found: Extremes }[] }[] }
    const of = (name: string): Extremes => waits.find(wait => wait.name === name)!.designs[0]!.found
    const alone = of('unmap called -> unmap returned'),
      beside = of('unmap called -> unmap returned, beside another CPU')
    // Nothing of the protocol depends on the hardware's order: both are what `cost` counts.
    expect([alone.greatest!.cost, alone.least!.cost, beside.least!.cost]).toEqual([3149, 3149, 3149])
    expect([alone.unbounded, alone.endless, beside.greatest]).toEqual([null, null, null])
    expect(beside.unbounded!.ops.slice(beside.unbounded!.loop).some(({ args }) => args['cpu'] === 1)).toBe(true)
    const edge = of('edge raised -> handler entered')
    expect(edge.greatest!.cost).toBeGreaterThan(edge.least!.cost)
    expect(edge.greatest!.prices.reduce((sum, price) => sum + price, 0)).toBe(edge.greatest!.cost)
    expect(edge.endless).toBeNull()
    expect(code).toBe(0)
  })
  it('prints them, and records none', async () => {
    const { out } = await run('cost --worst no-iommu')
    expect(out)
      .toMatch(inSequence(/unmap called -> unmap returned\n.*\n {2}no-iommu\n/,
        / {4}greatest {2}67 = unmap 67\n {4}least {5}67 = unmap 67\n/))
    expect((await run('cost --worst --update')).code).toBe(2)
  })
})

describe('replay', () => {
  it('reproduces every known weakness, and says so', async () => {
    const { code, out } = await run('replay traces/known')
    const count = readdirSync('traces/known').filter(name => name.endsWith('.json')).length
    expect(count).toBeGreaterThan(0)
    expect(out.trimEnd().endsWith(`${count} of ${count} traces reproduced`)).toBe(true)
    expect(out).not.toContain('changed   the machine declares another structure')
    expect(code).toBe(0)
  })
  it('has a trace of each known weakness that the scopes show', async () => {
    const { out } = await run('replay traces/known --json')
    const { traces } = JSON.parse(out) as {
      traces: { design: string; property: string; reproduced: boolean; refused: number }[]
    }
    expect(traces.every(({ reproduced, refused }) => reproduced && refused === 0)).toBe(true)
    const shown = new Set(traces.map(({ design, property }) => `${design} ${property}`))
    for (const id of ['no-iommu no-dma-escape', 'user-port-io no-forged-interrupt',
      'ring0-deferred no-access-after-unmap',
      'ring0-deferred-early no-dma-escape', 'ring0-strict+source-unmasked no-lost-edge']) expect(shown).toContain(id)
  })
  it('draws lanes, and says when a trace diverges', async () => {
    expect((await run('replay traces/known --lanes')).out).toMatch(/cpu0 +iommu +device/)
    const { code, out } = await run('replay test/cli/fixtures/diverged.json')
    expect(out).toContain('diverged')
    expect(code).toBe(5)
    expect(await run('replay test/cli/fixtures/diverged.json --expect holds')).toMatchObject({ code: 0 })
  })
})

describe('validate', () => {
  it('reports a recorded boot, as text and as one document', async () => {
    const text = await run('validate traces/linux/vtd-strict.trace.log.gz')
    expect(text.out).toContain('hits-explained')
    const { code, out } = await run('validate traces/linux/vtd-strict.trace.log.gz --json')
    expect((JSON.parse(out) as { exit: { code: number } }).exit.code).toBe(code)
    expect(text.code).toBe(code)
  })
})

describe('the process', () => {
  const spawn = (args: readonly string[], shell = ''): ReturnType<typeof spawnSync> => shell === ''
    ? spawnSync(process.execPath, ['bin/remapcheck.js', ...args], { encoding: 'utf8' })
    : spawnSync('sh', ['-c', shell], { encoding: 'utf8' })
  it('ends with the exit code, results on stdout, mistakes on stderr', () => {
    const { status, stderr } = spawn(['check', 'no-iommu', '--scope', 'hostile'])
    expect({ status, err: withoutProgress(String(stderr)) }).toEqual({ status: 0, err: '' })
    expect(spawn(['check', 'no-iomm'])).toMatchObject({ status: 2, stdout: '' })
  })
  it('is quiet when its reader goes', () => {
    expect(spawn([], `'${process.execPath}' bin/remapcheck.js list clauses steps properties | head -1`))
      .toMatchObject({ status: 0, stderr: '' })
  })
  it('lets a module anywhere import remapcheck/spec', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'remapcheck-own-'))
    try {
      const source = `import { ring0Strict, without, submitWait } from 'remapcheck/spec'
export default { ...without(ring0Strict, 'unmap', submitWait), name: 'mine' }`
      writeFileSync(join(dir, 'mine.mjs'), source)
      const { status, out } = await program(['check', './mine.mjs', '--scope', 'hostile'], dir)
      expect(out).toContain('mine')
      expect(status).toBe(0)
    } finally { rmSync(dir, { recursive: true, force: true }) }
  })
})
