/** A design that is asked about, whole or edited, and its machine. */
import { suggest, usage } from '../errors.ts'
import { propertiesFor } from '../../properties/index.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { edited, NoSuchEdit } from '../../spec/kernel/edits.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { remapMachine } from '../../spec/machine.ts'
import type { RemapMachine } from '../../spec/machine.ts'
import { withDesignErrors } from './design-errors.ts'

export interface Subject {
  readonly design: Design
  /** The module it came from; null for a built-in one. */
  readonly path: string | null
  /** The module that further claims came from. */
  readonly claimsPath?: string
}

/** The whole machine: what saved traces are replayed on, whatever was asked of it. */
export const machineOf = (subject: Subject, b: Bounds): RemapMachine =>
  withDesignErrors(subject, () => remapMachine(subject.design, b, propertiesFor(subject.design, b)))

/** @throws UserError E-EDIT, with the nearest name. */
export function editedDesign(from: Design, edits: string): Design {
  try { return edited(from, edits) } catch (cause) {
    if (!(cause instanceof NoSuchEdit)) throw cause
    throw usage(`${from.name}~${edits}`, cause.message, cause.known.length === 0
      ? 'an edit is CALL/STEP, CALL/STEP+STEP or CALL/STEP<>STEP'
      : suggest(cause.typed, cause.known, `it has ${cause.known.join(', ')}`), 'EDIT')
  }
}
