/** A small HTTP server for this machine alone. Any page of any site can ask 127.0.0.1: so each request must name the
 *  host as we do, come from our own page or from no page, and know the token of the address. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { usage } from '../../errors.ts'

export interface Answer { readonly status: number; readonly type: 'text/html' | 'application/json' | 'text/plain'
  readonly text: string }
export interface Routes {
  /** The page. */
  readonly page: () => Promise<string>
  /** What was posted as JSON; `signal`: the asker has gone. */
  readonly ask: (question: unknown, signal: AbortSignal) => Promise<unknown>
}
export interface Serving { readonly url: string; readonly close: () => Promise<void> }

const host = '127.0.0.1'
const limit_bytes = 4 * 1024 * 1024

/** `port` 0: any that is free. @throws UserError E-PORT where it cannot be had. */
export async function serve(routes: Routes, port: number): Promise<Serving> {
  const token = randomBytes(16).toString('hex')
  const server = createServer((request, response) => {
    answerOf(request, response, routes, token, portOf(server)).then(answer => { send(response, answer) },
      () => { send(response, plain(500, 'the explorer failed')) })
  })
  server.listen({ port, host })
  try { await once(server, 'listening') } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const problem = code === 'EADDRINUSE' ? 'another program uses this port' : `cannot be listened on (${code})`
    throw usage(`--port ${port}`, problem, 'leave --port out: a free one is taken', 'PORT')
  }
  return { url: `http://${host}:${portOf(server)}/${token}/`, close: async () => {
    server.close()
    server.closeAllConnections()
    if (server.listening) await once(server, 'close')
  } }
}
const portOf = (server: Server): number => (server.address() as AddressInfo).port

async function answerOf(request: IncomingMessage, response: ServerResponse, routes: Routes, token: string,
  port: number): Promise<Answer> {
  const why = refusalOf(request, token, port)
  if (why !== null) return why
  const path = request.url!.slice(token.length + 1)
  if (path === '/' && request.method === 'GET') return { status: 200, type: 'text/html', text: await routes.page() }
  if (path !== '/api') return plain(404, 'no such page')
  if (request.method !== 'POST') return plain(405, 'questions are posted')
  if (request.headers['content-type'] !== 'application/json') return plain(415, 'questions are JSON')
  const text = await bodyOf(request)
  if (text === null) return plain(413, 'the question is too long')
  let question: unknown
  try { question = JSON.parse(text) } catch { return plain(400, 'the question is no JSON') }
  const gone = new AbortController()
  response.on('close', () => { gone.abort() })
  return { status: 200, type: 'application/json', text: JSON.stringify(await routes.ask(question, gone.signal)) }
}

/** Null where the request is one of our own page's, or of the user's who has its address. */
function refusalOf({ headers, url = '' }: IncomingMessage, token: string, port: number): Answer | null {
  const hosts = [`${host}:${port}`, `localhost:${port}`]
  if (!hosts.includes(headers.host ?? '')) return plain(403, 'asked under the name of another host')
  const { origin } = headers
  if (origin !== undefined && !hosts.some(one => origin === `http://${one}`))
    return plain(403, 'asked by the page of another site')
  if (headers['sec-fetch-site'] === 'cross-site') return plain(403, 'asked by the page of another site')
  const given = Buffer.from(/^\/([^/]*)/.exec(url)?.[1] ?? ''), known = Buffer.from(token)
  return given.length === known.length && timingSafeEqual(given, known) ? null
    : plain(404, 'the address lacks its token: take the one that the command printed')
}
const plain = (status: number, text: string): Answer => ({ status, type: 'text/plain', text: `${text}\n` })

/** Null where it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > limit_bytes) return null
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function send(response: ServerResponse, { status, type, text }: Answer): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin', 'x-frame-options': 'DENY',
    ...status === 413 ? { connection: 'close' } : {},
  })
  response.end(text)
}
