/** A mutant: a right design with one thing wrong, the claim that must notice, and how short the proof is. */
import { claimOn } from '../../properties/index.ts'
import { bounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { designNamed } from '../../spec/designs.ts'
import { iommuOf } from '../../spec/iommus.ts'
import type { Design } from '../../spec/kernel/design.ts'
import type { Claim } from '../../spec/claim.ts'

export interface Mutant {
  /** After the real bug where there is one. */
  readonly name: string
  readonly design: Design
  readonly bounds: Bounds
  readonly breaks: Claim
  /** Ops of the shortest counterexample; of an endless one, those before its loop. */
  readonly shortest: number
  /** Length of random runs that find it: what takes many calls needs longer ones. */
  readonly runLength: number
  /** The design and bounds it was made from: there the claim holds. */
  readonly sound: { readonly design: Design; readonly bounds: Bounds }
}

interface Spec {
  readonly from: Design
  readonly breaks: Claim
  readonly at: Partial<Bounds>
  /** Where the sound one lives, when it is not at the same bounds. */
  readonly soundAt?: Partial<Bounds>
  readonly shortest: number
  readonly runLength?: number
}
export function mutant(name: string, design: Design,
  { from, breaks, at, soundAt = at, shortest, runLength = 120 }: Spec): Mutant {
  return { name, design, bounds: bounds(at), breaks: claimOn(breaks, iommuOf(design)), shortest, runLength,
    sound: { design: from, bounds: bounds(soundAt) } }
}

/** One device, one page, one frame: enough for what goes wrong with a single mapping. */
export const onePage: Partial<Bounds> = { frames: 1, iovas: 1 }
export const twoLevels: Partial<Bounds> = { frames: 1, iovas: 2, levels: 2, tables: 1 }
export const reassigning: Partial<Bounds> = { frames: 1, iovas: 1, domains: 2, reassign: 1 }
export const oneSource: Partial<Bounds> = { cpus: 2, sources: 1, vectors: 2, migrate: 1 }
export const twoSources: Partial<Bounds> = { cpus: 2, devices: 2, sources: 2, vectors: 2, migrate: 2 }
export const forging: Partial<Bounds> = { cpus: 2, devices: 2, sources: 2, vectors: 1, hostile: 1 }

/** One that an edit makes (`CALL/STEP`), or an edit by hand. */
export const broken = (name: string, from: string, edit: string | ((from: Design) => Design), breaks: Claim,
  at: Partial<Bounds>, shortest: number): Mutant => {
  const sound = designNamed(from)!
  return mutant(name, typeof edit === 'string' ? designNamed(`${from}~${edit}`)! : edit(sound),
    { from: sound, breaks, at, shortest, runLength: 400 })
}
/** A step by its name done another way. */
export const changed = (call: string, name: string, change: (step: Design['protocols'][string][number]) => object) =>
  (from: Design): Design => ({ ...from, name: `${from.name} ${call}.${name} changed`,
    protocols: { ...from.protocols,
      [call]: from.protocols[call]!.map(step => step.name === name ? { ...step, ...change(step) } : step) } })
