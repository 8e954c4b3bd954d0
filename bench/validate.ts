/** Lines a second of `validate` on the recorded boots, parsing and replay included, and the memory that ten million
 *  lines take; printed, not gated. Run: npx tsx bench/validate.ts */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { validateTrace } from '../src/logs/traced/index.ts'
import { validateLog } from '../src/logs/validate.ts'

const boots = new URL('../traces/linux/', import.meta.url).pathname
const best = 5

async function rate(label: string, log: string,
  beside: { readonly ftrace?: string; readonly tables?: string } = {}): Promise<void> {
  let least_ms = Infinity, lines = 0
  for (let run = 0; run < best; run++) {
    const start = performance.now()
    const report = await validateLog({ log, ...beside })
    least_ms = Math.min(least_ms, performance.now() - start)
    lines = report.log.lines + (report.kernel?.lines ?? 0)
  }
  const rss = Math.round(process.memoryUsage().rss / 2 ** 20)
  const perSecond = Math.round(lines / least_ms * 1000).toLocaleString('en-US')
  console.log([label.padEnd(40), `${lines} lines`.padStart(14), `${least_ms.toFixed(0)} ms`.padStart(8),
    `${perSecond} lines/s`.padStart(18), `rss ${rss} MB`.padStart(11)].join(' '))
}

for (const name of ['vtd-strict', 'vtd-strict-timed', 'vtd-lazy-timed']) {
  const log = join(boots, `${name}.trace.log.gz`), ftrace = join(boots, `${name}.ftrace.txt.gz`)
  await rate(name, log)
  await rate(`${name} with kernel log`, log, { ftrace })
}
await rate('vtd-strict with dump', join(boots, 'vtd-strict.trace.log.gz'),
  { tables: join(boots, 'vtd-strict.tables.json-pages.gz') })
const dir = mkdtempSync(join(tmpdir(), 'remapcheck-bench-'))
try {
  const long = join(dir, 'long.log')
  writeFileSync(long, gunzipSync(readFileSync(join(boots, 'vtd-strict-timed.trace.log.gz'))).toString('latin1')
    .repeat(20))
  await rate('vtd-strict-timed 20 times, plain', long)
} finally { rmSync(dir, { recursive: true, force: true }) }

/** The text again and again, as a stream that no file holds. */
function repeated(path: string, lines: number): { name: string; stream: Readable } {
  const text = gunzipSync(readFileSync(path)), each = text.toString('latin1').split('\n').length - 1
  function* all(): Generator<Buffer> { for (let given = 0; given < lines; given += each) yield text }
  return { name: path, stream: Readable.from(all()) }
}
const tenMillion = 10_000_000
/** The most that the process took, what came before included. */
async function memory(label: string, run: () => Promise<number>): Promise<void> {
  const lines = await run()
  const most = Math.round(process.resourceUsage().maxRSS / 1024)
  console.log(`${label.padEnd(40)} ${lines.toLocaleString('en-US')} lines, rss at most ${most} MB`)
}
await memory('a log of ten million lines', async () =>
  (await validateLog({ log: repeated(join(boots, 'vtd-strict-timed.trace.log.gz'), tenMillion) })).log.lines)
await memory("a kernel's trace of ten million lines", async () =>
  (await validateTrace({ log: repeated(join(boots, 'vtd-first-stage.ftrace.txt.gz'), tenMillion) })).trace.lines)
