/** What a kernel design is made of, for designs of your own: `import { design, without, ring0Strict, clearPte } from
 *  'remapcheck/spec'`. */
export { moved, replaced, swapped, without, withProtocol } from './kernel/design.ts'
export type { DesignOptions, Own } from './kernel/design.ts'
import { design as makeDesign } from './kernel/design.ts'
import type { Own } from './kernel/design.ts'
import type { ProtocolName } from './step.ts'
export { builtInCalls, call, callOn } from './kernel/entries.ts'
export type { CallSpec, Entry, HardwareSpec, OwnCost, OwnScope, Sizes } from './step.ts'
export { claimsOn, always, eventually, leadsTo, monitor, recovers, sometimes, step } from './claim.ts'
export type { Claim, ClaimSource, Witness } from './claim.ts'
export { flushBuffered, seenByHardware, store, writeBack } from './iommu/cells.ts'
export type { Cell } from './iommu/cells.ts'
export { leafSlot, mappingOf, markPhase, pathTables, storeLeaf } from './kernel/steps/access.ts'
export { edited } from './kernel/edits.ts'
export * from './steps.ts'
export { migrations, sourceMasked, sourceUnmasked } from './kernel/migration.ts'
export {
  driverServer, irteUpdate, ring0Deferred, ring0DeferredEarly, ring0Register, ring0Strict, tableSwitch,
} from './designs.ts'
export type { Migration } from './kernel/migration.ts'
export { noIommu, userPortIo } from './kernel/unprotected.ts'
export { designNamed, designs } from './designs.ts'
export { badBounds, bounds, boundSpecs, showBounds } from './bounds.ts'
export type { BoundName, Bounds } from './bounds.ts'
export { scopes } from './scopes.ts'
export type { Scope } from './scopes.ts'
export { remapMachine } from './machine.ts'
export type { RemapMachine, RemapProperty } from './machine.ts'
export { clauses } from './clauses.ts'
export type { Clause, ClauseId } from './clauses.ts'
export type { MachineObservation as Seen } from './observations.ts'
export type { Ledger } from './ledger.ts'
export type { Call, CallName } from './state.ts'
import type * as kernel from './kernel/design.ts'
import type { StandardUnit } from './iommus.ts'
import type { State as StateOf } from './state.ts'

/** Makes a design: its name, its options, and a list of steps for each call. Steps that keep state of their own may
 *  stand beside those that keep none; what options say of it is typed where it is made, by `callOn` and `claimsOn`. */
interface MakeDesign {
  <O extends Own = Own, C extends string = never>(name: string,
    options: NoInfer<kernel.DesignOptions<StandardUnit, O>> & { readonly calls?: Readonly<Record<C, unknown>> },
    protocols: Protocols<C, ProtocolSource<O>>): Design<O>
  <C extends string = never>(name: string,
    options: kernel.DesignOptions & { readonly calls?: Readonly<Record<C, unknown>> },
    protocols: Protocols<C, kernel.ProtocolSource>): Design
}
type Protocols<C extends string, Steps> = Readonly<Partial<Record<ProtocolName | NoInfer<C>, Steps>>>
export const design = makeDesign as unknown as MakeDesign

/** With the unit that machines have: `s.unit` is its state. `O`: what the design keeps, `{ state, registers }`. */
export type Design<O extends Own = never> = kernel.Design<StandardUnit, O>
export type StepContext<O extends Own = Own> = kernel.StepContext<StandardUnit, O>
export type Protocol<O extends Own = Own> = kernel.Protocol<StandardUnit, O>
export type ProtocolSource<O extends Own = Own> = kernel.ProtocolSource<StandardUnit, O>
export type Step<O extends Own = Own> = kernel.Step<StandardUnit, O>
export type View<O extends Own = Own> = kernel.View<StandardUnit, O>
export type State = StateOf<StandardUnit>
