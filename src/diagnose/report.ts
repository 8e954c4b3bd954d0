/** What `diagnose` says: plain data, ready for JSON. Text for people is in render.ts. */
import type { Access, Answer } from './happening.ts'

export interface FileReport {
  readonly path: string
  readonly lines: number
  readonly encoding: 'UTF-8' | 'UTF-16'
  readonly packed: boolean
  /** Messages that were read, by what they are. */
  readonly read: readonly { readonly what: string; readonly count: number }[]
  /** What else the file is, and what to do with that. */
  readonly kinds: readonly { readonly what: string; readonly next: string }[]
  /** Lines about an IOMMU or interrupts that no reader knows. */
  readonly unread: { readonly count: number; readonly first: readonly { readonly line: number;
    readonly text: string }[] }
  /** What makes the answers less than whole: cut files, lost messages, clocks that jump. */
  readonly doubts: readonly string[]
}
export interface Fault extends Answer {
  readonly file: string
  readonly device: string | null
  readonly access: Access
  readonly count: number
  readonly lines: readonly number[]
  readonly first: string
  readonly last: string
  readonly addresses: readonly string[]
  readonly moreAddresses: boolean
}
export interface DiagnosisReport {
  readonly files: readonly FileReport[]
  /** What stands beside the logs and serves their faults: sentences. */
  readonly beside: readonly string[]
  readonly faults: readonly Fault[]
  /** All of them, those counted only too. */
  readonly total: number
  /** Of groups beyond those that are kept. */
  readonly beyond: number
}
