/** The registry of kernel designs: command line, help, documentation and tests derive from it. */
import type { Iommu } from './iommu/iommu.ts'
import type { Vocabulary } from './iommu/vocabulary.ts'
import { iommuOf, iommus, standardIommu } from './iommus.ts'
import { edited, editedName, NoSuchEdit } from './kernel/edits.ts'
import type { Design } from './kernel/design.ts'
import { builtInCalls } from './kernel/entries.ts'
import { darbatLikeOn } from './kernel/darbat-like.ts'
import { driverServerOn } from './kernel/driver-server.ts'
import { irqBalancerOn } from './kernel/irq-balancer.ts'
import { l4reIoOn } from './kernel/l4re-io.ts'
import { ioLiteOn, mbufCopyOn } from './kernel/io-lite.ts'
import { irteUpdateOn, migrations, tableSwitchOn } from './kernel/migration.ts'
import { pistachioIrqOn, pistachioReprogrammingOn } from './kernel/pistachio-irq.ts'
import { pollingLonglivedOn } from './kernel/polling-longlived.ts'
import { pmapUnifiedOn } from './kernel/pmap-unified.ts'
import { ring0DeferredEarlyOn, ring0DeferredOn, ring0StrictOn } from './kernel/ring0.ts'
import { singleServerOn } from './kernel/single-server.ts'
import { noIommu, userPortIo } from './kernel/unprotected.ts'
import { userPortBitmap } from './kernel/user-port-bitmap.ts'
import { vcpuMigrationOn } from './kernel/vcpu-migration.ts'
import { vmAssignedOn } from './kernel/vm-assigned.ts'
import { vmEmulatedOn } from './kernel/vm-emulated.ts'
import { vmPostedOn } from './kernel/vm-posted.ts'

/** The built-in designs on one IOMMU. They share their parts there: `NAME@IOMMU`, but for the standard one. */
function builtInsOn<U>(on: Iommu<U>) {
  const { steps } = on
  const placed = <D extends Design<U>>(design: D): D => on.name === standardIommu.name ? design
    : { ...design, iommu: on.name, name: placedName(design.name, on.name),
      memoryOf: design.memoryOf === null ? null : placedName(design.memoryOf, on.name),
      interruptsOf: design.interruptsOf === null ? null : placedName(design.interruptsOf, on.name) }
  const strict = ring0StrictOn(steps)
  const variants = Object.fromEntries(Object.entries(on.variants(strict)).map(([name, one]) => [name, placed(one)]))
  const own = { ring0Strict: placed(strict), ...variants, ring0Deferred: placed(ring0DeferredOn(steps)),
    ring0DeferredEarly: placed(ring0DeferredEarlyOn(steps)), driverServer: placed(driverServerOn(steps)) }
  const systems = [pistachioIrqOn(steps), pistachioReprogrammingOn(steps), irqBalancerOn(steps), ioLiteOn(steps),
    mbufCopyOn(steps), pollingLonglivedOn(steps), pmapUnifiedOn(steps), darbatLikeOn(steps),
    singleServerOn(steps), l4reIoOn(steps), vmEmulatedOn(steps), vmAssignedOn(steps),
    ...on.posting === null ? [] : [vmPostedOn(on, on.posting),
      vcpuMigrationOn(on, on.posting)]].map(placed)
  return { own, variants, systems, migrating: migrations.map(({ apply }) => apply(own.ring0Strict, steps)) }
}

const builtIns = builtInsOn(standardIommu)
export const { ring0Strict, ring0Deferred, ring0DeferredEarly, driverServer } = builtIns.own
export const ring0Register = builtIns.variants['ring0Register']!
/** Protocols that move an interrupt by remapping; any design may use either. */
export const irteUpdate = irteUpdateOn(standardIommu.steps), tableSwitch = tableSwitchOn(standardIommu.steps)

type Groups = Readonly<Record<'systems' | 'migrating', readonly Design[]>>
  & { readonly own: Readonly<Record<string, Design>> }
const listed = ({ own, systems, migrating }: Groups): readonly Design[] =>
  [noIommu, userPortIo, userPortBitmap, ...Object.values(own), ...systems, ...migrating]
/** On the standard IOMMU, in the order reports show them. */
export const designs: readonly Design[] = listed(builtIns)

const onOthers = new Map(iommus.filter(one => one.name !== standardIommu.name)
  .map(one => [one.name, listed(builtInsOn(one as Iommu<never>))]))
/** On the IOMMU of this name; a design that uses none is the same on each. */
export const designsOn = (name: string): readonly Design[] => onOthers.get(name) ?? designs
/** On each IOMMU. */
export const everyDesign: readonly Design[] = [...new Set([...designs, ...[...onOthers.values()].flat()])]
// Designs share protocols and steps: an edit in place would change others with it, unseen.
for (const one of [everyDesign, builtInCalls, migrations, irteUpdate, tableSwitch]) freeze(one)

/** The value, and all that it holds. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  Object.values(value).forEach(freeze)
}

/** Whether it is no other design with another way to move an interrupt. */
const isBase = ({ name }: Design): boolean => !name.includes('+')
/** What a check takes where no design is named, and what it takes with all: other ways to move an interrupt too. On
 *  each IOMMU where none is named. */
export function unnamedDesigns(iommu: string | undefined): { readonly usual: readonly Design[];
  readonly all: readonly Design[] } {
  const all = iommu === undefined ? everyDesign : designsOn(iommu)
  return { usual: all.filter(isBase), all }
}

/** A name of a design, with its migration and edits, on the IOMMU of this name. */
export function placedName(name: string, iommu: string): string {
  const [base, rest] = partsOf(name)
  return iommu === standardIommu.name || base.includes('@') || designs.some(one => one.name === base && usesNone(one))
    ? name : `${base}@${iommu}${rest}`
}
/** The name of a built-in design that says its IOMMU, the standard one too: `ring0-strict@vtd`. `iommu`: null where it
 *  uses none. */
export function fullName(name: string, iommu: string | null): string {
  const [base, rest] = partsOf(name)
  return iommu === null || base.includes('@') ? name : `${base}@${iommu}${rest}`
}
/** On which IOMMU a design is, by name; null where it uses none. */
export const iommuNameOf = (design: Design): string | null => usesNone(design) ? null : iommuOf(design).name
/** The name of a design, and what is done to it. */
function partsOf(name: string): readonly [base: string, rest: string] {
  const [, base, rest] = /^([^+~]*)(.*)$/s.exec(name)!
  return [base!, rest!]
}
function usesNone({ remapsDma, remapsInterrupts }: Design): boolean { return !remapsDma && !remapsInterrupts }

/** By name; `NAME@IOMMU` is on that IOMMU, `NAME+MIGRATION` gives any design another migration protocol, `NAME~EDIT`
 *  takes a step out or swaps two.
 *  Null when there is none. */
export function designNamed(given: string): Design | null {
  const name = shortName(given), change = editedName(name)
  if (change !== null) {
    const from = designNamed(change.base)
    try { return from === null ? null : edited(from, change.edits) } catch (cause) {
      if (cause instanceof NoSuchEdit) return null
      throw cause
    }
  }
  const known = everyDesign.find(design => design.name === name)
  if (known !== undefined) return known
  const [base, migration, ...rest] = name.split('+')
  // What is posted moves with its virtual CPU.
  const design = everyDesign.find(one => one.name === base && !one.postsInterrupts)
  const how = migrations.find(one => one.name === migration)
  return design !== undefined && how !== undefined && rest.length === 0
    ? how.apply(design, iommuOf(design).steps as Vocabulary<never>) : null
}
/** The design of this name that is on one IOMMU only, which is not the standard one. */
export const onlyNamed = (name: string): Design | null => onlyElsewhere().find(one => partsOf(one.name)[0]
  .replace(/@.*/, '') === name) ?? null
/** Designs that the standard IOMMU does not have. */
export const onlyElsewhere = (): readonly Design[] => everyDesign.filter(({ name }) => name.includes('@')
  && !designs.some(one => one.name === name.replace(/@[^+~]*/, '')))
/** A design on the standard IOMMU has a name without it. */
function shortName(name: string): string {
  const [base, rest] = partsOf(name), at = `@${standardIommu.name}`
  const short = base.slice(0, -at.length)
  return base.endsWith(at) && designs.some(one => one.name === short && !usesNone(one)) ? `${short}${rest}` : name
}
