/** Profiles: every number recomputed from the cited figures, totals reproduced, and bad profile files refused with
 *  their place. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  compute, formulasOf, loadFigures, loadProfile, predictions, Prices, ProfileError, profiles, sources, tables, units,
  xeon,
} from '../../spec/costs/index.ts'
import type { Bound, Profile } from '../../spec/costs/index.ts'

const root = new URL('../../', import.meta.url)
const xeonText = readFileSync(new URL('spec/costs/xeon-2011-2016.json', root), 'utf8')

/** One bound of a formula at the prices of the profile. */
const recompute = (formula: string, profile: Profile): number => compute(formula, { sources,
  clock_ghz: profile.clock_ghz, price: (unit, bound) => (profile.units[unit] as Record<Bound, number>)[bound] }).value

describe.each(Object.values(profiles).map(profile => [profile.id, profile] as const))('profile %s', (_, profile) => {
  it('prices every unit of the vocabulary and nothing else', () => {
    expect(Object.keys(profile.units).sort()).toEqual(Object.keys(units).sort())
  })
  it('is a legal profile file', () => { expect(loadProfile(JSON.stringify(profile), 'again')).toEqual(profile) })
  it.each(Object.entries(profile.units))('%s follows from its sources', (unit, price) => {
    if ('within' in price) { expect(Object.keys(units)).toContain(price.within); return }
    const formulas = formulasOf(price.derivation)!
    expect(formulas, `derivation of ${unit}`).not.toBeNull()
    const prices = new Prices(profile, sources)
    const found = (['min', 'typ', 'max'] as const).map(bound => prices.of(unit, bound))
    expect(found.map(({ value }) => value)).toEqual([price.min, price.typ, price.max])
    expect([...price.from].sort()).toEqual([...new Set(found.flatMap(({ terms }) =>
      terms.flatMap(term => term.kind === 'figure' ? [term.id] : [])))].sort())
  })
})

describe('against what was published', () => {
  it('splits 2127 cycles of one strict invalidation without a rest', () => {
    const typ = (unit: string): number => (xeon.units[unit] as { typ: number }).typ
    expect(2 * typ('queue-entry') + typ('queue-tail-write') + typ('queue-wait'))
      .toBe(sources.figures['unmap-iotlb-inv-strict']!.value)
  })
  it('refuses a formula that cannot be computed, and says why', () => {
    expect(() => recompute('mem-l1-snbe +', xeon)).toThrow(/ends where a value should stand/)
    expect(() => recompute('mem-l1-snbe 2', xeon)).toThrow(/'2' is no operator/)
    expect(() => recompute('mem-l1-snbe * mem-l1-snbe', xeon)).toThrow(/is not in cycles/)
    expect(() => recompute('mem-l1-snbe + iotlb-miss-penalty-bdw ns', xeon)).toThrow(/adds values of different units/)
    expect(() => recompute('constructor', xeon)).toThrow(/no figure 'constructor'/)
    expect(() => recompute('port-io-isa-howto ns * 3.1 GHz', xeon)).toThrow(/no price may rest on it/)
    const one = { ...xeon.units['lock']!, derivation: 'min = lock.min; typ = lock.typ; max = lock.max' }
    const lock = one as typeof one & { min: 1; typ: 1; max: 1 }
    const round = new Prices({ ...xeon, units: { ...xeon.units, lock } },
      sources)
    expect(() => round.of('lock', 'min')).toThrow(/lock\.min rests on itself: lock\.min → lock\.min/)
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
    ...predictions.flatMap(({ takes }) => takes), ...loadFigures])
    const published = new Set(predictions.map(one => one.published))
    expect(Object.entries(sources.figures).filter(([id, { value }]) => !cited.has(id) && !published.has(value))
      .map(([id]) => id)).toEqual([])
    for (const { id, citation, platform } of tables) {
      expect(sources.citations[citation], id).toBeDefined()
      expect(sources.platforms[platform], id).toBeDefined()
    }
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
    ...['constructor', 'prototype', 'hasOwnProperty'].map((name): [string, () => string, RegExp] => [`a unit ${name}`,
      () => edited(p => { p.units[name] = p.units['lock']! }), new RegExp(`units\\.${name}: is not a unit`)]),
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
    ['a unit within one without a price', () => edited(p => { delete p.units['queue-wait'] }),
      /^my\.json: units\.iotlb-invalidate\.within: 'queue-wait' has no price of its own/],
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
