/** The built-in profiles and the figures they cite. */
import { loadProfile } from './profile.ts'
import type { Profile } from './profile.ts'
import sourceData from './sources.json' with { type: 'json' }
import xeonData from './xeon-2011-2016.json' with { type: 'json' }

/** A published figure, as cited. */
export interface Figure {
  readonly value: number
  /** cycles of `platform`, ns, or a plain count. */
  readonly unit: string
  readonly platform: string
  readonly conditions: string
  /** verified: seen in the source; recalled: from memory of a paper not at hand; derived: computed from cited rows. */
  readonly status: string
  readonly confidence: string
  /** calibration: prices may rest on it; open-validation: only compared with. */
  readonly split: string
  /** Key of `citations`. */
  readonly citation: string
}
export interface Citation {
  readonly authors: string; readonly title: string; readonly venue: string; readonly year: number | null
  readonly locator: string
}
export interface Sources {
  readonly platforms: Readonly<Record<string, { readonly cpu: string; readonly ghz: number | null }>>
  readonly citations: Readonly<Record<string, Citation>>
  readonly figures: Readonly<Record<string, Figure>>
}
export const sources: Sources = sourceData

/** Typical prices of a constant-time address allocator; the default. */
export const xeon: Profile = loadProfile(JSON.stringify(xeonData), 'spec/costs/xeon-2011-2016.json')

/** The address allocator of Linux 3.4 took 3986 cycles in strict and 1674 in deferred mode for the same step: one
 *  profile a mode. */
function linux34(mode: 'strict' | 'defer', typ: number): Profile {
  return {
    ...xeon, id: `${xeon.id}-linux34-${mode}`, title: `${xeon.title}; address allocator of Linux 3.4 in ${mode} mode`,
    units: {
      ...xeon.units,
      'iova-alloc': {
        min: 1674, typ, max: 3986, from: ['map-iova-alloc-defer', 'map-iova-alloc-strict'],
        derivation: `min = map-iova-alloc-defer; typ = map-iova-alloc-${mode}; max = map-iova-alloc-strict`,
      },
      'iova-free': {
        min: 408, typ: 408, max: 452,
        from: ['unmap-iova-find-strict', 'unmap-iova-free-strict', 'unmap-iova-find-defer', 'unmap-iova-free-defer'],
        derivation: 'min = unmap-iova-find-strict + unmap-iova-free-strict; typ = unmap-iova-find-strict + '
          + 'unmap-iova-free-strict; '
          + 'max = unmap-iova-find-defer + unmap-iova-free-defer',
      },
      'deferred-enqueue': {
        min: 256, typ: 256, max: 299,
        from: ['unmap-total-defer', 'unmap-iotlb-inv-defer', 'unmap-total-strict', 'unmap-iotlb-inv-strict',
          'unmap-total-defer-plus', 'unmap-iotlb-inv-defer-plus', 'unmap-total-strict-plus',
          'unmap-iotlb-inv-strict-plus'],
        derivation: 'min = unmap-total-defer - unmap-iotlb-inv-defer - unmap-total-strict + unmap-iotlb-inv-strict; '
          + 'typ = unmap-total-defer - unmap-iotlb-inv-defer - unmap-total-strict + unmap-iotlb-inv-strict; '
          + 'max = unmap-total-defer-plus - unmap-iotlb-inv-defer-plus - unmap-total-strict-plus + '
          + 'unmap-iotlb-inv-strict-plus',
      },
    },
  }
}

/** Profile id -> profile: the only list. The first is the default. */
export const profiles: Readonly<Record<string, Profile>> =
  Object.fromEntries([xeon, linux34('strict', 3986), linux34('defer', 1674)].map(profile => [profile.id, profile]))
