/** The explorer in a browser: a person walks into a known violation, asks, goes back, saves. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadTrace } from '../../src/trace/store.ts'
import { run } from '../cli/run.ts'
import type { Ran } from '../cli/run.ts'
import { barriers, chromium, countDrawn, expectFits, launch, longTrace, open, phone } from './support.ts'
import type { Opened } from './support.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-explored-'))
const end = new AbortController()
let browser: Browser, url: string, ended: Promise<Ran>
beforeAll(async () => {
  if (chromium === null) return
  browser = await launch()
  url = await new Promise(settle => {
    ended = run('explore ring0-deferred-early', { cwd: dir, signal: end.signal,
      onWrite: text => { settle(text.trim()) } })
  })
})
afterAll(async () => {
  await browser?.close()
  end.abort()
  await ended
  rmSync(dir, { recursive: true, force: true })
})

describe.skipIf(chromium === null)('the explorer', () => {
  let opened: Opened, page: Page
  beforeEach(async () => {
    opened = await open(browser, url)
    ;({ page } = opened)
    await page.locator('.choices[aria-busy="false"]').waitFor()
    return async () => { await page.context().close() }
  })
  const steps = (): Promise<number> => page.locator('.steps > li').count()
  const said = (): Promise<string | null> => page.locator('.verdict').textContent()
  const step = async (name: string, number: number): Promise<void> => {
    await page.getByRole('button', { name }).click()
    await page.locator(`.steps > li:nth-child(${number}).current`).waitFor()
    await page.locator('.choices[aria-busy="false"]').waitFor()
  }
  const toStale = ['map cpu0 domain0 iova0 frame0 write', 'map/storePte cpu0', 'map/returnToDriver cpu0',
    'iommu.cacheContext device0', 'iommu.cacheTranslation device0 iova0', 'unmap cpu0 domain0 iova0',
    'unmap/freeFrame cpu0', 'dma.issue device0 iova0 !write', 'dma.land device0']

  it('is walked by hand to the stale access, and back', async () => {
    for (const [i, name] of toStale.entries()) {
      expect(await said()).toContain(i === 0 ? 'Nothing has happened yet' : 'So far every claim holds')
      if (i === 8) expect(await page.locator('.breaks').textContent()).toMatch(/dma.land device0.* no-dma-escape$/)
      await step(name, i + 1)
    }
    expect(await said()).toContain('Device 0, of domain 0, read frame 0, which no driver owns.')
    expect(await page.locator('.steps > li.violates').textContent()).toContain('landed device0 iova0 frame0 !write')
    await page.keyboard.press('ArrowLeft')
    await page.locator('.steps > li:nth-child(8).current').waitFor()
    expect(await said()).toContain('So far every claim holds')
    expect(await page.locator('.place', { hasText: 'ledger' }).last().textContent()).toContain('owner')
    expect(opened.complaints).toEqual([])
  })

  it('says whether it can go wrong, and walks there', async () => {
    await page.getByRole('button', { name: 'Can this go wrong from here?' }).click()
    await page.getByText('9 more steps').waitFor()
    await page.getByRole('button', { name: 'walk there' }).first().click()
    await page.locator('.verdict.bad').waitFor()
    expect(await steps()).toBe(9)
    // Another choice on the way drops what came after.
    await page.locator('.steps > li:nth-child(3) .row').click()
    await page.locator('.choices[aria-busy="false"]').waitFor()
    await step('iommu.cacheContext device1', 4)
    expect(await steps()).toBe(4)
  })

  it('jumps into a known violation, keeps the place over a reload, and saves the way', async () => {
    await page.getByLabel('jump to a known violation').selectOption({ index: 1 })
    await page.locator('.verdict.bad').waitFor()
    const way = await page.locator('.steps').textContent()
    await page.reload()
    await page.locator('.verdict.bad').waitFor()
    expect(await page.locator('.steps').textContent()).toBe(way)
    await page.getByRole('button', { name: 'Save this way as a trace' }).click()
    await page.getByText('npx remapcheck replay').waitFor()
    expect(readdirSync(join(dir, 'traces', 'explored'))).toHaveLength(1)
  })

  it('changes to another design and scope', async () => {
    await page.getByLabel('design').selectOption('ring0-strict')
    await page.getByText('Choose what happens first').waitFor()
    await page.getByLabel('scope').selectOption({ label: 'interrupts' })
    await page.getByRole('button', { name: 'device.raise source0' }).waitFor()
    await page.keyboard.press('1')
    await page.locator('.steps > li.current').waitFor()
    expect(opened.complaints).toEqual([])
  })

  it('says first of all that a trace no longer fits', async () => {
    const stop = new AbortController(), file = join(dir, 'stale.json')
    const trace = loadTrace('traces/known/no-dma-escape-ring0-deferred-early-cb38.json')
    writeFileSync(file, JSON.stringify({ ...trace, ops: trace.ops.toSpliced(3, 1) }))
    let after: Promise<Ran> | undefined
    const address = await new Promise<string>(settle => {
      after = run(['explore', file], { cwd: dir, signal: stop.signal, onWrite: text => { settle(text.trim()) } })
    })
    const { page: stale } = await open(browser, address)
    await stale.locator('.choices[aria-busy="false"]').waitFor()
    expect(await stale.locator('.notes').textContent()).toMatch(/no longer fits.*without effect: 3 steps$/)
    expect(await stale.evaluate('scrollY')).toBe(0)
    await stale.getByLabel('scope').selectOption({ index: 1 })
    await stale.locator('.notes').waitFor({ state: 'detached' })
    stop.abort()
    await after
    await stale.context().close()
  })

  it('goes on from the thousandth step, and draws only the rows that change', async () => {
    const stop = new AbortController()
    let after: Promise<Ran> | undefined
    const address = await new Promise<string>(settle => {
      after = run(['explore', longTrace(dir)], { cwd: dir, signal: stop.signal,
        onWrite: text => { settle(text.trim()) } })
    })
    const { page: long } = await open(browser, address)
    await long.locator('.steps > li:nth-child(1000).current').waitFor()
    await long.locator('.choices[aria-busy="false"]').waitFor()
    expect(await long.locator('.steps > li.refused').count()).toBe(0)
    await countDrawn(long)
    await long.keyboard.press('1')
    await long.locator('.steps > li:nth-child(1001).current').waitFor()
    await long.keyboard.press('ArrowLeft')
    await long.locator('.steps > li:nth-child(1000).current').waitFor()
    expect(await long.evaluate('window.drawn')).toBeLessThan(30)
    stop.abort()
    await after
    await long.context().close()
  })

  it('fits a phone, and has no barrier in either theme', async () => {
    await page.getByLabel('jump to a known violation').selectOption({ index: 1 })
    await page.locator('.verdict.bad').waitFor()
    await page.locator('.choices[aria-busy="false"]').waitFor()
    await expectFits(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await barriers(page)).toEqual([])
    }
    await page.setViewportSize(phone)
    expect(await barriers(page)).toEqual([])
  })
})
