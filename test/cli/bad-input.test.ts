/** Bad input: a one-line cause, the place, what to do, and the documented exit code. Never a stack. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ModelError } from '../../src/model/index.ts'
import { parseTrace } from '../../src/trace/format.ts'
import { inSequence, run } from './run.ts'

let dir = ''
const file = (name: string): string => join(dir, name)
const trace = (changes: object = {}): string => JSON.stringify({
  format: 'remapcheck-trace', version: 1, design: 'no-iommu', bounds: { frames: 1, iovas: 1 }, specHash: '0'.repeat(12),
  property: 'no-dma-escape', because: 'x', ops: [], found: { driver: 'hand', shortest: false }, ...changes,
})

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'remapcheck-cli-'))
  parseTrace(trace(), 'the traces below differ from a good one in one thing')
  const files: Record<string, string | Buffer> = {
    'empty.json': '', 'cut.json': trace().slice(0, 80), 'newer.json': trace({ version: 2 }),
    'other-design.json': trace({ design: 'ring0-stirct' }),
    'own-design.json': trace({ design: 'mine' }),
    'kernel.log': '# tracer: nop\n    swapper/0-1  [000] .....  0.5: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x3000 '
      + 'size=4096\n', 'other-property.json': trace({ property: 'no-dma-escap' }),
    'bound.json': trace({ bounds: { frame: 1 } }), 'foreign.json': '{"a":1}',
    'throwing.json': trace({ design: 'throwing', property: 'no-dma-escape', ops: [
      { action: 'map', args: { cpu: 0, domain: 0, iova: 0, frame: 0, write: true } },
      { action: 'map/throwsHere', args: { cpu: 0 } }] }),
    'binary.json': Buffer.from([1, 0, 2, 0]), 'empty.log': '',
    'foreign.log': 'Nov 22 20:00:01 host kernel: hello\n'.repeat(20),
    'binary.log': Buffer.from(Array.from({ length: 4000 }, (_, i) => i * 7 % 256)),
    'cut.log.gz': gzipSync('vtd_x 1\n'.repeat(5000)).subarray(0, 60),
    'broken.mjs': 'export default {', 'throws.mjs': 'throw new TypeError("no")', 'nothing.mjs': 'export const x = 1',
    'boom.mjs': ownDesign("then: () => { throw new Error('boom') }"),
    'skip-throws.mjs': ownDesign("skip: () => { throw new Error('skip!') }, then: () => {}"),
    'writes-bounds.mjs': ownDesign('then: k => { k.b.frames = 1 }'),
    'writes-caps.mjs': ownDesign('skip: on => { on.caps.cm = true; return false }, then: () => {}'),
    'async.mjs': ownDesign('then: async () => {}'), 'unit.mjs': ownDesign("then: k => { k.emit.cost('nonsense') }"),
    'count.mjs': ownDesign("then: k => { k.emit.cost('queue-wait', 0.5) }"),
    'clause.mjs': ownDesign("then: k => { k.emit.clause('VTD:nowhere') }"),
    'skip-three.mjs': ownDesign('skip: () => 3, then: () => {}'),
    'skip-nothing.mjs': ownDesign('skip: () => { true }, then: () => {}'),
    'nested-steps.mjs': "import { awaitInvalidation, ring0Strict as from } from 'remapcheck/spec'\n"
      + "export default { ...from, name: 'nested', protocols: { ...from.protocols, unmap: [awaitInvalidation] } }",
    'misspelt-step.mjs': ownDesign('wen: () => false, then: () => {}'),
    'misspelt-option.mjs': ownDesign('then: () => {}', 'verifySource: false,'),
    'misspelt-cost.mjs': ownDesign('then: () => {}', "costs: [{ name: 'x', bounds: {}, paths: [], opps: [] }],"),
    'refused-cost.mjs': "import { ring0Strict } from 'remapcheck/spec'\nexport default { ...ring0Strict, name: 'mine', "
      + "costs: [{ name: 'x', bounds: {}, paths: ['own'], ops: [{ action: 'nap', args: { cpu: 0 } }] }] }",
    'misspelt-claim.mjs': ownDesign('then: () => {}', "givesUp: { 'no-dma-escap': 'why' },"),
    'misspelt-call.mjs': ownDesign('then: () => {}', '', 'unmapp: []'),
    'optionless.mjs': "export default { name: 'mine', says: 'x', protocols: {} }",
    'shape.mjs': 'export default { name: "mine", says: "x", protocols: { unmap: [{ name: "a" }] } }',
    'profile.json': '{ "id": 3 }', 'unquoted.json': '{ "id" 3 }',
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(file(name), content)
  mkdirSync(file('no-traces'))
})
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })

/** A module with a design whose `map` has an odd step. */
const ownDesign = (step: string, options = '',
  calls = ''): string =>
  `export default { name: 'mine', says: 'x', remapsDma: true, remapsInterrupts: false, userDrivers: false,
  verifiesSource: true, blocksUnremapped: true, wideDestinations: 'as-capable', interruptTables: 1,
  memoryOf: null, interruptsOf: null, givesUp: { 'no-forged-interrupt': 'why' }, ${options}
  protocols: { map: [plain('begin'), { name: 'odd', says: 'x', ${step} }, plain('end')],
    unmap: [plain('begin'), plain('end')], ${calls} } }
function plain(name) { return { name, says: 'x', then: () => {} } }`

/** A command line where DIR stands for the folder of bad files, and what stderr must say. */
const cases: readonly (readonly [string, RegExp])[] = [
  ['chekc', /^remapcheck: no verb is named 'chekc' \[E-VERB\]\n {2}→ did you mean 'check'\?\n$/],
  ['--scope mapping check', /a verb comes before its flags/],
  ['help nothing', /no verb is named 'nothing'/],
  ['check --sede 4', /^--sede: 'check' has no such flag \[E-USAGE\]\n {2}→ did you mean '--seed'\?\n$/],
  ['check --seed', /^--seed: needs a value: --seed N/],
  ['check --driver --seed 4', /^--driver: needs a value/],
  ['check --json=yes', /^--json: takes no value, given 'yes'/],
  ['check --time 1000h --time 1000h', /^--time: given twice/],
  ['check --time soon', /^--time: 'soon' is not a time.*\n {2}→ for example --time 30s/],
  ['check --driver random --runs many', /^--runs: 'many' is not a whole number from 1/],
  ['check --driver random --runs 0', /^--runs: '0' is not a whole number from 1/],
  ['check --seed 4', /^--seed: only random runs use it.*\n {2}→ add --driver random/],
  ['check --driver random --states 4', /^--states: random runs have no such limit/],
  ['check --driver rando', /did you mean 'random'\?/],
  ['check ring0-stirct',
    /^ring0-stirct: no built-in design has this name \[E-DESIGN\]\n {2}→ did you mean 'ring0-strict'\?/],
  ['check ring0-strict@amdvi,no-iommu',
    /no design has a name with commas \[E-DESIGN\]\n {2}→ name designs one after the other, with spaces/],
  ['check ring0-strict+source-maskd', /did you mean 'ring0-strict\+source-masked'\?/],
  ['check windows', /there are no-iommu, user-port-io/],
  ['check no-iommu no-iommu', /two designs have this name/],
  ['check --scope mappings', /no scope is named 'mappings'.*\n {2}→ did you mean 'mapping'\?/],
  ['check --scope mapping --bounds cpu=1', /^--bounds, column 1: no bound is named 'cpu'/],
  ['check --bail --all', /cannot be combined with --all/], ['check --bail --deep', /--deep ends each scope/],
  ['check --property no-dma-escpe', /nothing is named 'no-dma-escpe'.*\n {2}→ did you mean 'no-dma-escape'\?/],
  ['check --bounds cpu=2', /^--bounds, column 1: no bound is named 'cpu' \[E-BOUNDS\]\n {2}→ did you mean 'cpus'\?/],
  ['check --bounds cpus=2,frames',
    /^--bounds, column 8: 'frames' gives no whole number from 0 to 4 \[E-BOUNDS\]\n {2}→ for example frames=4\n$/],
  ['check --bounds cpus=1,cpus=2', /^--bounds, column 8: cpus is given twice/],
  ['check --bounds cpus=99', /^--bounds: cpus=99 is outside 1\.\.2 \[E-BOUNDS\]\n {2}→ `remapcheck list bounds`/],
  ['check --bounds frames=2', /^--bounds: frames=2 and iovas=0: both are 0/],
  ['check DIR/missing.mjs', /missing\.mjs: no such file \[E-DESIGN-FILE\]/],
  ['check DIR/broken.mjs', /broken\.mjs: cannot be loaded: .* \[E-DESIGN-MODULE\]/],
  ['check DIR/throws.mjs', /throws\.mjs:1:7: cannot be loaded: TypeError: no \[E-DESIGN-MODULE\]/],
  ['check DIR/nothing.mjs', /nothing\.mjs: exports no design \[E-DESIGN-EXPORT\]/],
  ['check DIR/shape.mjs', /shape\.mjs: not a kernel design: \S+: .* \[E-DESIGN-SHAPE\]/],
  ['replay', /^replay: needs a trace file/],
  ['replay DIR/missing.json', /missing\.json: .* \[E-TRACE-FILE\]/],
  ['replay DIR/no-traces', /no \*\.json in this folder \[E-TRACE-NONE\]/],
  ['replay DIR/empty.json', /empty\.json: the file is empty \[E-TRACE-EMPTY\]/],
  ['replay DIR/cut.json', /cut\.json:1:81: the file ends in the middle of its JSON \[E-TRACE-TRUNCATED\]/],
  ['replay DIR/binary.json', /binary, not text \[E-TRACE-BINARY\]/],
  ['replay DIR/foreign.json', /JSON, but not a trace.*\[E-TRACE-FOREIGN\]/],
  ['replay DIR/newer.json', /trace version 2, and this remapcheck reads version 1 \[E-TRACE-NEWER\]/],
  ['replay DIR/other-design.json',
    inSequence(/the trace is of the design 'ring0-stirct', which is not built in \[E-TRACE-DESIGN\]/,
      /\n {2}→ did you mean 'ring0-strict'\?/)],
  ['replay DIR/own-design.json', /the trace is of the design 'mine', .*\n {2}→ name its module: --design/],
  ['check --bounds cm=-1', /'cm=-1' gives no whole number from 0 to 1 .*\n {2}→ for example cm=1/],
  ['validate DIR/kernel.log', /none of its 2 lines is a kernel trace event \[E-LOG-NO-FTRACE\]\n {2}→ give the text/],
  ['validate traces/linux/vtd-pt.trace.log.gz --ftrace traces/linux/vtd-pt.trace.log.gz',
    /QEMU's trace log, not the kernel's.* \[E-LOG-NO-FTRACE\]\n {2}→ .*iommu:unmap/],
  ['validate traces/linux/vtd-pt.trace.log.gz --ftrace DIR/empty.log',
    /the file is empty \[E-LOG-EMPTY\]\n {2}→ .*iommu:unmap/],
  ['replay DIR/other-property.json',
    /has no property 'no-dma-escap' \[E-TRACE-PROPERTY\]\n {2}→ did you mean 'no-dma-escape'\?/],
  ['replay DIR/bound.json',
    /bound\.json: bounds, column 1: no bound is named 'frame'.*\n {2}→ did you mean 'frames'\?/],
  ['replay DIR/empty.json --expect nothing', /'nothing' is no outcome of a trace/],
  ['replay DIR/throwing.json --design test/cli/fixtures/broken.ts',
    inSequence(/design 'throwing': recipe of map\/throwsHere.* threw: no such register \[E-DESIGN-STEP\]/,
      /\n {2}→ fix the step; these 2 ops lead there:/)],
  ['cost test/cli/fixtures/broken.ts',
    inSequence(/^broken\.ts:5:\d+, design 'throwing': recipe of map\/throwsHere.* \[E-DESIGN-STEP\]/,
      /\n {2}→ fix the step; these 2 ops lead there:\n {6}1 {2}map\(/)],
  ['cost test/cli/fixtures/straying.ts',
    /map\/straysHere\(cpu=0\) .* leaves the domain: .*frame: 99 .* \[E-DESIGN-STEP\]/],
  ['cost test/cli/fixtures/stuck.ts',
    inSequence(/^stuck\.ts, design 'stuck': scenario 'dma' .* op 3 iommu\.cacheTranslation.*: refused, /,
      /guard is false \[E-DESIGN-STEP\]\n {2}→ fix the step, or the protocol it is in; /,
      /`remapcheck check test\/cli\/fixtures\/stuck\.ts` may show what does not work\n$/)],
  ['ablate DIR/boom.mjs',
    inSequence(/^boom\.mjs:4:\d+, design 'mine': recipe of map\/odd.* threw: boom \[E-DESIGN-STEP\]/,
      /\n {2}→ fix the step; these \d+ ops lead there:/)],
  ['cost DIR/boom.mjs --worst', /^boom\.mjs:4:\d+, design 'mine': recipe of map\/odd.* threw: boom \[E-DESIGN-STEP\]/],
  ...['cost', 'cost --worst', 'ablate'].flatMap((verb): [string, RegExp][] => [
    [`${verb} DIR/skip-throws.mjs`,
      /^skip-throws\.mjs, design 'mine': skip of map\/odd threw: skip! \[E-DESIGN-STEP\]/],
    [`${verb} DIR/skip-nothing.mjs`, /skip of map\/odd answered undefined; answer true or false \[E-DESIGN-STEP\]/],
    [`${verb} DIR/skip-three.mjs`, /skip of map\/odd answered 3; answer true or false \[E-DESIGN-STEP\]/],
  ]),
  ['check DIR/misspelt-step.mjs',
    /not a kernel design: protocols\.map\.1\.wen: no such field \[E-DESIGN-SHAPE\]\n {2}→ did you mean 'when'\?/],
  ['check DIR/nested-steps.mjs',
    inSequence(/not a kernel design: protocols\.unmap\.0: a list of steps stands for a step/,
      / \[E-DESIGN-SHAPE\]\n {2}→ spread it/)],
  ['check DIR/misspelt-option.mjs',
    /not a kernel design: verifySource: no such field \[E-DESIGN-SHAPE\]\n {2}→ did you mean 'verifiesSource'\?/],
  ['cost DIR/misspelt-cost.mjs', /costs\.0\.opps: no such field \[E-DESIGN-SHAPE\]\n {2}→ did you mean 'ops'\?/],
  ['cost DIR/refused-cost.mjs', /op 1 nap\(cpu=0\): refused, no action 'nap' \[E-DESIGN-STEP\]/],
  ['check DIR/misspelt-claim.mjs',
    inSequence(/not a kernel design: givesUp\.no-dma-escap: no such field \[E-DESIGN-SHAPE\]/,
      /\n {2}→ did you mean 'no-dma-escape'\?/)],
  ['check DIR/misspelt-call.mjs',
    /not a kernel design: protocols\.unmapp: no such field \[E-DESIGN-SHAPE\]\n {2}→ did you mean 'unmap'\?/],
  ['check DIR/optionless.mjs', /not a kernel design: remapsDma: missing \[E-DESIGN-SHAPE\]\n {2}→ .*docs\/designs\.md/],
  ['cost --profile xeon', /did you mean 'xeon-2011-2016'\?|no profile is named 'xeon'/],
  ['cost --profile DIR/missing.json', /cannot be read \(ENOENT\)/],
  ['cost --profile DIR/unquoted.json', /unquoted\.json:1:8: not JSON from here on \[E-PROFILE\]/],
  ['replay DIR/unquoted.json', /unquoted\.json:1:8: not JSON from here on \[E-TRACE-JSON\]/],
  ['cost --profile DIR/profile.json', /profile\.json: .* \[E-PROFILE\]/],
  ['validate', /^validate: needs a log/],
  ['validate traces/linux/vtd-pt.trace.log.gz --tables DIR/missing.dump', /missing\.dump: .* \[E-DUMP-MISSING\]/],
  ['validate traces/linux/vtd-pt.trace.log.gz --tables traces/linux/vtd-pt.trace.log.gz',
    /\[E-DUMP-JSON\]\n {2}→ .*docs\/validate\.md/],
  ['validate a b', /takes one log, given 2/],
  ['validate DIR/missing.log', /missing\.log: .* \[E-LOG-MISSING\]/],
  ['validate DIR/empty.log', /\[E-LOG-EMPTY\]/],
  ['validate DIR/foreign.log', /an IOMMU\s+\(vtd_\*, amdvi_\*\)\s+\[E-LOG-FOREIGN\][^]*intel-iommu[^]*amd-iommu/],
  ['validate DIR/binary.log', /\[E-LOG-BINARY\]/],
  ['validate DIR/cut.log.gz', /\[E-LOG-(GZIP|FOREIGN)\]/],
  ['list desings', /did you mean 'designs'\?/],
  ['check --time 0', /the time must be more than 0/],
  ['explain', /needs a name/],
  ['explain no-lost-edg', /did you mean 'no-lost-edge'\?/],
  ['explain 0xff', /nothing has this name \[E-EXPLAIN\]/],
  ['explain VTD:6/drian', /did you mean 'VTD:6\/drain'\?/],
  ['start now', /takes no 'now'/],
]

/** They end their scope alone. */
const failing: readonly [module: string, says: RegExp][] = [
  ['skip-throws.mjs', /^skip-throws\.mjs, design 'mine': skip of map\/odd threw: skip! \[E-DESIGN-STEP\]/],
  ['skip-three.mjs', /skip of map\/odd answered 3; answer true or false \[E-DESIGN-STEP\]/],
  ['writes-bounds.mjs',
    /recipe of map\/odd.* threw: Cannot assign to read only property 'frames' .* \[E-DESIGN-STEP\]/],
  ['writes-caps.mjs',
    /skip of map\/odd threw: Cannot assign to read only property 'cm' .* \[E-DESIGN-STEP\]/],
  ['async.mjs', /recipe of map\/odd.* threw: it is async; a step is over when it returns \[E-DESIGN-STEP\]/],
  ['unit.mjs', /recipe of map\/odd.* threw: no unit of cost is named 'nonsense' \[E-DESIGN-STEP\]/],
  ['count.mjs',
    /recipe of map\/odd.* threw: cost of 'queue-wait': 0.5 is no whole number from 0 \[E-DESIGN-STEP\]/],
  ['clause.mjs', /recipe of map\/odd.* threw: no clause is named 'VTD:nowhere' \[E-DESIGN-STEP\]/],
]

describe('bad input', () => {
  it.each(cases)('%s', async (line, says) => {
    const { code, out, err } = await run(line.replaceAll('DIR', dir))
    expect(err).toMatch(says)
    expect(err).toMatch(/ \[E-[A-Z-]+\]\n {2}→ .+\n$/s)
    expect(err).not.toMatch(/\n\s+at /)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })
  it.each(failing)('a step that fails: check %s', async (module, says) => {
    const { code, out, err } = await run(`check ${file(module)} --scope mapping,permissions`)
    expect(err).toMatch(says)
    expect(err.match(/\[E-/g)).toHaveLength(1)
    expect(err).not.toMatch(/\n\s+at /)
    expect(code).toBe(2)
    expect(out).toMatch(/\[E-DESIGN-STEP\]\s+→ [^]*in mapping, permissions\n[^]*✗ usage/)
    expect(out).not.toMatch(/no claim was judged|holds/)
  })
  it('bounds that a scope makes no sense with end that scope', async () => {
    const { code, out, err } = await run('check ring0-strict@vtd --scope mapping,permissions --bounds callers=2')
    expect(err).toMatch(/^--bounds, scope permissions: callers=2 is more than cpus=1 \[E-BOUNDS\]\n {2}→ .+\n$/)
    expect([code, out]).toEqual([2, expect.stringMatching(/6,558 states[^]*✗ usage/)])
  })
})

describe('what a terminal would obey', () => {
  const hostile = 'a\u001b[2J\u009b\u202e\u2066\u200f\u2028\nb'
  const obeyed = /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u
  const known = readFileSync('traces/known/no-dma-escape-no-iommu-5fc6.json')
  it('is in no message, whatever a file, its name or the command line holds, and messages stay short', async () => {
    writeFileSync(file('hostile.json'), trace({ specHash: hostile.repeat(100_000) }))
    writeFileSync(file(`${hostile}.json`), '')
    writeFileSync(file('policy-hostile.json'), JSON.stringify({ format: hostile }))
    writeFileSync(file('dump-hostile'), `${JSON.stringify({ pages: hostile.repeat(100_000) })}\n`)
    for (const args of [['replay', file('hostile.json')], ['replay', file(`${hostile}.json`)],
      ['audit', file('dump-hostile')],
      ['audit', 'traces/linux/vtd-strict.tables.json-pages.gz', '--policy', file('policy-hostile.json')],
      ['check', `--${hostile}`], ['check', hostile], ['cost', '--profile', hostile]]) {
      const { code, err } = await run(args)
      expect(err).toMatch(/a\?\[2J|a\\u001b/)
      expect(err).not.toMatch(obeyed)
      expect(err.split('\n')).toHaveLength(3)
      expect(err.length).toBeLessThan(7000)
      expect(code).toBe(2)
    }
  })
  it('is not in a report either', async () => {
    mkdirSync(file('traces/regressions'), { recursive: true })
    writeFileSync(file(`traces/regressions/${hostile}.json`), known)
    const replayed = await run(['replay', 'traces/regressions', '--expect', 'holds'], { cwd: dir })
    const checked = await run('check no-iommu --bounds frames=1,iovas=1 --property no-dma-escape', { cwd: dir })
    for (const { out } of [replayed, checked]) {
      expect(out).toContain('a?[2J????  b.json')
      expect(out).not.toMatch(obeyed)
    }
  })
})

describe('a mistake of ours', () => {
  const onWrite = (): void => { throw new RangeError('frame 99 is nowhere') }
  it('is told as one, with what to report, and no stack', async () => {
    const { code, err } = await run('list', { onWrite })
    expect(err)
      .toMatch(inSequence(/^remapcheck \S+ has a bug: RangeError: frame 99 is nowhere\n/,
        / {2}please report it with this text and the command: remapcheck list\n/))
    expect(err).not.toMatch(/\n\s+at /)
    expect(code).toBe(70)
  })
  it('keeps the steps that lead there in a folder of its own, whatever lies in the temporary one', async () => {
    const temporary = file('temporary')
    mkdirSync(temporary)
    writeFileSync(file('mine'), 'mine')
    symlinkSync(file('mine'), join(temporary, `remapcheck-bug-${process.pid}.json`))
    vi.stubEnv('TMPDIR', temporary)
    const { err } = await run('list', { onWrite: () => {
      throw Object.assign(new ModelError('frame 99 is nowhere'), { trace: [{ action: 'map', args: {} }] })
    } })
    vi.unstubAllEnvs()
    const kept = /the steps that lead there are in (\S+)\n/.exec(err)![1]!
    expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({ argv: ['list'], ops: [{ action: 'map', args: {} }] })
    expect(dirname(dirname(kept))).toBe(temporary)
    expect(readFileSync(file('mine'), 'utf8')).toBe('mine')
  })
  it('shows its stack when asked', async () => {
    expect((await run('list', { onWrite, env: { REMAPCHECK_DEBUG: '1' } })).err).toMatch(/\n\s+at /)
  })
})
