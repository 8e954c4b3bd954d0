/** The built-in profiles: the only list. */
import { variantOf } from './derive.ts'
import { machinesBeside } from './machines.ts'
import { loadProfile } from './profile.ts'
import type { Profile } from './profile.ts'
import xeonData from './xeon-2011-2016.json' with { type: 'json' }

/** Typical prices of a constant-time address allocator; the default. */
export const xeon: Profile = loadProfile(JSON.stringify(xeonData), 'spec/costs/xeon-2011-2016.json')

/** The address allocator of Linux 3.4 took 3986 cycles in strict and 1674 in deferred mode for the same step: one
 *  profile a mode. */
const linux34 = (mode: 'strict' | 'defer'): Profile => variantOf(xeon, {
  id: `${xeon.id}-linux34-${mode}`, title: `${xeon.title}; address allocator of Linux 3.4 in ${mode} mode`,
}, {
  'iova-alloc': { is: ['map-iova-alloc-defer', `map-iova-alloc-${mode}`, 'map-iova-alloc-strict'] },
  'iova-free': { is: ['unmap-iova-find-strict + unmap-iova-free-strict',
    'unmap-iova-find-strict + unmap-iova-free-strict', 'unmap-iova-find-defer + unmap-iova-free-defer'] },
  'deferred-enqueue': { is: [enqueue(''), enqueue(''), enqueue('-plus')] },
})
/** What a deferred unmap takes more than a strict one, both without their invalidation. */
function enqueue(allocator: '' | '-plus'): string {
  return `unmap-total-defer${allocator} - unmap-iotlb-inv-defer${allocator} - unmap-total-strict${allocator} + `
    + `unmap-iotlb-inv-strict${allocator}`
}

/** Profile id -> profile. The first is the default. */
export const profiles: Readonly<Record<string, Profile>> = Object.fromEntries(
  [xeon, linux34('strict'), linux34('defer'), ...machinesBeside(xeon)].map(profile => [profile.id, profile]))
