/** The claims on logs of AMD units: those on all units, where words or reasons differ (AMD 48882 rev 3.05, 2.4). */
import { no, open, several, yes } from '../verdicts/judging.ts'
import type { Claim } from '../verdicts/judging.ts'
import { unlessLost } from '../verdicts/lacks.ts'

/** These ask for registers that only other units have, or for entries that this log does not show. */
const without = ['one-command-at-a-time', 'tables-flushed-before-use', 'contexts-in-tables', 'tail-in-ring']

const deviceChangesInvalidated: Claim = {
  claim: 'device-changes-invalidated', kind: 'rule', of: 'log',
  says: 'A device that came into another domain had its entry invalidated (INVALIDATE_DEVTAB_ENTRY, then a wait), and '
    + 'nothing of the old domain was left in its cache.',
  judge: ({ contexts: { fills, hits, refilledChanged, doubtful } }) => {
    if (refilledChanged.count > 0)
      return no(`${several(refilledChanged.count, 'change')} of domain without`, refilledChanged.lines)
    if (doubtful.count > 0) return open(unlessLost(doubtful.count, 'change'), doubtful.lines)
    return fills === 0 ? open('the log has no fill')
      : yes(`${several(fills, 'device and domain', 'devices and domains')}, ${several(hits, 'fill')} more`)
  },
}

const submissionsWaitedFor: Claim = {
  claim: 'submissions-waited-for', kind: 'observation', of: 'log',
  says: 'Whoever sent commands asked when they were done: each is followed by a COMPLETION_WAIT that ended.',
  judge: ({ queue: { descriptors, waits, withoutWait } }) => {
    if (withoutWait.count > 0) return no(`${several(withoutWait.count, 'command')} without a wait`, withoutWait.lines)
    return descriptors === 0 ? open('nothing was sent')
      : yes(`${several(descriptors, 'command')}, ${several(waits, 'wait')}`)
  },
}

/** Whether one may pass the kernel decides, device by device: IV, IntCtl and the pass bits. */
const noUnmappedInterrupt: Claim = {
  claim: 'no-unremapped-interrupt', kind: 'observation', of: 'log',
  says: 'No interrupt passed unmapped while the unit was on.',
  judge: ({ unremapped: { passed, beforeStart, first, wasOn }, irtes: { reads } }) => {
    if (first !== null)
      return no(`${several(passed.count, 'message')}; first: address 0x${first.address.toString(16)}, data 0x`
        + first.data.toString(16), passed.lines)
    if (beforeStart.count > 0)
      return open(`${several(beforeStart.count, 'message')} before the log tells whether the unit is on`,
        beforeStart.lines)
    if (!wasOn) return open('the log does not show the unit switched on')
    return reads === 0 ? open('no interrupt was remapped') : yes(several(reads, 'interrupt'))
  },
}

/** Each unmap may have had a command of its own. */
export const noRanges =
  'QEMU does not print the range of INVALIDATE_IOMMU_PAGES: each counts as a flush of its domain'
const rangesUnknown = (claim: Claim): Claim => ({
  ...claim,
  judge: facts => facts.kernel === null || facts.kernel.pairing.refused !== null ? claim.judge(facts)
    : open(noRanges),
})

const instead: Readonly<Record<string, (claim: Claim) => Claim>> = {
  'context-changes-invalidated': () => deviceChangesInvalidated,
  'submissions-waited-for': () => submissionsWaitedFor,
  'irte-changes-invalidated': claim => ({ ...claim,
    says: 'Each interrupt entry that changed had an INVALIDATE_INTERRUPT_TABLE, and a wait that ended.' }),
  'log-complete': claim => ({ ...claim,
    says: 'Every line was read, and every command from head to tail has its lines. Only the command buffer is '
      + 'numbered: a line about something else that is missing whole cannot be noticed.' }),
  'hits-explained': claim => ({ ...claim,
    says: 'Each hit used an entry that a fill had put in and no command had removed.' }),
  'entries-well-formed': claim => ({ ...claim,
    says: 'No entry, command or register write that the log prints has a bit set that must be 0.' }),
  'maps-invalidated-before-use': claim => ({ ...claim,
    says: "With NpCache=1, as QEMU's unit has it: what was mapped was invalidated before a device first used it." }),
  'unmaps-answered-one-by-one': rangesUnknown, 'no-unremapped-interrupt': () => noUnmappedInterrupt,
}

export const amdviClaims = (all: readonly Claim[]): readonly Claim[] =>
  all.filter(({ claim }) => !without.includes(claim)).map(claim => instead[claim.claim]?.(claim) ?? claim)
