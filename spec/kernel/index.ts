/** The registry of kernel designs: command line, help, documentation and tests derive from it. */
import { edited, editedName, NoSuchEdit } from './ablation.ts'
import { driverServer } from './driver-server.ts'
import type { Design } from './design.ts'
import { migrations } from './migration.ts'
import { ring0Deferred, ring0DeferredEarly, ring0Register, ring0Strict } from './ring0.ts'
import { noIommu, userPortIo } from './unprotected.ts'

const migrating = (design: Design, name: string): Design => migrations.find(migration => migration.name === name)!.apply(design)

/** In the order reports show them. */
export const designs: readonly Design[] = [
  noIommu, userPortIo, ring0Strict, ring0Register, ring0Deferred, ring0DeferredEarly, driverServer,
  migrating(ring0Strict, 'source-masked'), migrating(ring0Strict, 'source-unmasked'), migrating(ring0Strict, 'table-switch'),
]

/** By name; `NAME+MIGRATION` gives any design another migration protocol, `NAME~EDIT` takes a step out or swaps two. Null when there is none. */
export function designNamed(name: string): Design | null {
  const change = editedName(name)
  if (change !== null) {
    const from = designNamed(change.base)
    try { return from === null ? null : edited(from, change.edits) } catch (cause) {
      if (cause instanceof NoSuchEdit) return null
      throw cause
    }
  }
  const known = designs.find(design => design.name === name)
  if (known !== undefined) return known
  const [base, migration, ...rest] = name.split('+')
  const design = designs.find(one => one.name === base)
  const how = migrations.find(one => one.name === migration)
  return design !== undefined && how !== undefined && rest.length === 0 ? how.apply(design) : null
}
export { migrations }
export type { Design }
