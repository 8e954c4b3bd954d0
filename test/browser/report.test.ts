/** Report pages in a browser: opened from the file system, without network, with keyboard alone. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTrace } from '../../src/trace/store.ts'
import { run } from '../cli/run.ts'
import { barriers, chromium, countDrawn, expectFits, launch, longTrace, open, phone, wide } from './support.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-pages-'))
let browser: Browser
beforeAll(async () => { if (chromium !== null) browser = await launch() })
afterAll(async () => {
  await browser?.close()
  rmSync(dir, { recursive: true, force: true })
})
const urlOf = (folder: string, name = 'index.html'): string => pathToFileURL(join(dir, folder, name)).href
const limit_bytes = 2_000_000

/** A command for each kind of page, and its exit code. */
const kinds: Readonly<Record<string, readonly [line: string, exit: number]>> = {
  check: ['check ring0-deferred-early --iommu vtd --scope mapping', 0],
  designs: ['check no-iommu ring0-deferred-early --scope mapping --property no-dma-escape --iommu vtd', 0],
  ablate: ['ablate ring0-strict --call unmap --scope mapping --hardware standard --states 20000', 0],
  cost: ['cost', 0],
  compare: ['compare no-iommu polling-longlived', 0],
  throughput: ['cost --throughput no-iommu ring0-strict', 0],
  validate: ['validate traces/linux/vtd-strict-timed.trace.log.gz '
    + '--ftrace traces/linux/vtd-strict-timed.ftrace.txt.gz', 0],
  audit: ['audit traces/linux/vtd-sm.tables.json-pages.gz', 0],
  diagnose: ['diagnose test/real-machines/cases/15-xen-vtd-rmrr.txt', 1],
  timed: ['cost --timed no-iommu ring0-strict --steps 5000', 0],
  explain: ['cost --explain unmap ring0-strict ring0-deferred', 0],
  worst: ['cost --worst no-iommu', 0],
  compose: ['cost compose test/cli/fixtures/counts.json', 0],
  findings: ['audit traces/linux/vtd-sm.tables.json-pages.gz --diff traces/linux/vtd-strict.tables.json-pages.gz', 5],
  replay: ['replay traces/known/edges-are-served-*.json traces/known/no-lost-edge-*.json', 0],
}

describe.skipIf(chromium === null)('a report page', () => {
  beforeAll(async () => {
    for (const [folder, [line, exit]] of Object.entries(kinds)) {
      const { code, err } = await run(`${line} --report ${join(dir, folder)}`)
      if (code !== exit) throw new Error(`${line} ended with ${code}: ${err}`)
    }
  })

  it.each(Object.keys(kinds))('of %s opens alone, fits, and has no barrier in either theme', async folder => {
    for (const name of readdirSync(join(dir, folder)))
      expect(statSync(join(dir, folder, name)).size).toBeLessThan(limit_bytes)
    for (const [colorScheme, viewport] of [['light', wide], ['dark', phone]] as const) {
      const { page, complaints } = await open(browser, urlOf(folder), { colorScheme, viewport })
      expect(await page.locator('h1').count()).toBe(1)
      expect(await barriers(page)).toEqual([])
      await expectFits(page)
      expect(complaints).toEqual([])
      await page.context().close()
    }
  })

  it('steps through a trace by keyboard, and shows what each step changes', async () => {
    const { page } = await open(browser, urlOf('check'))
    const current = page.locator('[aria-current="step"]'), changed = page.locator('.state .new')
    expect(await current.textContent()).toContain('dma.land')
    expect(await page.locator('.broken').first().textContent()).toContain('which no driver owns')
    for (let step = 9; step > 5; step--) await page.keyboard.press('ArrowLeft')
    expect(await current.textContent()).toContain('iommu.cacheTranslation device0 iova0')
    expect(await page.locator('.detail').textContent()).toContain('VTD:6/iotlb')
    expect(await changed.allTextContents()).toEqual([' domain0, frame0, write'])
    await page.keyboard.press('ArrowRight')
    expect(await current.textContent()).toContain('unmap cpu0')
    expect(page.url()).toMatch(/#no-dma-escape-ring0-deferred-early\/6$/)
    await page.keyboard.press('Home')
    expect(await current.count()).toBe(0)
    expect(await changed.count()).toBe(0)
    await page.keyboard.press('End')
    expect(await current.textContent()).toContain('violates no-dma-escape')
    await page.context().close()
  })

  it('opens at the step that its address names, and changes to another trace', async () => {
    const { page } = await open(browser, `${urlOf('check')}#no-access-after-unmap-ring0-deferred-early/8`)
    expect(await page.locator('[aria-current="step"]').textContent()).toContain('unmap/deferInvalidation')
    await page.getByRole('button', { name: 'no-dma-escape' }).first().click()
    expect(await page.locator('.trace').getAttribute('aria-label')).toBe('no-dma-escape of ring0-deferred-early')
    await page.context().close()
  })

  it('explains a term where it stands', async () => {
    const { page } = await open(browser, urlOf('check'))
    const tip = page.locator('#tip')
    expect(await tip.isVisible()).toBe(false)
    await page.locator('.because .term').first().focus()
    expect(await tip.textContent()).toMatch(/page tables that one or more devices share|one page of memory/)
    await page.keyboard.press('Escape')
    expect(await tip.isVisible()).toBe(false)
    await page.context().close()
  })

  it('keeps the colours that the reader chose', async () => {
    const { page } = await open(browser, urlOf('check'), { colorScheme: 'light' })
    const paper = (): Promise<unknown> => page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    const before = await paper()
    await page.getByText('dark', { exact: true }).click()
    // The page paints after the click has returned.
    await page.waitForFunction(`getComputedStyle(document.documentElement).backgroundColor !== '${String(before)}'`)
    expect(await paper()).not.toBe(before)
    await page.context().close()
  })

  it('leads from the table of designs to the page of each', async () => {
    const { page, complaints } = await open(browser, urlOf('designs'))
    await page.getByRole('link', { name: 'ring0-deferred-early' }).click()
    expect(await page.locator('h1').textContent()).toBe('ring0-deferred-early')
    expect(await page.locator('.steps > li').count()).toBe(9)
    await page.getByRole('link', { name: 'overview' }).click()
    expect(await page.locator('.matrix tbody tr').count()).toBe(2)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('shows why a step is needed, and the way there', async () => {
    const { page } = await open(browser, urlOf('ablate'))
    await page.getByRole('button', { name: 'see how without invalidatePage' }).first().click()
    expect(await page.locator('.reason').textContent()).toMatch(/Without invalidatePage, on standard, no-dma-escape is/)
    expect(await page.locator('.reason .steps > li.violates').count()).toBe(1)
    await page.context().close()
  })

  it('shows a bar for each cost, with its value in words', async () => {
    const { page } = await open(browser, urlOf('cost'))
    const unmap = page.locator('section', { has: page.getByRole('heading', { name: /^unmap / }) })
    expect(await unmap.locator('.bar').first().getAttribute('aria-label')).toMatch(/^\d+ cycles, from \d+ to/)
    await page.context().close()
  })

  it('shows the figures of the other forms of cost, each beside its plot', async () => {
    const { page } = await open(browser, urlOf('timed'))
    const unmap = page.locator('section', { has: page.getByRole('heading', { name: /^unmap / }) })
    expect(await unmap.locator('.designs b').allTextContents()).toEqual(['no-iommu', 'ring0-strict'])
    const figures = await unmap.locator('.value').last().locator('span').allTextContents()
    expect(figures.join(', ')).toMatch(/^median [\d,]+, p99 [\d,]+, most [\d,]+$/)
    expect(await unmap.locator('.bar').last().getAttribute('aria-label'))
      .toBe(`${figures.join(', ').replace('most', 'at most')} cycles`)
    await page.goto(urlOf('explain'))
    expect(await page.locator('.unit', { hasText: 'taken apart at ring0-strict' }).count()).toBe(1)
    const sources = page.locator('.derived').first().locator('tr:not(.unit) td:last-child', { hasText: 'verified' })
    expect(await sources.first().textContent()).toContain('InstLatX64')
    await page.goto(urlOf('worst'))
    const named = page.getByRole('heading', { name: /^unmap called → unmap returned one/ })
    const wait = page.locator('section', { has: named })
    expect(await wait.locator('.extreme').allTextContents()).toEqual(['most 67 unmap 67', 'least 67 unmap 67'])
    await page.goto(urlOf('compose'))
    expect(await page.locator('.composed .bar').first().getAttribute('aria-label')).toMatch(/, measured \d/)
    await page.context().close()
  })

  it('leads from a ✗ of compare to the steps that break the claim', async () => {
    const { page } = await open(browser, urlOf('compare'))
    await page.getByRole('link', { name: 'interrupts is broken: no-forged-interrupt' }).click()
    expect(await page.locator('.trace').getAttribute('aria-label')).toBe('no-forged-interrupt of no-iommu')
    expect(await page.locator('.steps > li.violates').count()).toBe(1)
    await page.context().close()
  })

  it('keeps the names of a matrix in sight on a phone, and says that it scrolls', async () => {
    const { page } = await open(browser, urlOf('ablate'), { viewport: phone })
    await page.locator('.hint').waitFor()
    const corner = page.locator('.matrix th').first(), name = page.locator('.matrix tbody th').first()
    const cell = page.locator('.matrix tbody td').first(), left = [corner, name, cell].map(one => one.boundingBox())
    await page.locator('.scroll').evaluate(box => { box.scrollLeft = 100 })
    const moved = await Promise.all([corner, name, cell].map(async (one, i) =>
      (await one.boundingBox())!.x - (await left[i]!)!.x))
    expect(moved).toEqual([0, 0, expect.any(Number)])
    expect(moved[2]).toBeLessThan(0)
    await page.context().close()
  })

  it('is printed with all its steps, light, and without what is pressed', async () => {
    const { page } = await open(browser, urlOf('check'), { colorScheme: 'dark' })
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('.steering').isVisible()).toBe(false)
    expect(await page.locator('.steps > li').last().isVisible()).toBe(true)
    expect(await page.evaluate('getComputedStyle(document.documentElement).colorScheme')).toBe('light')
    await page.context().close()
  })

  it('names of traces, steps and claims are text, whatever they hold', async () => {
    const trace = loadTrace('traces/known/no-dma-escape-ring0-deferred-early-cb38.json')
    const hostile = '</script><script>document.title="taken"</script><img src=x onerror="document.title=1">'
    const file = join(dir, 'hostile.json')
    writeFileSync(file, JSON.stringify({ ...trace, note: hostile,
      ops: [...trace.ops, { action: hostile, args: { [hostile]: hostile } }] }))
    await run(['replay', file, '--report', join(dir, 'hostile')])
    const { page, complaints } = await open(browser, urlOf('hostile'))
    expect(await page.title()).toMatch(/^ring0-deferred-early/)
    expect(await page.locator('.verdict').textContent()).toContain(hostile)
    expect(await page.locator('.steps > li').last().textContent()).toContain(hostile)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('has room for a thousand steps, and draws anew only the rows that change', async () => {
    const file = longTrace(dir)
    await run(['replay', file, '--report', join(dir, 'long')])
    expect(statSync(join(dir, 'long', 'index.html')).size).toBeLessThan(limit_bytes)
    const { page } = await open(browser, urlOf('long'))
    expect(await page.locator('.steps > li').count()).toBe(1000)
    await countDrawn(page)
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    expect(await page.locator('[aria-current="step"] .number').textContent()).toBe('998')
    expect(await page.evaluate('window.drawn')).toBeLessThan(20)
    await page.context().close()
  })
})
