/** The registry of kernel designs: command line, help, documentation and tests derive from it. */
import { standardIommu } from './iommus.ts'
import { edited, editedName, NoSuchEdit } from './kernel/edits.ts'
import type { Design } from './kernel/design.ts'
import { driverServerOn } from './kernel/driver-server.ts'
import { irteUpdateOn, migrations, tableSwitchOn } from './kernel/migration.ts'
import { ring0DeferredEarlyOn, ring0DeferredOn, ring0StrictOn } from './kernel/ring0.ts'
import { noIommu, userPortIo } from './kernel/unprotected.ts'

const { steps, variants } = standardIommu
export const ring0Strict = ring0StrictOn(steps)
export const ring0Deferred = ring0DeferredOn(steps)
export const ring0DeferredEarly = ring0DeferredEarlyOn(steps)
export const driverServer = driverServerOn(steps)
export const ring0Register = variants(ring0Strict)['ring0Register']!
/** Protocols that move an interrupt by remapping; any design may use either. */
export const irteUpdate = irteUpdateOn(steps), tableSwitch = tableSwitchOn(steps)

const migrating = (name: string): Design =>
  migrations.find(migration => migration.name === name)!.apply(ring0Strict, steps)

/** In the order reports show them. */
export const designs: readonly Design[] = [
  noIommu, userPortIo, ring0Strict, ring0Register, ring0Deferred, ring0DeferredEarly, driverServer,
  migrating('source-masked'), migrating('source-unmasked'), migrating('table-switch'),
]

/** By name; `NAME+MIGRATION` gives any design another migration protocol, `NAME~EDIT` takes a step out or swaps two.
 *  Null when there is none. */
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
  return design !== undefined && how !== undefined && rest.length === 0 ? how.apply(design, standardIommu.steps) : null
}
