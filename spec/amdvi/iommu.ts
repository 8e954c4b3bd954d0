/** AMD-Vi, the AMD IOMMU, behind the face that all IOMMUs of the bounded machine have. */
import { apicIdOf } from '../apic/ids.ts'
import type { Iommu } from '../iommu/iommu.ts'
import { amdviActions, queueTag } from './bounded/actions.ts'
import { deliver } from './bounded/deliver.ts'
import { block, isOfAbsentDevice, passes, request } from './bounded/request.ts'
import { canStartAt, start } from './bounded/start.ts'
import { unitDomain } from './bounded/state.ts'
import type { Unit } from './bounded/state.ts'
import { ring0WordsOf } from './designs.ts'
import { amdviFacts } from './facts.ts'
import { faultReasons } from './faults.ts'
import { amdviVocabulary } from './steps/index.ts'

export const amdvi: Iommu<Unit> = {
  name: 'amdvi', title: 'AMD-Vi', profile: 'epyc-2019', ...amdviFacts,
  rules: {
    'leaf-entry': 'AMD:2.4.3/pages', 'table-entry': 'AMD:2.4.3/pde', 'write-back': 'AMD:2.2.3/coherency',
    'interrupt-drain': 'AMD:2.4.1/interrupt-drain', 'old-or-new': 'AMD:2.4/old-or-new',
    untranslated: 'AMD:2.2/device-table',
  },
  refusals: Object.fromEntries(faultReasons.map(({ code, clause }) => [code, clause])),
  weakest: { npCache: 1, coherent: 0, ordered: 0 }, narrow: { xt: 0 },
  clauseOf: {
    'no-dma-escape': 'AMD:2.4.3/pages', 'no-access-after-unmap': 'AMD:2.4.3/pages',
    'no-freed-table': 'AMD:2.4.3/pde', 'no-wrong-permission': 'AMD:2.2/permissions',
    'new-mapping-works': 'AMD:2.4/np-cache', 'no-misdelivery': 'AMD:2.4.5/interrupt-table',
    'no-forged-interrupt': 'AMD:2.2.5/table-per-device', 'wait-ends': 'AMD:2.4.1/completion-wait',
    'invalidations-complete': 'AMD:2.4.1/drain',
  },
  steps: amdviVocabulary, posting: null, variants: strict => ({ ring0Words: ring0WordsOf(strict) }),
  domain: unitDomain, start, actions: amdviActions, canStartAt,
  translates: unit => unit.translates,
  remapsInterrupts: unit => unit.remaps,
  reaches: (unit, cpu, { bounds: b }) => apicIdOf(cpu, b) <= 0xff || unit.remaps && unit.tables.wideDestinations,
  hasOneEntry: true, passes, isOfAbsentDevice,
  fills: [{ action: 'iommu.cachePage', args: ['device', 'iova'] }],
  request: (state, dma, { bounds }) => request(state, dma, bounds),
  block: (state, dma, reason, emit, { bounds }) => { block(state, dma, reason, emit, bounds) },
  deliver: (state, message, emit, { bounds }) => deliver(state, message, emit, bounds),
  queueTag, drainsAll: ({ commands }) => commands.some(({ type }) => type === 'all'),
  waitStatus: ({ waits }, cpu) => waits[cpu]!,
  queuedWaits: ({ commands }, cpu) => commands.filter(entry => entry.type === 'wait' && entry.cpu === cpu).length,
  holdsTable: ({ directoryCache }) => directoryCache.some(row => row.some(page => page !== null)),
}
