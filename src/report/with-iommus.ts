/** Names of designs where a report has several IOMMUs: each says then on which its design is. The JSON document
 *  keeps the names, and has the IOMMU beside them. */
import { designNamed, fullName, iommuNameOf } from '../../spec/designs.ts'
import type { DesignReport } from './check.ts'
import type { ReportOf } from './report.ts'

/** A function that gives the name of one among others. A module's designs are named by their authors. */
export function namesAmong<D>(all: readonly D[],
  factsOf: (one: D) => Pick<DesignReport, 'design' | 'iommu' | 'path'>): (one: D) => string {
  const isMixed = new Set(all.flatMap(one => factsOf(one).iommu ?? [])).size > 1
  return one => {
    const { design, iommu = null, path } = factsOf(one)
    return isMixed && path === undefined ? fullName(design, iommu) : design
  }
}

/** What people read of it. */
export function withIommus(report: ReportOf<'check'>): ReportOf<'check'> {
  const { check, evidence } = report
  const all = [...check.designs, ...[...check.notBegun, ...check.left].map(aboutNamed)]
  const nameOf = namesAmong(all, one => one)
  const names = new Map(all.map(one => [one.design, nameOf(one)]))
  const shown = <T extends { readonly design: string }>(one: T): T =>
    ({ ...one, design: names.get(one.design) ?? one.design })
  return { ...report,
    check: { ...check, designs: check.designs.map(shown), climbs: check.climbs.map(shown),
      notBegun: check.notBegun.map(name => names.get(name)!), left: check.left.map(name => names.get(name)!) },
    evidence: (design, overall) => {
      const own = check.designs.find(one => names.get(one.design) === design.design)
      const found = evidence(own ?? design, overall)
      return found === null ? null : { ...found, trace: shown(found.trace) }
    } }
}

/** Of a design that the run has not come to; of a module's there is no more than the name. */
function aboutNamed(design: string): Pick<DesignReport, 'design' | 'iommu' | 'path'> {
  const found = designNamed(design), iommu = found === null ? null : iommuNameOf(found)
  return { design, ...iommu === null ? {} : { iommu } }
}

/** How many designs there are, each counted once, on however many IOMMUs. */
export const designCount = (names: readonly string[]): number =>
  new Set(names.map(name => name.replace(/^([^+~@]+)@\w+/, '$1'))).size
/** One design, on however many IOMMUs, is all that was asked. */
export const isOne = ({ designs, notBegun }: ReportOf<'check'>['check']): boolean =>
  designCount([...designs.map(({ design }) => design), ...notBegun]) === 1

/** What is left out, a line each: which IOMMU for which designs, and why. */
export const leftOutTexts = ({ leftOut }: Pick<ReportOf<'check'>['check'], 'leftOut'>): readonly string[] =>
  [...new Map(leftOut.map(one => [`${one.iommu} ${one.because}`, one])).values()].map(({ iommu, title, because }) =>
    `${title} is left out for ${leftOut.filter(one => one.iommu === iommu && one.because === because)
      .map(({ design }) => design).join(', ')}: ${because}`)
