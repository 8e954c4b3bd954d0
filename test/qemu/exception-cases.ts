/** A test for each exception of an oracle: the case that shows it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isOn, versionsOf } from '../../src/qemu/oracle/exception.ts'
import type { QemuException } from '../../src/qemu/oracle/exception.ts'
import type { Oracle } from '../../src/qemu/oracle/oracle.ts'
import type { Session, Setup } from '../../src/qemu/oracle/setup.ts'
import { runsOn } from '../../src/qemu/oracle/setup.ts'
import { absent, version } from './support.ts'

/** `one` is a case of the suite. */
export interface ExceptionCase { readonly suite: Setup['suite']; readonly setup: string; readonly one: unknown }

/** Expects of each exception that a QEMU which has it still leaves the manual so, and that another does not. */
export function expectExceptions<E extends QemuException>({ setups }: Oracle, exceptions: readonly E[],
  caseOf: (name: E['name']) => ExceptionCase): void {
  const groups = setups
    .map(setup => ({ setup, known: exceptions.filter(({ name }) =>
      caseOf(name).suite === setup.suite && caseOf(name).setup === setup.name) }))
    .filter(({ known }) => known.length > 0)

  for (const { setup, known } of groups)
    describe.skipIf(absent !== null
      || !runsOn(setup, version))(`QEMU leaves the manual in ${setup.suite}, ${setup.name}`,
      () => {
        let session: Session
        beforeAll(async () => { session = await setup.open() })
        afterAll(async () => { await session.close() })

        it.each(known.map(one => [one.name, versionsOf(one), one] as const))('%s (%s)', async (name, _, one) => {
          const judged = await session.replay(caseOf(name).one, name)
          expect(judged.map(({ verdict }) => verdict)).not.toContain('different')
          const verdicts = judged.flatMap(({ verdict }) => verdict)
          if (isOn(one, version)) expect(verdicts,
            `this QEMU follows the manual now: say of '${name}' which version has it no more`).toContain(name)
          else expect(verdicts).not.toContain(name)
        })
      })
}
