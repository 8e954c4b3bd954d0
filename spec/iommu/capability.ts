/** What hardware may lack or add, as switches that bounds take. */

/** Of a design, what decides whether a capability makes a difference to it. */
export interface Uses {
  readonly remapsDma: boolean
  readonly remapsInterrupts: boolean
  readonly interruptTables: number
}

export interface Capability {
  /** The manual's name of the bit, and what it means. */
  readonly says: string
  /** What current hardware reports. */
  readonly standard: 0 | 1
  /** The value on hardware on which no step of a kernel is spared; null where neither asks for more. */
  readonly demanding: 0 | 1 | null
  /** Whether it can make a difference to calls that change memory, or to those that move interrupts. */
  readonly matters: (part: 'memory' | 'interrupts', design: Uses) => boolean
}
export type Capabilities = Readonly<Record<string, Capability>>
