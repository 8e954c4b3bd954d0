/** Which scalarsets a search renames. */
import { layoutOf, ModelError } from '../model/index.ts'
import type { Domain } from '../model/index.ts'
import { groupsOf } from './symmetry.ts'
import type { Group } from './symmetry.ts'
import { largestGroup } from './wasm/canon.ts'

/** Scalarsets that are not renamed, and why. */
export type Refused = readonly { readonly scalarset: string; readonly because: string }[]

/** The scalarsets of a machine that can be renamed, unless something tells their ids apart. */
export const scalarsetsOf = ({ worldDomain }: { readonly worldDomain: Domain }): Group[] =>
  groupsOf(layoutOf(worldDomain)).filter(({ size }) => size <= largestGroup)

/** Those that are too large for it. */
export const tooLargeIn = ({ worldDomain }: { readonly worldDomain: Domain }): Refused =>
  groupsOf(layoutOf(worldDomain)).filter(({ size }) => size > largestGroup)
    .map(({ name, size }) => ({ scalarset: name,
      because: `it has ${size} ids, and at most ${largestGroup} are renamed` }))

/** @throws ModelError when a scalarset is named that the machine does not have, or that has one id only. */
export function chosen(all: readonly Group[], symmetry: boolean | readonly string[], refused: Refused): Group[] {
  if (symmetry === false) return []
  const able = all.filter(({ name }) => !refused.some(({ scalarset }) => scalarset === name))
  if (symmetry === true) return able
  const missing = symmetry.find(name => !able.some(group => group.name === name))
  if (missing !== undefined)
    throw new ModelError(`no scalarset '${missing}' of 2 to ${largestGroup} ids: there are `
      + `${able.map(({ name }) => name).join(', ') || 'none'}`)
  return able.filter(({ name }) => symmetry.includes(name))
}
