/** `explore` without a browser: what its server answers, and whom. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExploreStart, Question, Saved, Searched, Walked } from '../../src/page/live.ts'
import { loadTrace } from '../../src/trace/store.ts'
import { run } from './run.ts'
import type { Ran } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-explore-'))
const end = new AbortController()
let url: URL, ended: Promise<Ran>
beforeAll(async () => {
  url = await new Promise(settle => {
    ended = run('explore ring0-deferred-early', { cwd: dir, signal: end.signal, onWrite: text => {
      settle(new URL(text.trim()))
    } })
  })
})
afterAll(async () => {
  end.abort()
  await ended
  rmSync(dir, { recursive: true, force: true })
})

interface Sent { readonly method?: string; readonly path?: string; readonly headers?: Record<string, string>
  readonly body?: string }
async function send({ method = 'POST', path = `${url.pathname}api`, headers = {}, body = '' }: Sent): Promise<{
  status: number; text: string; headers: IncomingMessage['headers'] }> {
  const asked = request({ host: url.hostname, port: url.port, method, path,
    headers: { 'content-type': 'application/json', ...headers } })
  asked.end(body)
  const [response] = await once(asked, 'response') as [IncomingMessage]
  let text = ''
  for await (const part of response) text += String(part)
  return { status: response.statusCode!, text, headers: response.headers }
}
const ask = async <T>(question: Question | object): Promise<T> =>
  JSON.parse((await send({ body: JSON.stringify(question) })).text) as T

const ground = { design: 'ring0-deferred-early', bounds: '' }
const stale = loadTrace('traces/known/no-dma-escape-ring0-deferred-early-cb38.json')

describe('the server', () => {
  it('gives its page to whoever has the address, and nothing may keep it', async () => {
    const { status, text, headers } = await send({ method: 'GET', path: url.pathname })
    expect({ status, frames: headers['x-frame-options'], kept: headers['cache-control'] })
      .toEqual({ status: 200, frames: 'DENY', kept: 'no-store' })
    expect(text).toContain("connect-src 'self'")
  })
  it.each([
    ['the name of another host', { headers: { host: 'evil.example' } }, 403],
    ['its own address under another port', { headers: { host: '127.0.0.1:1' } }, 403],
    ['the page of another site', { headers: { origin: 'http://evil.example' } }, 403],
    ['a page without a site', { headers: { origin: 'null' } }, 403],
    ['another site, as the browser says', { headers: { 'sec-fetch-site': 'cross-site' } }, 403],
    ['an address without the token', { path: '/api' }, 404],
    ['a token of another length', { path: '/0/api' }, 404],
    ['another token', { path: `/${'0'.repeat(32)}/api` }, 404],
    ['a page that there is not', { method: 'GET', path: 'x' }, 404],
    ['a question that is not posted', { method: 'GET' }, 405],
    ['a form, which any page can send', { headers: { 'content-type': 'text/plain' } }, 415],
    ['what is no JSON', { body: '{' }, 400],
    ['more than any way needs', { body: ' '.repeat(5_000_000) }, 413],
  ])('refuses %s', async (_, sent: Sent, status) => {
    const path = sent.path === 'x' ? `${url.pathname}x` : sent.path
    expect((await send({ ...sent, ...path === undefined ? {} : { path } })).status).toBe(status)
  })
  it.each([
    ['no question', {}], ['an unknown one', { ask: 'shell', ground }],
    ['an unknown field', { ask: 'start', ground, more: 1 }],
    ['too many states', { ask: 'search', ground, way: [], states: 1e12 }],
    ['a design that there is not', { ask: 'start', ground: { design: 'nope', bounds: '' } }],
    ['bounds that are none', { ask: 'start', ground: { ...ground, bounds: 'cpus=99' } }],
    ['capabilities of another IOMMU', { ask: 'start', ground: { ...ground, bounds: 'xt=0' } }],
    ['nothing to save', { ask: 'save', ground, way: [] }],
  ])('answers %s with what is wrong', async (_, question) => {
    expect(await ask<{ error: string }>(question)).toEqual({ error: expect.stringMatching(/^(?!a bug)./) as string })
  })
})

describe('a walk', () => {
  it('goes on step by step; an op that is not allowed is refused and changes nothing', async () => {
    const { trace, known } = await ask<ExploreStart>({ ask: 'start', ground })
    expect(trace.lanes.map(({ id }) => id)).toEqual(['cpu0', 'cpu1', 'kernel', 'memory', 'iommu', 'device', 'ledger'])
    expect(known.map(({ name }) => name)).toContain('no-dma-escape')
    const all = await ask<Walked>({ ask: 'walk', ground, way: stale.ops, from: 0 })
    expect(all.steps.map(({ action }) => action)).toEqual(stale.ops.map(({ action }) => action))
    expect(all.steps.at(-1)!.violates.map(({ property }) => property)).toEqual(['no-dma-escape'])
    const rest = await ask<Walked>({ ask: 'walk', ground, way: stale.ops, from: 8 })
    expect(rest).toEqual({ ...all, steps: all.steps.slice(8) })
    const refused = await ask<Walked>({ ask: 'walk', ground, way: stale.ops.slice(8), from: 0 })
    expect(refused.steps[0]).toMatchObject({ refused: 'guard is false', changes: [], cells: [] })
  })
  it('offers what is enabled, and says which choice violates a claim', async () => {
    const { choices } = await ask<Walked>({ ask: 'walk', ground, way: stale.ops.slice(0, 8), from: 8 })
    expect(choices.filter(({ breaks }) => breaks.length > 0).map(({ action, args, breaks }) => [action, args, breaks]))
      .toEqual([['dma.land', 'device0', ['no-dma-escape']]])
    for (const { op } of choices) {
      const { steps } = await ask<Walked>({ ask: 'walk', ground, way: [...stale.ops.slice(0, 8), op], from: 8 })
      expect(steps[0]!.refused).toBe(null)
    }
  })
  it('is searched from where it stands', async () => {
    const at = (n: number, states: number): Question =>
      ({ ask: 'search', ground, way: stale.ops.slice(0, n), states })
    const { found } = await ask<Searched>(at(7, 1000))
    expect(found[0]).toMatchObject({ property: 'no-dma-escape', way: stale.ops.slice(7).map(op =>
      ({ ...op, args: expect.anything() as object })) })
    expect(await ask<Searched>(at(0, 10))).toMatchObject({ complete: false, found: [] })
  })
  it('that cannot go wrong is known to be so', async () => {
    const strict = { design: 'ring0-strict', bounds: 'frames=1,iovas=1' }
    expect(await ask<Searched>({ ask: 'search', ground: strict, way: [], states: 100_000 }))
      .toMatchObject({ complete: true, found: [] })
  })
  it('is saved as a trace that replays', async () => {
    const { path, command } = await ask<Saved>({ ask: 'save', ground, way: stale.ops })
    expect(command).toBe(`npx remapcheck replay ${path}`)
    expect(readdirSync(join(dir, 'traces/explored'))).toHaveLength(1)
    expect((await run(['replay', path], { cwd: dir })).code).toBe(0)
  })
})

describe('the command', () => {
  it('says that the port is busy', async () => {
    const { code, err } = await run(`explore --port ${url.port}`)
    expect({ code, err }).toEqual({ code: 2, err: `--port ${url.port}: another program uses this port [E-PORT]\n`
      + '  → leave --port out: a free one is taken\n' })
  })
  it.each([
    ['nope', /no built-in design has this name/], ['ring0-strict ring0-deferred', /takes one design or trace/],
    ['ring0-strict --scope nope', /has no scope named 'nope'/], ['ring0-strict --port 0', /not a whole number from 1/],
    ['ring0-strict --scope mapping --bounds cpus=1', /cannot be combined/], ['gone.json', /no such file/],
    ['ring0-strict --design ./x.mjs', /is for traces/],
  ])('%s is refused', async (line, says) => {
    const { code, err } = await run(`explore ${line}`)
    expect(code).toBe(2)
    expect(err).toMatch(says)
  })
  it('says on the page and in the terminal that a trace no longer fits, and ends with exit code 5', async () => {
    const stop = new AbortController(), file = join(dir, 'stale.json')
    writeFileSync(file, JSON.stringify({ ...stale, ops: stale.ops.toSpliced(3, 1) }))
    let page = ''
    const { code, err } = await run(['explore', file], { signal: stop.signal,
      onWrite: text => { void fetch(text.trim()).then(async response => {
        page = await response.text()
        stop.abort()
      }) } })
    const notes = ['no step of it shows now what it was saved for: the machine, or the claim, has changed',
      'not allowed here any more, and so without effect: 3 steps']
    expect({ code, err }).toEqual({ code: 5, err: `${notes.map(note => `${file}: ${note}\n`).join('')}`
      + 'open this address in a browser; Ctrl-C ends it\n' })
    expect(page).toContain(`"notes":${JSON.stringify(notes)}`)
    expect(page).not.toContain(dir)
  })
  it('begins with the steps of a trace, and ends by Ctrl-C', async () => {
    const stop = new AbortController()
    let page = ''
    const { code } = await run('explore traces/known/no-dma-escape-no-iommu-5fc6.json', { signal: stop.signal,
      onWrite: text => { void fetch(text.trim()).then(async response => {
        page = await response.text()
        stop.abort()
      }) } })
    expect(code).toBe(0)
    expect(page).toContain('"way":[{"action"')
  })
})
