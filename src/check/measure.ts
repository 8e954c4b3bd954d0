/** What each path of a design takes, counted. */
import { measure } from '../cost/index.ts'
import type { MeasuredDesign, PathCounts } from '../cost/index.ts'
import { vocabulary } from '../../spec/costs/index.ts'
import { scenariosFor } from '../../spec/costs/scenarios.ts'
import { remapMachine } from '../../spec/machine.ts'
import { withDesignErrors } from './design-errors.ts'
import type { Subject } from './subject.ts'

/** @throws UserError E-DESIGN-STEP when a step of a user's design fails, or the design cannot take one of the paths it
 *  has. */
export function measureDesign(subject: Subject): MeasuredDesign {
  const { design } = subject
  const counts: Record<string, PathCounts[string]> = {}
  for (const scenario of withDesignErrors(subject, () => scenariosFor(design))) {
    const measured = withDesignErrors(subject,
      () => measure(remapMachine(design, scenario.bounds), scenario, vocabulary)).counts
    for (const path of scenario.paths) if (measured[path] !== undefined) counts[path] = measured[path]
  }
  return { design: design.name, counts }
}
