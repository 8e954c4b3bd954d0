/** The profile that a command prices with: built in, or a file. */
import { existsSync, readFileSync } from 'node:fs'
import type { Subject } from '../check/subject.ts'
import { suggest, usage } from '../errors.ts'
import { badJson } from '../text/json-position.ts'
import { loadProfile, profiles } from '../../spec/costs/index.ts'
import type { Profile } from '../../spec/costs/index.ts'
import { iommuNameOf } from '../../spec/designs.ts'
import { iommuOf } from '../../spec/iommus.ts'
import { placed } from './io.ts'
import type { Io } from './io.ts'
import { isPath } from './paths.ts'

/** The default where none is named. @throws UserError E-PROFILE. */
export function profileNamed(io: Io, name: string | undefined): Profile {
  const known = Object.keys(profiles)
  if (name === undefined) return profiles[known[0]!]!
  if (Object.hasOwn(profiles, name)) return profiles[name]!
  const file = placed(io, name)
  if (!existsSync(file) && !isPath(name) && !name.endsWith('.json'))
    throw usage('--profile', `no profile is named '${name}'`,
      suggest(name, known, `there are ${known.join(', ')}; or give a file`), 'PROFILE')
  let source: string
  try { source = readFileSync(file, 'utf8') } catch (cause) {
    throw usage(name, `cannot be read (${String((cause as { code?: unknown }).code)})`,
      'give a profile in JSON, as spec/costs/xeon-2011-2016.json', 'PROFILE')
  }
  const bad = badJson(source)
  if (bad !== null) throw usage(name + bad.place, bad.problem, 'mend the file at this place', 'PROFILE')
  try {
    const own = loadProfile(source, name)
    // a copy that kept its name is another profile: reports and budgets must not take it for the built-in one
    return Object.hasOwn(profiles, own.id) ? { ...own, id: name } : own
  } catch (cause) {
    const [, problem] = /^[^:]*: (.*)$/s.exec((cause as Error).message) ?? ['', (cause as Error).message]
    throw usage(name, problem!, 'compare with spec/costs/xeon-2011-2016.json', 'PROFILE')
  }
}

/** Of a machine with the IOMMU that all designs are on which use one; undefined, the first of all, where they are on
 *  several. */
export function usualProfile(subjects: readonly Subject[]): string | undefined {
  const [name, other] = new Set(subjects.filter(({ design }) => iommuNameOf(design) !== null)
    .map(({ design }) => iommuOf(design).profile))
  return other === undefined ? name : undefined
}
