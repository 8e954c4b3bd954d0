/** Traces as diagrams and as Markdown: what others draw of them, whatever names hold. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadTrace } from '../../src/trace/store.ts'
import { run } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-diagrams-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
const stale = 'traces/known/no-dma-escape-ring0-deferred-early-cb38.json'
const hostile = 'end; "a" <b> -->> x: y #quot; %% {z} \\ \' | `c` é'
const file = join(dir, 'hostile.json')
const trace = loadTrace(stale)
writeFileSync(file,
  JSON.stringify({ ...trace, ops: [...trace.ops, { action: hostile, args: { [hostile]: hostile } }] }))
const outOf = async (line: readonly string[]): Promise<string> => (await run(['replay', ...line])).out

describe('--mermaid', () => {
  it('is a message for each step, from who takes it to what it changes', async () => {
    const lines = (await outOf([stale, '--mermaid'])).trimEnd().split('\n').map(line => line.trim())
    expect(lines[0]).toBe('sequenceDiagram')
    expect(lines.filter(line => /^L\d->>L\d: \d\. \S/.test(line))).toHaveLength(trace.ops.length)
    expect(lines).toContain('L0->>L2: 2. map/storePte cpu0')
    expect(lines.at(-1)).toBe('Note over L4: violates no-dma-escape')
  })
  it('has nothing in a name that Mermaid would obey', async () => {
    const last = (await outOf([file, '--mermaid'])).trimEnd().split('\n').filter(line => line.includes(': 10. '))
    // Of its own signs, entities are left: `#` and `;` around a number.
    expect(last.map(line => line.replace(/^.*?: /, '').replace(/#\d+;/g, ''))).toEqual([
      expect.stringMatching(/^[\w\s.,/()[\]{}=+!?'-]+$/)])
  })
})
describe('--dot', () => {
  it('is a box for each step, in the order of the trace', async () => {
    const out = await outOf([stale, '--dot'])
    expect(out.match(/^ {4}s\d \[label=/gm)).toHaveLength(trace.ops.length)
    expect(out).toContain('s0 -> s1 -> s2')
    expect(out).toMatch(/s8 \[label=.*violates no-dma-escape.*color=red/)
  })
  it('has every quote and backslash of a name escaped', async () => {
    const box = (await outOf([file, '--dot'])).split('\n').find(line => line.includes('10. '))!
    expect(box.replace(/\\./g, '').match(/"/g)).toHaveLength(2)
  })
})
describe('--markdown', () => {
  it('is a table of the steps, with the diagram', async () => {
    const out = await outOf([stale, '--markdown'])
    expect(out).toBe(await outOf([stale, '--reporter', 'markdown']))
    expect(out.match(/^\| \d+ \| \w+ \| <code>/gm)).toHaveLength(trace.ops.length)
    expect(out).toContain('**violates no-dma-escape**')
    expect(out).toContain('```mermaid\nsequenceDiagram')
  })
  it('holds a hostile name in one cell', async () => {
    const row = (await outOf([file, '--markdown'])).split('\n').find(line => line.startsWith('| 10 |'))!
    expect(row.replaceAll('\\|', '').split('|')).toHaveLength(6)
    expect(row.match(/<(?!\/?(?:code|br)>)/g)).toBe(null)
  })
})
it.each([
  [['--mermaid', '--dot'], /^--mermaid: cannot be combined with --dot/],
  [['--markdown', '--json'], /^--json: cannot be combined with --markdown/],
  [['--markdown', '--reporter', 'text'], /^--markdown: cannot be combined with --reporter/],
  [['--on', 'qemu', '--dot'], /^--on: cannot be combined with --dot/],
])('%j is refused', async (flags, says) => {
  const { code, err } = await run(['replay', stale, ...flags])
  expect(code).toBe(2)
  expect(err).toMatch(says)
})
