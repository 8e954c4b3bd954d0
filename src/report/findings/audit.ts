/** What `audit` found of one dump, or between two, one alarm, breach or difference at a time. */
import type { Alarm } from '../../audit/alarms.ts'
import { hex, size } from '../../audit/format.ts'
import { showRights } from '../../audit/ranges.ts'
import type { ReportOf } from '../report.ts'
import type { Finding, Standing } from './finding.ts'

/** Without a policy an audit shows and judges nothing: its alarms are known to whoever reads them. */
export function auditFindings({ audit, policy }: ReportOf<'audit'>): readonly Finding[] {
  const { path } = audit.dump
  const refused = new Set(policy?.alarms)
  return [
    ...audit.alarms.map(alarm => alarmFinding(path, alarm, refused.has(alarm) ? 'bad' : 'known')),
    ...policy === null ? [] : [
      ...policy.breaches.map(({ device, from, bytes, rights }): Finding => ({
        about: path, file: path, rule: 'policy', standing: 'bad',
        because: `${device} reaches ${hex(from)} to ${hex(from + bytes)}, ${size(bytes)}, ${showRights(rights)} `
          + 'not allowed',
      })),
      ...policy.absent.map((device): Finding => ({ about: path, file: path, rule: 'policy', standing: 'open',
        because: `${device} is in the policy and not in the dump` })),
      ...policy.passes ? [{ about: path, rule: 'policy', standing: 'good', because: '' } as const] : [],
    ],
  ]
}
const alarmFinding = (path: string, { code, devices, because, says, todo }: Alarm, standing: Standing): Finding => ({
  about: path, file: path, rule: code, standing, says,
  because: [...devices.length === 0 ? [] : [`${devices.join(' ')}:`], because, `→ ${todo}`].join(' '),
})

export function diffFindings({ diff }: ReportOf<'audit-diff'>): readonly Finding[] {
  const { before, after, same, mode, devices, ranges, interrupts, alarms, unknown } = diff
  const differs = (rule: string, because: string): Finding =>
    ({ about: `${before} → ${after}`, file: after, rule, standing: 'bad', because })
  const nameOf = (of: { readonly device: string; readonly pasid: number | null }): string =>
    of.pasid === null ? of.device : `${of.device} PASID ${of.pasid}`
  const open = [...unknown.before.map(one => alarmFinding(before, one, 'open')),
    ...unknown.after.map(one => alarmFinding(after, one, 'open'))]
  if (same && open.length === 0)
    return [{ about: `${before} → ${after}`, rule: 'same', standing: 'good', because: '' }]
  return [
    ...open,
    ...mode === null ? [] : [differs('mode', `${mode.before} → ${mode.after}`)],
    ...devices.map(one => differs('devices', `${nameOf(one)}: ${one.before?.mode ?? 'absent'} → `
      + `${one.after?.mode ?? 'absent'}`)),
    ...ranges.map(one => differs('memory', `${nameOf(one)}: ${one.count} ranges differ`)),
    ...interrupts.map(({ index, of }) =>
      differs('interrupts', `entry ${index}${of === null ? '' : ` of ${of}`} differs`)),
    ...alarms.gone.map(({ code, because }) => differs('alarms', `gone: ${code}: ${because}`)),
    ...alarms.come.map(({ code, because }) => differs('alarms', `new: ${code}: ${because}`)),
  ]
}
