/** IOMMUs as people call them, and what `explain` says of one. */
import type { Theme } from '../text/theme.ts'
import { onlyElsewhere } from '../../spec/designs.ts'
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommus, standardIommu } from '../../spec/iommus.ts'
import { row, titled } from './explain-words.ts'

const manualsOf = ({ clauses }: Iommu): readonly string[] =>
  [...new Set(Object.values(clauses).map(({ manual }) => manual))]
/** By its name, a word of its title, or its manual as clauses cite it, in letters of any size. */
export const iommuCalled = (text: string): Iommu | null => iommus.find(one =>
  [one.name, one.title, ...one.title.split(' '), ...manualsOf(one)].some(name =>
    name.toLowerCase() === text.toLowerCase())) ?? null

export function iommuLines(id: string, theme: Theme): string[][] {
  const one = iommuCalled(id)
  if (one === null) return []
  const only = onlyElsewhere().filter(({ iommu }) => iommu === one.name).map(({ name }) => name)
  return [[
    titled(one.title, 'IOMMU', theme), ...row('flag', `--iommu ${one.name}`, theme),
    ...row('designs', one.name === standardIommu.name ? 'NAME: `remapcheck list designs`'
      : `NAME@${one.name}, as \`remapcheck list designs\` has them${only.length === 0 ? ''
        : `; ${only.join(', ')} on no other`}`, theme),
    ...row('bounds', `${Object.keys(one.capabilities).join(', ')}: what its hardware may have`, theme),
    ...row('clauses', `${manualsOf(one).join(', ')}: \`remapcheck list clauses\``, theme),
    ...row('page', 'docs/vendors.md', theme),
  ]]
}
