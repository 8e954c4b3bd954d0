/** A policy: which memory each device may reach, and which alarms are accepted. It turns an audit into pass or fail. */
import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { nearest, UserError } from '../errors.ts'
import { badJson } from '../text/json-position.ts'
import { alarmKinds, unknowns } from './alarms.ts'
import type { Alarm, AlarmCode } from './alarms.ts'
import { RangeList, rights } from './ranges.ts'
import { reachOf } from './reach.ts'
import type { Reach } from './reach.ts'
import { twice, whereIn } from './place.ts'
import type { AuditReport } from './report.ts'

export const policyFormat = 'remapcheck-policy/1'
/** More than any machine needs. */
const most_bytes = 4 * 2 ** 20

const described = <S extends v.GenericSchema>(schema: S, text: string) => v.pipe(schema, v.description(text))
const address = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{1,13}$/i, 'an address like "0x1000"'))
const range = v.pipe(
  v.strictObject({ from: address, to: address, rights: v.picklist(['r', 'w', 'rw']) }),
  v.check(({ from, to }) => Number(from) < Number(to), 'a range whose "to" is above its "from"'))
const codes = Object.keys(alarmKinds) as [AlarmCode, ...AlarmCode[]]
const schema = v.strictObject({
  format: described(v.literal(policyFormat), `always \`"${policyFormat}"\``),
  devices: described(
    v.record(v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]|\*)$/, 'a device like "00:1f.2", or "*"')),
      v.union([v.array(range), v.literal('all')])),
    'by device (`"00:1f.2"`, lower case): the host memory it may reach, as `[{ "from": "0x1000", "to": "0x3000", '
      + '"rights": "rw" }, …]` where `to` is the first address '
    + 'that is not in the range, or `"all"`. `"*"` is every device that is not named; without it such a device may '
    + 'reach nothing'),
  accept: described(v.exactOptional(v.array(v.picklist(codes))), 'optional: codes of alarms that do not fail the gate'),
})
/** Rows of the table in docs/audit.md. */
export const policyFields: readonly { readonly field: string; readonly says: string }[] =
  Object.entries(schema.entries).map(([field, of]) => ({ field, says: v.getDescription(of) ?? '' }))

export interface Policy {
  readonly devices: ReadonlyMap<string, Reach | 'all'>
  readonly accept: readonly AlarmCode[]
}

/** @throws UserError E-POLICY-FILE, -JSON, -TWICE, -FIELD; all but the first with line and column. */
export function loadPolicy(path: string): Policy {
  let text: string
  try {
    const bytes = readFileSync(path)
    if (bytes.length > most_bytes)
      throw mistake('FILE', path, `${bytes.length} bytes; a policy has at most ${most_bytes}`,
        'give a policy, not a dump')
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    const errno = (cause as NodeJS.ErrnoException).code ?? ''
    const known: Readonly<Record<string, string>> = { ENOENT: 'there is no such file',
      ERR_ENCODING_INVALID_ENCODED_DATA: 'not text in UTF-8' }
    throw mistake('FILE', path, known[errno] ?? `cannot be read (${errno})`, 'check the path')
  }
  return parsePolicy(text, path)
}
const mistake = (code: string, subject: string, problem: string, next: string): UserError =>
  new UserError({ code: `E-POLICY-${code}`, subject, problem, next })

export function parsePolicy(text: string, path: string): Policy {
  const bad = badJson(text)
  if (bad !== null) throw mistake('JSON', path + bad.place, bad.problem, 'mend the file at this place')
  const again = twice(text)
  if (again !== null) throw mistake('TWICE', `${path}:${again.line}:${again.column}`,
    `"${again.key}" is there twice, and only the last would count`, 'join the two')
  const result = v.safeParse(schema, JSON.parse(text), { abortEarly: true })
  if (result.success) return policyOf(result.output)
  const issue = deepest(result.issues[0])
  const at = whereIn(text, (issue.path ?? []).map(({ key }) => key as string | number))
  throw mistake('FIELD', `${path}:${at.line}:${at.column}`, `${v.getDotPath(issue) ?? 'policy'}: ${problemOf(issue)}`,
    nextOf(issue))
}

/** Of a union, what is wrong with the alternative that came furthest; its own path begins at the union. */
function deepest(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown> {
  const inner = (issue.issues ?? []).toSorted((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0))[0]
  if (inner?.path === undefined) return issue
  return deepest({ ...inner, path: [...issue.path ?? [], ...inner.path] as NonNullable<typeof inner.path> })
}
function problemOf(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === 'never') return 'no such field'
  if (issue.received === 'undefined') return 'missing'
  return `${issue.received}, expected ${issue.kind === 'validation' ? issue.message : issue.expected ?? issue.message}`
}
function nextOf({ input, expected }: v.BaseIssue<unknown>): string {
  const meant = typeof input === 'string' && expected?.includes('"') === true ? nearest(input, codes) : null
  return meant === null ? 'compare the field with docs/audit.md' : `did you mean '${meant}'?`
}

function policyOf({ devices, accept = [] }: v.InferOutput<typeof schema>): Policy {
  const bits = { r: rights.read, w: rights.write, rw: rights.both } as const
  return {
    accept,
    devices: new Map(Object.entries(devices).map(([device, ranges]): [string, Reach | 'all'] => {
      if (ranges === 'all') return [device, 'all']
      const list = new RangeList()
      for (const { from, to, rights: granted } of ranges)
        list.append(list.length, Number(from), Number(to) - Number(from), bits[granted], 1)
      return [device, reachOf(list)]
    })),
  }
}

/** Memory that a device reaches and may not, with the rights that go too far. */
export interface Breach {
  readonly device: string
  readonly from: number
  readonly bytes: number
  readonly rights: number
}
export interface Gate {
  readonly passes: boolean
  /** The first `mostBreaches`; `bytes` is of all. */
  readonly breaches: readonly Breach[]
  readonly breachCount: number
  /** Errors, and alarms that leave something unknown, that the policy does not accept. */
  readonly alarms: readonly Alarm[]
  /** Devices that the policy names and the dump does not have. */
  readonly absent: readonly string[]
}
const mostBreaches = 10_000

export function gate(report: AuditReport, { devices, accept }: Policy): Gate {
  const breaches: Breach[] = []
  let breachCount = 0
  for (const { device, ways } of report.devices) {
    const allowed = devices.get(device) ?? devices.get('*')
    if (allowed === 'all') continue
    for (const id of new Set(ways.map(({ space }) => space)))
      for (const found of id === null ? [] : beyond(report.spaces[id]!.reach, allowed)) {
        breachCount++
        if (breaches.length < mostBreaches) breaches.push({ device, ...found })
      }
  }
  const alarms = report.alarms.filter(({ code, severity }) => (severity === 'error' || unknowns.includes(code))
    && !accept.includes(code))
  const present = new Set(report.devices.map(({ device }) => device))
  return {
    passes: breachCount === 0 && alarms.length === 0, breaches, breachCount, alarms,
    absent: [...devices.keys()].filter(device => device !== '*' && !present.has(device)),
  }
}

/** Parts of a reach that another does not allow. */
export function* beyond(reach: Reach, allowed: Reach | undefined): Generator<Omit<Breach, 'device'>> {
  let other = 0
  for (let i = 0; i < reach.length; i++) {
    const end = reach.ends[i]!, bits = reach.rights[i]!
    let at = reach.starts[i]!
    while (at < end) {
      while (allowed !== undefined && other < allowed.length && allowed.ends[other]! <= at) other++
      const within = allowed !== undefined && other < allowed.length && allowed.starts[other]! <= at
      const next = allowed === undefined || other >= allowed.length ? end
        : Math.min(end, within ? allowed.ends[other]! : allowed.starts[other]!)
      const excess = bits & ~(within ? allowed.rights[other]! : 0)
      if (excess !== 0) yield { from: at, bytes: next - at, rights: excess }
      at = next
    }
  }
}
