/** A Chromium that the tests drive, and what they demand of every page. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium as driver } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'

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

/** A page is as wide as its window, in both themes and at both widths. */
export async function expectFits(page: Page): Promise<void> {
  for (const size of [wide, phone]) {
    await page.setViewportSize(size)
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
  }
  await page.setViewportSize(wide)
}
