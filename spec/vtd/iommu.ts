/** Intel VT-d behind the face that all IOMMUs of the bounded machine have. */
import { apicIdOf } from '../apic/ids.ts'
import type { Iommu } from '../iommu/iommu.ts'
import { queueTag, vtdActions } from './bounded/actions.ts'
import { deliver } from './bounded/deliver.ts'
import { block, request } from './bounded/request.ts'
import { canStartAt, start } from './bounded/start.ts'
import { unitDomain } from './bounded/state.ts'
import type { Unit } from './bounded/state.ts'
import { ring0RegisterOf } from './designs.ts'
import { contextNotPresent } from './faults.ts'
import { vtdFacts } from './facts.ts'
import { faultReasons } from './faults.ts'
import { vtdVocabulary } from './steps/index.ts'
import { vtdPosting } from './steps/posting.ts'

export const vtd: Iommu<Unit> = {
  name: 'vtd', title: 'Intel VT-d', profile: 'xeon-2011-2016', ...vtdFacts,
  rules: {
    'leaf-entry': 'VTD:table-28/second-stage-leaf', 'table-entry': 'VTD:table-28/second-stage-non-leaf',
    'write-back': 'VTD:6/coherency',
    'interrupt-drain': 'VTD:6/interrupt-drain', 'old-or-new': 'VTD:6/old-or-new',
    untranslated: 'VTD:11.4/translation-disabled',
  },
  refusals: Object.fromEntries(faultReasons.map(({ code, clause }) => [code, clause])),
  weakest: { cm: 1, rwbf: 1, coherent: 0 }, narrow: { eim: 0 },
  clauseOf: {
    'no-dma-escape': 'VTD:table-28/second-stage-leaf', 'no-access-after-unmap': 'VTD:table-28/second-stage-leaf',
    'no-freed-table': 'VTD:table-28/second-stage-non-leaf',
    'no-wrong-permission': 'VTD:3.7/permissions', 'new-mapping-works': 'VTD:6/caching-mode',
    'no-misdelivery': 'VTD:table-28/irte',
    'no-forged-interrupt': 'VTD:9.9/source-validation', 'wait-ends': 'VTD:6.5.2.9/wait',
    'invalidations-complete': 'VTD:6/drain',
  },
  steps: vtdVocabulary, posting: vtdPosting, variants: strict => ({ ring0Register: ring0RegisterOf(strict) }),
  domain: unitDomain, start, actions: vtdActions, canStartAt,
  translates: unit => unit.tes,
  remapsInterrupts: unit => unit.ires,
  reaches: (unit, cpu, { bounds: b }) => apicIdOf(cpu, b) <= 0xff || unit.ires && unit.tables.wideDestinations,
  hasOneEntry: false, passes: unit => !unit.tes,
  isOfAbsentDevice: (_unit, _device, reason) => reason === contextNotPresent,
  fills: [{ action: 'iommu.cacheContext', args: ['device'] },
    { action: 'iommu.cacheTranslation', args: ['device', 'iova'] }],
  request: (state, dma, { bounds }) => request(state, dma, bounds),
  block: (state, dma, reason, emit, { bounds }) => { block(state, dma, reason, emit, bounds) },
  deliver: (state, message, emit, { bounds }) => deliver(state, message, emit, bounds),
  queueTag, drainsAll: ({ queue }) => queue.some(({ type }) => type === 'iotlb-global'),
  waitStatus: ({ waits }, cpu) => waits[cpu]!,
  queuedWaits: ({ queue }, cpu) => queue.filter(entry => entry.type === 'wait' && entry.cpu === cpu).length,
  holdsTable: ({ pagingCache }) => pagingCache.some(row => row.some(page => page !== null)),
}
