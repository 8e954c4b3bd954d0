/** What an Arm SMMUv3 and a RISC-V IOMMU would hold: capabilities and state only, from memory of the manuals, to try
 *  whether they fit the face. Nothing acts on it, and nothing of it is checked against a manual. */
import type { Bounds } from '../../spec/bounds.ts'
import type { Capabilities, Capability } from '../../spec/iommu/capability.ts'
import { cell } from '../../spec/iommu/cells.ts'
import type { Setup } from '../../spec/setup.ts'
import { bool, list, oneOf, optional, range, struct, table, variant } from '../../src/model/index.ts'
import type { Domain } from '../../src/model/index.ts'

const translates: Capability['matters'] = (part, { remapsDma }) => remapsDma && part === 'memory'
const remaps: Capability['matters'] = (part, { remapsInterrupts }) => remapsInterrupts && part === 'interrupts'

interface Sketch {
  readonly capabilities: Capabilities
  domain(setup: Pick<Setup, 'bounds' | 'ids' | 'caps'>): Domain
}
/** Refusals, with room for the addresses of DMA. */
const faultsOf = ({ bounds: b, ids: id }: Pick<Setup, 'bounds' | 'ids'>) =>
  struct({ entries: list(struct({ reason: range(0, 0x3ff), device: id.device, iova: id.iova, write: bool }), b.faults),
    overflow: bool })
const upper = (b: Bounds) => range(0, b.levels > 1 ? 2 ** (b.levels - 1) - 1 : -1)

export const smmuv3: Sketch = {
  capabilities: {
    coherent: { says: 'COHACC: walks snoop the CPU caches', standard: 1, demanding: 0, matters: translates },
    broadcast: { says: 'BTM: TLB maintenance of the CPUs reaches the unit', standard: 1, demanding: 0,
      matters: translates },
    ranges: { says: 'RIL: commands name ranges of pages', standard: 1, demanding: 0, matters: translates },
    stalls: { says: 'STALL_MODEL: a refused request waits for software', standard: 1, demanding: null,
      matters: translates },
  },
  domain: ({ bounds: b, ids: id, caps }) => {
    const streamEntry = struct({ config: oneOf('abort', 'bypass', 'stage1', 'stage2'), root: optional(id.domain),
      /** VMID, or ASID of stage 1. */
      tag: optional(id.domain) })
    return struct({
      /** SMMUEN, CMDQEN, and CMDQ_ERR of GERROR: an error stops the queue. */
      enabled: bool, runs: bool, failed: bool,
      /** V=0 is an entry that is not there. It has 64 bytes: software stores V last, or passes through V=0. */
      streams: table([id.device], cell(streamEntry, caps)), streamCache: table([id.device], optional(streamEntry)),
      /** Found by tag: devices of one domain share what is cached. */
      tlb: table([id.domain, id.iova], optional(struct({ frame: id.frame, write: bool }))),
      walkCache: table([id.domain, upper(b)], optional(id.page)),
      commands: list(variant('type', {
        'cfgi-ste': { device: id.device }, 'cfgi-all': {}, 'tlbi-ipa': { tag: id.domain, iova: id.iova, leaf: bool },
        'tlbi-all': { tag: id.domain }, sync: { cpu: id.cpu }, resume: { stalled: range(0, b.devices - 1) },
        illegal: {},
      }), b.queue),
      waits: table([id.cpu], oneOf('idle', 'pending', 'done')), events: faultsOf({ bounds: b, ids: id }),
      /** Requests that wait for CMD_RESUME: the face has only requests that end. */
      stalled: list(struct({ device: id.device, iova: id.iova, write: bool }), b.devices),
    })
  },
}

export const riscv: Sketch = {
  capabilities: {
    msiFlat: { says: 'MSI_FLAT: MSI page tables name interrupt files', standard: 1, demanding: null, matters: remaps },
    msiMrif: { says: 'MSI_MRIF: interrupt files in memory', standard: 0, demanding: null, matters: remaps },
    amoHwad: { says: 'AMO_HWAD: the unit sets accessed and dirty bits', standard: 1, demanding: 0,
      matters: translates },
  },
  domain: ({ bounds: b, ids: id, caps }) => {
    const context = struct({ root: optional(id.domain), /** GSCID */ tag: optional(id.domain), remaps: bool })
    const target = struct({ cpu: id.cpu, vector: id.vector })
    return struct({
      /** ddtp.iommu_mode: off blocks all, bare lets all pass. */
      mode: oneOf('off', 'bare', 'levels'),
      devices: table([id.device], cell(context, caps)), deviceCache: table([id.device], optional(context)),
      /** MSI page tables: one of a device context. */
      messages: table([id.device, id.source], cell(target, caps)),
      messageCache: table([id.device, id.source], optional(target)),
      atc: table([id.domain, id.iova], optional(struct({ frame: id.frame, write: bool }))),
      walkCache: table([id.domain, upper(b)], optional(id.page)),
      commands: list(variant('type', {
        'inval-ddt': { device: optional(id.device) }, 'inval-gvma': { tag: id.domain, iova: optional(id.iova) },
        /** IOFENCE.C: PR and PW ask for the drain of reads and of writes. */
        fence: { cpu: id.cpu, reads: bool, writes: bool }, illegal: {},
      }), b.queue),
      runs: bool, waits: table([id.cpu], oneOf('idle', 'pending', 'done')), faults: faultsOf({ bounds: b, ids: id }),
    })
  },
}
