/** A Chromium that the tests drive, and what they demand of every page. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { chromium as driver } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { boundsOf, changesOf } from '../../src/check/bounds-text.ts'
import { machineOf } from '../../src/check/subject.ts'
import { walkedByHand } from '../../src/check/walk.ts'
import { isEnabled, step } from '../../src/model/index.ts'
import type { Op } from '../../src/model/index.ts'
import { formatTrace, makeTrace } from '../../src/trace/format.ts'
import { designNamed } from '../../spec/designs.ts'

/** Its path; null where there is none. */
export const chromium: string | null = process.env['REMAPCHECK_CHROMIUM'] ?? (process.env['PATH'] ?? '')
  .split(delimiter).flatMap(folder => ['chromium', 'chromium-browser', 'google-chrome']
  .map(name => join(folder, name))).find(existsSync) ?? null

/** Without a sandbox of its own, which root and most containers cannot give it; the pages are the project's. */
export const launch = (): Promise<Browser> => driver.launch({ executablePath: chromium!, args: ['--no-sandbox'] })

export const wide = { width: 1440, height: 1000 }, phone = { width: 390, height: 844 }

export interface Opened {
  readonly page: Page
  /** What the console has said, scripts have thrown, or the page has asked of the network. */
  readonly complaints: readonly string[]
}
/** A page of its own context. */
export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: wide, ...options })
  const page = await context.newPage(), complaints: string[] = []
  page.setDefaultTimeout(0) // one that hangs is a test that hangs
  page.on('console', message => { if (message.type() !== 'log') complaints.push(message.text()) })
  page.on('pageerror', error => { complaints.push(error.message) })
  page.on('request', request => {
    const at = new URL(request.url())
    if (at.protocol !== new URL(url).protocol || at.host !== new URL(url).host) complaints.push(request.url())
  })
  await page.goto(url)
  return { page, complaints }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
interface Axe { readonly run: () => Promise<{ readonly violations: readonly { readonly id: string
  readonly impact: string; readonly nodes: readonly { readonly target: unknown }[] }[] }> }
/** Whatever axe finds, serious or not: rule and place. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { readonly axe: Axe }).axe.run()
    return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ target }) =>
      `${impact} ${id}: ${String(target)}`))
  })
}

/** A trace of a thousand steps, all of them allowed, in a file: each is another of those that can be taken. */
export function longTrace(folder: string): string {
  const b = boundsOf('frames=1,iovas=1'), machine = machineOf({ design: designNamed('ring0-strict')!, path: null }, b)
  const ops: Op[] = [], file = join(folder, 'long.json')
  for (let world = machine.initialWorld; ops.length < 1000;) {
    const enabled = machine.instances.filter(instance => isEnabled(machine, world, instance))
    const { op } = enabled[7 * ops.length % enabled.length]!
    world = step(machine, world, op).world
    ops.push(op)
  }
  writeFileSync(file, formatTrace(makeTrace(machine, { design: 'ring0-strict', bounds: changesOf(b), ops,
    property: 'no-dma-escape', because: walkedByHand, found: { driver: 'hand', shortest: false } })))
  return file
}
/** Changes of the rows from now on: a row that was not drawn anew has none. */
export const countDrawn = (page: Page): Promise<unknown> => page.evaluate(`window.drawn = 0
  new MutationObserver(found => { window.drawn += found.length })
    .observe(document.querySelector('.steps'), { subtree: true, childList: true, attributes: true })`)

/** A page is as wide as its window, in both themes and at both widths. */
export async function expectFits(page: Page): Promise<void> {
  for (const size of [wide, phone]) {
    await page.setViewportSize(size)
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
  }
  await page.setViewportSize(wide)
}
