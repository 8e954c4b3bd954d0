/** QEMU's trace of a unit in the place of a log: `validate` judges it, and what it finds false is a fault here. */
import { UserError } from '../errors.ts'
import { validateLog } from '../logs/validate.ts'
import type { Fault } from './report.ts'

/** `read`: what was read, and how many lines of it. */
export interface Judged { readonly faults: readonly Fault[]; readonly read: readonly (readonly [string, number])[] }

/** Null where too little of it is a trace. @throws what is no mistake of the file. */
export async function checkedTrace(path: string): Promise<Judged | null> {
  try {
    const { verdicts, log } = await validateLog({ log: path })
    const broken = verdicts.filter(({ kind, verdict, of }) => kind === 'rule' && verdict === 'false' && of === 'log')
    const read: Judged['read'] = [["QEMU's trace of a unit", log.known]]
    return { read, faults: broken.map(({ claim, says, because, lines }): Fault => {
      const first = `line ${lines[0] ?? 1}`
      return {
        title: `the trace breaks ${claim}`, happened: because,
        hardware: [{ says, clause: null }],
        concludes: [{ certainty: because.includes('does not show') ? 'likely' : 'sure', rule: claim,
          says: 'The kernel or the unit in this trace breaks a rule of the manual.' }],
        next: [{ run: `remapcheck validate ${path}`, says: 'all that was checked' }],
        shows: [{ run: `remapcheck explain ${claim}`, says: 'the claim' }],
        file: path, device: null, access: 'unknown', count: Math.max(1, lines.length), lines, first,
        last: `line ${lines.at(-1) ?? 1}`, addresses: [], moreAddresses: false,
      }
    }) }
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause
    return null
  }
}
