/** Profiles: every number recomputed from the cited figures, totals reproduced, and bad profile files refused with
 *  their place. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compare } from '../../src/cost/index.ts'
import {
  calibration, calibrationTolerance_percent, loadProfile, openValidation, ProfileError, profiles, sources, units, xeon,
} from '../../spec/costs/index.ts'
import type { Profile } from '../../spec/costs/index.ts'

const root = new URL('../../', import.meta.url)
const xeonText = readFileSync(new URL('spec/costs/xeon-2011-2016.json', root), 'utf8')

/** Figure ids of a derivation, in order, each once. */
const idsOf = (text: string): string[] =>
  [...new Set([
      ...text.replace(/[a-z-]+\.(?:min|typ|max)/g, '').matchAll(/[a-z][a-z0-9/-]*[a-z0-9](?! =)/g)].map(m => m[0]))]
    .filter(word => !['min', 'typ', 'max', 'ns'].includes(word))

/** `id`, `id ns * 3.1 GHz` or `id / 2.793 GHz * 3.1 GHz`. */
const figureWithClock = /([a-z][a-z0-9/-]*[a-z0-9])( ns \* ([\d.]+) GHz| \/ ([\d.]+) GHz \* ([\d.]+) GHz)?/g

/** Evaluates one bound: figures, prices of other units (`irq-entry.typ`), numbers, + - * / between blanks.
 *  Refuses figures kept for validation, and conversions at another clock than the profile's or the figure's. */
function recompute(formula: string, profile: Profile): number {
  const numbers = formula
    .replace(/([a-z-]+)\.(min|typ|max)/g, (_, unit: string, bound: 'min' | 'typ' | 'max') => {
      const price = profile.units[unit]
      if (price === undefined || 'within' in price) throw new Error(`no price of ${unit}`)
      return String(price[bound])
    })
    .replace(figureWithClock, (all, id: string, convert?: string, ns?: string, own?: string, to?: string) => {
      const figure = sources.figures[id]
      if (figure === undefined) throw new Error(`no figure '${id}' in '${all}'`)
      if (figure.split !== 'calibration') throw new Error(`${id} is for ${figure.split}: no price may rest on it`)
      if ((figure.unit === 'ns') !== (ns !== undefined)) throw new Error(`${id} is in ${figure.unit}: '${all}'`)
      if (!['ns', 'cycles'].includes(figure.unit)) throw new Error(`${id} is in ${figure.unit}`)
      if (convert !== undefined && Number(ns ?? to) !== profile.clock_ghz)
        throw new Error(`'${all}' is not at the clock of the profile`)
      if (own !== undefined && Number(own) !== sources.platforms[figure.platform]?.ghz)
        throw new Error(`'${all}' is not the clock of ${figure.platform}`)
      return ns !== undefined ? `${figure.value} * ${ns}`
        : own !== undefined ? `${figure.value} / ${own} * ${to}` : `${figure.value}`
    })
  // a negative figure follows an operator: '0 - -1.9'
  if (!/^-?[\d.]+( [-+*/] -?[\d.]+)*$/.test(numbers)) throw new Error(`not a formula: ${numbers}`)
  return Math.round(new Function(`return ${numbers}`)() as number)
}

describe.each(Object.values(profiles).map(profile => [profile.id, profile] as const))('profile %s', (_, profile) => {
  it('prices every unit of the vocabulary and nothing else', () => {
    expect(Object.keys(profile.units).sort()).toEqual(Object.keys(units).sort())
  })
  it('is a legal profile file', () => { expect(loadProfile(JSON.stringify(profile), 'again')).toEqual(profile) })
  it.each(Object.entries(profile.units))('%s follows from its sources', (unit, price) => {
    if ('within' in price) { expect(Object.keys(units)).toContain(price.within); return }
    const bounds = /^min = (.+); typ = (.+); max = (.+)$/.exec(price.derivation)
    expect(bounds, `derivation of ${unit}`).not.toBeNull()
    expect(bounds!.slice(1).map(formula => recompute(formula, profile))).toEqual([price.min, price.typ, price.max])
    expect(price.from).toEqual(idsOf(bounds!.slice(1).join(' ')))
  })
})

describe('against what was published', () => {
  it.each(compare(calibration, sources.figures, profiles).map(row => [row.figure, row] as const))('reproduces %s',
    (_, row) => {
      expect(Math.abs(row.off_percent)).toBeLessThanOrEqual(calibrationTolerance_percent)
      expect(row.inside).toBe(true)
    })
  it('splits 2127 cycles of one strict invalidation without a rest', () => {
    const typ = (unit: string): number => (xeon.units[unit] as { typ: number }).typ
    expect(2 * typ('qi-descriptor') + typ('qi-tail-write') + typ('qi-wait'))
      .toBe(sources.figures['unmap-iotlb-inv-strict']!.value)
  })
  it('fits nothing to the figures kept for open validation, and docs/costs.md reports how far off each is', () => {
    for (const { figure } of openValidation) expect(sources.figures[figure]?.split, figure).toBe('open-validation')
    for (const { figure } of calibration) expect(sources.figures[figure]?.split, figure).toBe('calibration')
    const rows = compare([...calibration, ...openValidation], sources.figures, profiles).map(row => {
      const { min, typ, max } = row.composed
      return `| ${row.figure} | ${row.published_cycles} | ${typ} (${min}..${max}) | `
        + `${row.off_percent > 0 ? '+' : ''}${row.off_percent} % |`
    })
    const docs = readFileSync(new URL('docs/costs.md', root), 'utf8')
    expect(docs.split('\n').filter(line => /^\| [a-z0-9/-]+ \| \d/.test(line))).toEqual(rows)
  })
  it('tells figures of another platform by their clock', () => {
    expect(() => recompute('in8-pic-p4e-2793 / 2.8 GHz * 3.1 GHz', xeon)).toThrow(/not the clock of p4e-2793/)
    expect(() => recompute('iotlb-miss-penalty-bdw / 2', xeon)).toThrow(/is in ns/)
    expect(() => recompute('lock-add-snb ns * 3.1 GHz', xeon)).toThrow(/is in cycles/)
    expect(() => recompute('iotlb-miss-penalty-hswe3 ns * 3.1 GHz', xeon)).toThrow(/no price may rest on it/)
  })
})

describe('sources', () => {
  it('has a platform and a citation for each figure', () => {
    for (const [id, figure] of Object.entries(sources.figures)) {
      expect(sources.platforms[figure.platform], id).toBeDefined()
      expect(sources.citations[figure.citation], id).toBeDefined()
    }
  })
  it('holds only figures that are cited', () => {
    const cited = new Set([...Object.values(profiles)
      .flatMap(p => Object.values(p.units).flatMap(u => 'within' in u ? [] : u.from)),
      ...calibration.map(c => c.figure), ...openValidation.map(c => c.figure), 'deferred-flush-watermark'])
    expect(Object.keys(sources.figures).filter(id => !cited.has(id))).toEqual([])
  })
  it('says how many deferred unmaps share a flush', () => {
    const watermark = sources.figures['deferred-flush-watermark']!.value
    expect(calibration.filter(c => c.figure.startsWith('unmap-total-defer')).map(c => [c.per, c.counts['pte-clear']]))
      .toEqual([[watermark, watermark], [watermark, watermark]])
  })
})

describe('loadProfile', () => {
  const edited = (edit: (profile: Record<string, never> & {
    units: Record<string, Record<string, unknown>>
  }) => void): string => {
    const copy = JSON.parse(xeonText)
    edit(copy)
    return JSON.stringify(copy)
  }
  it.each([
    ['cut off', () => xeonText.slice(0, 200), /^my\.json: \d+:\d+: not JSON: /],
    ['a trailing comma', () => '{\n  "id": "x",\n}', /^my\.json: 3:1: not JSON: /],
    ['empty', () => '', /^my\.json: 1:1: not JSON: /],
    ['another JSON file', () => '{"name":"remapcheck"}', /^my\.json: format: is missing/],
    ['a list', () => '[]', /^my\.json: format: is missing/],
    ['another version', () => edited(p => { Object.assign(p, { version: 2 }) }), /^my\.json: version: is not 1/],
    ['an unknown unit', () => edited(p => { p.units['pte-stroe'] = p.units['pte-store']! }),
      /^my\.json: units\.pte-stroe: is not a unit of the vocabulary/],
    ['a fraction', () => edited(p => { p.units['lock']!.typ = 22.5 }),
      /^my\.json: units\.lock\.typ: is not a whole number of cycles/],
    ['below 0', () => edited(p => { p.units['lock']!.min = -1 }), /^my\.json: units\.lock\.min: is below 0/],
    ['a text for a number', () => edited(p => { p.units['lock']!.min = '18' }),
      /^my\.json: units\.lock\.min: is not a number/],
    ['no max', () => edited(p => { delete p.units['lock']!.max }), /^my\.json: units\.lock\.max: is missing/],
    ['a misspelt field', () => edited(p => { p.units['lock']!.source = 'x' }),
      /^my\.json: units\.lock\.source: is no field of a profile/],
    ['disorder', () => edited(p => { p.units['lock']!.min = 9999 }), /^my\.json: units\.lock: needs min <= typ <= max/],
    ['neither source nor assumption', () => edited(p => { p.units['lock']!.from = [] }),
      /^my\.json: units\.lock: has no source in "from"/],
    ...['constructor', '__proto__', 'toString'].map((name): [string, () => string, RegExp] => [`a unit within ${name}`,
      () => edited(p => { p.units['iotlb-invalidate'] = { within: name, derivation: 'x' } }),
      new RegExp(`units\\.iotlb-invalidate\\.within: '${name}' has no price of its own`)]),
    ['a unit within one without a price', () => edited(p => { delete p.units['qi-wait'] }),
      /^my\.json: units\.iotlb-invalidate\.within: 'qi-wait' has no price of its own/],
    ['binary', () => '\u0000\u0007\u00ff', /^my\.json: not JSON: [\x20-\x7e]+$/],
    ['a list of units', () => edited(p => { Object.assign(p, { units: [] }) }), /^my\.json: units: prices no unit/],
    ['a unit that is no object', () => edited(p => { Object.assign(p.units, { lock: 23 }) }),
      /^my\.json: units\.lock: is not an object/],
  ])('refuses a file that is %s, with its place', (_, text, message) => {
    expect(() => loadProfile(text(), 'my.json')).toThrow(ProfileError)
    expect(() => loadProfile(text(), 'my.json')).toThrow(message)
  })
  it('takes a profile without sources that owns up to it, and one that leaves units out', () => {
    const text = JSON.stringify({ format: 'remapcheck-cost-profile', version: 1, id: 'mine', title: 'mine',
      clock_ghz: 4,
      units: { lock: { min: 1, typ: 2, max: 3, from: [], derivation: 'a guess', assumption: true } } })
    expect(loadProfile(text, 'my.json').units['lock']).toMatchObject({ typ: 2, assumption: true })
  })
})
