/** Faults put into the models of the IOMMUs, to see whether a QEMU shows them: `npm run mutants:oracle`. */
import type { Edit as CheckerEdit } from './checker-model.ts'
import type { SuiteName } from '../../src/qemu/oracle/suite.ts'

/** `unseen`: why QEMU cannot tell the model from the right one; null where it must. `from`: only a QEMU of this major
 *  version can. */
export interface ModelEdit extends Pick<CheckerEdit, 'name' | 'file' | 'find' | 'replace'> {
  readonly iommu: 'vtd' | 'amdvi'
  readonly suite: SuiteName
  readonly unseen: string | null
  readonly from?: number
}
type Row = readonly [name: string, suite: SuiteName, find: string, replace: string,
  more?: { readonly unseen?: string; readonly from?: number }]

const of = (iommu: ModelEdit['iommu'], file: string, rows: readonly Row[]): readonly ModelEdit[] =>
  rows.map(([name, suite, find, replace, { unseen = null, from } = {}]) => ({ name, iommu, suite,
    file: `spec/${iommu}/${file}.ts`, find, replace, unseen, ...from === undefined ? {} : { from } }))
const leaves = 'QEMU itself leaves the manual so'
const firstStage = (rows: readonly (readonly [name: string, find: string, replace: string, more?: Row[4]])[]):
readonly Row[] => rows.map(([name, find, replace, more = {}]) =>
  [name, 'first-stage', find, replace, { from: 10, ...more }])

export const modelEdits: readonly ModelEdit[] = [
  ...of('vtd', 'walk/second-stage', [
    ['no-address-too-wide', 'walks',
      'if (beyondSecondStage(unit, stage.levels, address)) return blameIn(walk, of.range)', ''],
    ['reserved-bits-pass', 'walks', 'if (entry.reserved || large &&', 'if (large &&'],
    ['last-entry-permits-alone', 'walks', 'read &&= entry.read', 'read = entry.read'],
    ['no-superpages', 'walks', 'const leaf = level <= 1 || large && level <= 3', 'const leaf = level <= 1'],
    ['every-page-is-small', 'walks', 'pages: powersOfTwo[(level - 1) * geometry.levelBits]!', 'pages: 1'],
  ]),
  ...of('vtd', 'walk/walk', [
    ['root-bits-pass', 'walks', 'if (root.reserved) return toFault([0x0a], false, trail)', ''],
    ['any-address-width', 'walks', '\n    && unit.levels.includes(levels)', ''],
    ['faults-recorded-anyway', 'walks', '[!admitted, 0x0d]), context.fpd, trail)', '[!admitted, 0x0d]), false, trail)'],
  ]),
  ...of('vtd', 'walk/permissions', [
    ['dma-becomes-interrupt', 'walks', '|| of.final && inInterruptRange(unit, page))', ')'],
    ['readable-is-writable', 'walks', 'isWrite(access) && !write\n', 'isWrite(access) && !write && !read\n'],
    ['pass-through-unbounded', 'walks',
      'if (address >= powersOfTwo[walk.unit.hostAddressWidth]!) return blameIn(walk, of.host)', '', { unseen: leaves }],
  ]),
  ...of('vtd', 'layout/paging', [
    ['snoop-bit-free', 'walks', "SNP: bit(11, 'snoop', { needs: 'ECAP.SC' })", "SNP: bit(11, 'snoop')"],
  ]),
  ...of('vtd', 'walk/scalable', [
    ['lower-half-of-root-only', 'scalable', '(request.sid & 0x80) !== 0)', 'false)'],
    ['any-translation-type', 'scalable', '[!isSupported(entry, unit), 0x5b]', '[false, 0x5b]'],
    ['rid-pasid-ignored', 'scalable', 'pasid === null ? { pasid: ridPasid,', 'pasid === null ? { pasid: 0,'],
  ]),
  ...of('vtd', 'remap/remap', [
    ['index-unbounded', 'interrupts', 'if (index >= unit.tableSize) return toFault([0x21], false, index)', ''],
    ['reserved-data-passes', 'interrupts', 'if (reserved) return toFault([0x20], false, null)', ''],
    ['qualifier-masks-wrong-bits', 'interrupts', '[0, 0b100, 0b110, 0b111][sq]!', '[0, 0b001, 0b011, 0b111][sq]!'],
    ['bus-range-open', 'interrupts', ' && requester >>> 8 <= (sid & 0xff)', ''],
    ['narrow-id-in-low-byte', 'interrupts', 'irte.dst : irte.dst >>> 8 & 0xff', 'irte.dst : irte.dst & 0xff'],
    ['entry-bits-pass', 'interrupts', 'if (irte.reserved || irte.svt === 3)', 'if (irte.svt === 3)'],
    ['subhandle-ignored', 'interrupts', 'subhandleValid ? handle + (data & 0xffff) : handle', 'handle'],
    ['absence-recorded-anyway', 'interrupts', 'toFault([0x22], irte.fpd, index)', 'toFault([0x22], false, index)',
      { from: 9 }],
  ]),
  ...of('vtd', 'invalidation/covers', [
    ['global-removes-nothing', 'sequences', "case 'global': return true\n    case 'domain': return d.did === tag.did\n"
      + "    case 'page':",
    "case 'global': return false\n    case 'domain': return d.did === tag.did\n    case 'page':"],
    ['domain-removes-all', 'sequences', "case 'domain': return d.did === tag.did\n    case 'page':",
      "case 'domain': return true\n    case 'page':"],
    ['address-mask-ignored', 'sequences', 'const size = 2 ** d.addressMask\n', 'const size = 1\n'],
    ['function-mask-of-wrong-bits', 'sequences', '[0, 0b100, 0b110, 0b111][mask]', '[0, 0b001, 0b011, 0b111][mask]'],
    ['device-of-any-domain', 'sequences', 'return d.did === tag.did && functionBits(', 'return functionBits(',
      { unseen: leaves }],
    ['hint-ignored', 'sequences', "return !(d.granularity === 'page' && d.hint) && coversIotlb(d, tag)",
      'return coversIotlb(d, tag)', { unseen: 'QEMU has no paging-structure cache' }],
  ]),
  ...of('vtd', 'walk/first-stage', firstStage([
    ['any-address-canonical',
      'if (!isCanonical(address, inputWidth(unit.geometry, pasid.firstStageLevels))) return blameIn(walk, 0x80)', ''],
    ['supervisor-pages-free', 'user &&= entry.user', 'user &&= true'],
    ['no-first-stage-superpages', 'const large = level > 1 && entry.pageSize', 'const large = level > 4'],
    ['no-accessed-bit', 'const accessed = !entry.accessed', 'const accessed = false'],
    ['no-dirty-bit', 'const dirty = dirties && !entry.dirty', 'const dirty = false'],
  ])),
  ...of('vtd', 'invalidation/covers', firstStage([
    ['pages-spare-first-stage', '(tag.firstStage === true || overlaps(d, tag))', 'overlaps(d, tag)'],
    ['pages-of-pasid-are-all', "(d.granularity === 'pasid' || tag.firstStage === true && overlaps(d, tag))", 'true'],
    ['pasid-of-any-domain', 'const isOf = d.did === tag.did && d.pasid', 'const isOf = d.pasid'],
    ['pasid-unnamed', '&& d.pasid === (tag.pasid ?? 0)', ''],
    ['pasid-cache-keeps-all', "case 'pasid': return d.did === tag.did && d.pasid === tag.pasid",
      "case 'pasid': return false", { unseen: leaves }],
  ])),
  ...of('vtd', 'faults', [
    ['no-overflow', 'sequences', 'draft.pfo = true //', '//'],
    ['mask-holds-nothing-back', 'sequences', 'if (!draft.ip || draft.im) return false', 'if (!draft.ip) return false'],
  ]),
  ...of('vtd', 'unit/registers/queue', [
    ['wait-writes-nothing', 'sequences', 'if (descriptor.write) work.effects.push',
      'if (descriptor.interrupt) work.effects.push'],
  ]),
  ...of('amdvi', 'walk/walk', [
    ['invalid-entry-blocks', 'walks', "if (!entry.valid) return { kind: 'untranslated' }",
      "if (!entry.valid) return blame('tv-zero', trail)"],
  ]),
  ...of('amdvi', 'walk/second-stage', [
    ['odd-page-half-as-large', 'walks', 'return powersOfTwo[z + 1]!', 'return powersOfTwo[z]!'],
    ['entries-permit-anything', 'walks', "if (!allows(entry, access)) return 'permission'", ''],
    ['skipped-bits-pass', 'walks', "=== 0 ? null : 'skipped-bits'", '=== 0 ? null : null', { unseen: leaves }],
  ]),
  ...of('amdvi', 'invalidation/covers', [
    ['pages-of-every-domain', 'sequences',
      'return command.domain === domain && command.pasid === pasid && page <', 'return page <'],
    ['all-removes-nothing', 'sequences', "if (command.type !== 'pages') return command.type === 'all'",
      "if (command.type !== 'pages') return false"],
  ]),
  ...of('amdvi', 'remap/remap', [
    ['every-type-passes', 'interrupts', 'return passes && !logical ?', 'return passes ?'],
    ['forward-blocked', 'interrupts', "if (map.control === 1) return unchanged('AMD:2.2.5/interrupt-map')", ''],
  ]),
]
