/** What is asked about: a design, whole or edited, and its machine; or a machine of a user's own. */
import { suggest, usage } from '../errors.ts'
import { machine as makeMachine } from '../model/index.ts'
import type { Machine } from '../model/index.ts'
import { propertiesFor } from '../../properties/index.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { claimOf } from '../../spec/claim.ts'
import type { RemapProperty } from '../../spec/claim.ts'
import { edited, NoSuchEdit } from '../../spec/kernel/edits.ts'
import { design as makeDesign } from '../../spec/kernel/design.ts'
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
  /** The machine that a module gives as it is: it has no bounds, and its design is a name alone. */
  readonly machine?: RemapMachine
}

/** A machine of the modelling language, whatever its state. It has one scope: itself. Each claim has all that the
 *  machine must reach as witnesses. */
export function subjectOfMachine(given: Machine, path: string): Subject {
  const machine = given as unknown as RemapMachine
  const witnesses = machine.properties.filter(({ kind }) => kind === 'sometimes')
  const claims = machine.properties.filter(({ kind }) => kind !== 'sometimes')
  const design = makeDesign(machine.name, {
    says: `the machine of ${path}`, remapsDma: false, remapsInterrupts: false,
    claims: claims.map(property => claimOf({ property, witnesses })),
    scopes: [{ name: 'whole', says: 'the machine as its module gives it', bounds: {} }],
  }, {})
  return { design, path, machine }
}

/** All that is claimed of a subject within these bounds. */
export const propertiesOf = (subject: Subject, b: Bounds): readonly RemapProperty[] =>
  subject.machine?.properties ?? withDesignErrors(subject, () => propertiesFor(subject.design, b))

/** The machine with some of its properties. */
export function machineWith(subject: Subject, b: Bounds, properties: readonly RemapProperty[]): RemapMachine {
  const { machine } = subject
  if (machine === undefined) return withDesignErrors(subject, () => remapMachine(subject.design, b, properties))
  const { name, domain, initial, ledger, vocabulary, actions } = machine
  return makeMachine({ name, domain, initial, ledger, vocabulary, actions, properties })
}

/** The whole machine: what saved traces are replayed on, whatever was asked of it. */
export const machineOf = (subject: Subject, b: Bounds): RemapMachine =>
  machineWith(subject, b, propertiesOf(subject, b))

/** @throws UserError E-EDIT, with the nearest name. */
export function editedDesign(from: Design, edits: string): Design {
  try { return edited(from, edits) } catch (cause) {
    if (!(cause instanceof NoSuchEdit)) throw cause
    throw usage(`${from.name}~${edits}`, cause.message, cause.known.length === 0
      ? 'an edit is CALL/STEP, CALL/STEP+STEP or CALL/STEP<>STEP'
      : suggest(cause.typed, cause.known, `it has ${cause.known.join(', ')}`), 'EDIT')
  }
}
