/** The audit of recorded boots against what the kernel itself said it mapped and unmapped. */
import { describe, expect, it } from 'vitest'
import type { AuditReport } from '../../src/audit/report.ts'
import { readKernelLog } from '../../src/logs/formats/kernel.ts'
import { auditBoot, codesOf } from './audit-support.ts'
import { ftraceOf } from './linux-support.ts'

/** By page, how many mappings maps minus unmaps leave (events name no device, and several domains use one page), and
 *  every frame it ever had. */
async function leftMapped(name: string) {
  const { events } = await readKernelLog(ftraceOf(name))
  const left = new Map<number, number>()
  const ever = new Map<number, Set<number>>()
  let maps = 0, unmaps = 0
  for (const event of events) {
    if (event.kind === 'map') maps++
    else unmaps++
    for (let page = event.page; page < event.end; page++) {
      left.set(page, (left.get(page) ?? 0) + (event.kind === 'map' ? 1 : -1))
      if (event.kind === 'map') ever.set(page, (ever.get(page) ?? new Set()).add(event.frame + page - event.page))
    }
  }
  return { left: [...left].flatMap(([page, count]) => Array.from({ length: Math.max(0, count) }, () => page))
    .sort((a, b) => a - b), ever, maps, unmaps,
  unknown: [...left.values()].filter(count => count < 0).length }
}

/** Pages of all spaces that are no identity map, with their frames. */
function pagesFound({ spaces }: AuditReport): { readonly page: number; readonly frame: number }[] {
  return spaces.flatMap(({ ranges }) =>
    [...ranges].filter(({ input, output }) => input !== output).flatMap(({ input, output, bytes }) =>
      Array.from({ length: bytes / 4096 }, (_, i) => ({ page: input / 4096 + i, frame: output / 4096 + i }))))
}

describe('the strict boot', () => {
  const report = auditBoot('strict')
  it('has nine devices in seven spaces, each with its leaf ranges', () => {
    expect(report.unit.mode).toBe('legacy')
    expect(report.devices.map(({ device, ways }) => [device, ...ways.map(({ domain, mode, levels, space }) =>
      `${domain} ${mode} ${levels}: ${report.spaces[space!]!.leaves!['4K']} in `
        + `${report.spaces[space!]!.ranges.length}`)])).toEqual([
      ['00:00.0', '2 second-stage 3: 0 in 0'], ['00:01.0', '3 second-stage 3: 0 in 0'],
      ['00:02.0', '4 second-stage 3: 45 in 31'],
      ['00:03.0', '5 second-stage 3: 4 in 4'], ['00:04.0', '6 second-stage 3: 0 in 0'],
      ['00:05.0', '7 second-stage 3: 0 in 0'],
      ['00:1f.0', '8 second-stage 3: 4096 in 1'], ['00:1f.2', '8 second-stage 3: 4096 in 1'],
      ['00:1f.3', '8 second-stage 3: 4096 in 1'],
    ])
    expect(report.spaces.every(({ sharesWith }) => sharesWith.length === 0)).toBe(true)
  })
  it('found = mapped minus unmapped: 49 pages, and besides them the 16 MB identity map of 00:1f', async () => {
    const { left, ever, maps, unmaps, unknown } = await leftMapped('vtd-strict')
    const found = pagesFound(report)
    expect({ maps, unmaps, unknown, left: left.length, found: found.length })
      .toEqual({ maps: 2275, unmaps: 1623, unknown: 0, left: 49, found: 49 })
    expect(found.map(({ page }) => page).sort((a, b) => a - b)).toEqual(left)
    expect(found.filter(({ page, frame }) => !ever.get(page)!.has(frame))).toEqual([])
    expect(report.spaces.at(-1)!.ranges.at(0))
      .toMatchObject({ input: 0, output: 0, bytes: 16 * 2 ** 20, leaves: [4096, 0, 0] })
  })
  it('remaps twelve interrupts, each with a source check', () => {
    const { entries, remapping, compatibility, size } = report.interrupts
    expect([remapping, compatibility, size]).toEqual([true, false, 65536])
    expect(entries.map(({ index, source, vector }) => `${index} ${source} ${vector}`)).toEqual([
      '0 ff:00.0 34', '1 ff:00.0 48', '3 ff:00.0 35', '7 ff:00.0 35', '8 ff:00.0 33', '11 ff:00.0 34', '16 00:02.0 38',
      '17 00:02.0 36', '18 00:02.0 36',
      '21 00:03.0 39', '22 00:03.0 37', '23 00:03.0 38'])
  })
  it('raises no error; what the trimmed dump leaves out is told, unless it is said to be zeros', () => {
    expect(codesOf(report)).toEqual(['identity-map', 'table-outside', 'interrupt-table-partial'])
    expect(codesOf(auditBoot('strict', true))).toEqual(['identity-map'])
  })
})

describe('other boots', () => {
  it('lazy: deferred flushing leaves no mapping behind in the tables; they hold what the kernel left mapped',
    async () => {
      const report = auditBoot('lazy')
      const { left, ever, unknown } = await leftMapped('vtd-lazy')
      const found = pagesFound(report)
      expect({ unknown, left: left.length, found: found.length }).toEqual({ unknown: 0, left: 49, found: 49 })
      expect(found.map(({ page }) => page).sort((a, b) => a - b)).toEqual(left)
      expect(found.filter(({ page, frame }) => !ever.get(page)!.has(frame))).toEqual([])
      expect(codesOf(report)).toEqual(['identity-map', 'table-outside', 'interrupt-table-partial'])
    })
  it('pass-through: all nine devices reach all of memory, and with it every table', () => {
    const report = auditBoot('pt')
    expect(report.devices.map(({ ways }) => ways[0]!.mode)).toEqual(Array.from({ length: 9 }, () => 'pass-through'))
    expect(codesOf(report)).toEqual(['pass-through', 'writes-tables', 'interrupt-table-partial'])
    expect(report.alarms[1]!.because)
      .toBe('1 invalidation queue (at 0x49c2000), 1 interrupt table (at 0x4a00000), 1 root table (at 0x5791000), 1 '
        + 'context table (at 0x6059000)')
  })
  it('scalable mode: the same devices by PASID entries, second stage', () => {
    const report = auditBoot('sm')
    expect(report.unit.mode).toBe('scalable')
    expect(report.devices.map(({ device, ways }) => `${device} `
      + `${ways.map(({ pasid, mode, domain }) => `${pasid} ${mode} ${domain}`).join()}`)).toEqual([
      '00:00.0 null second-stage 2', '00:01.0 null second-stage 3', '00:02.0 null second-stage 4',
      '00:03.0 null second-stage 5', '00:04.0 null second-stage 6',
      '00:05.0 null second-stage 7', '00:1f.0 null second-stage 8', '00:1f.2 null second-stage 8',
      '00:1f.3 null second-stage 8'])
    expect(report.spaces.map(({ leaves }) => leaves!['4K'])).toEqual([0, 0, 45, 4, 0, 0, 4096])
    expect(codesOf(report)).toEqual(['identity-map', 'table-outside', 'interrupt-table-partial'])
  })
})
