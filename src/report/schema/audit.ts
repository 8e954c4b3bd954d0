/** The documents of `audit`, and of `audit --diff`. Addresses are hexadecimal text, sizes are bytes. */
import * as v from 'valibot'
import { severities } from '../../audit/alarms.ts'
import { spaceKinds } from '../../audit/spaces.ts'
import { count, document, list, text, texts } from './parts.ts'

const address = v.pipe(text, v.regex(/^0x[0-9a-f]+$/, 'an address like "0x1000"'))
const rights = v.pipe(text, v.regex(/^(?:–|r|w|rw)$/, 'r, w, rw or –'))
const maybe = v.nullable(count)

const way = v.strictObject({
  pasid: maybe, domain: maybe, mode: v.picklist([...spaceKinds, 'blocked']), levels: maybe, space: maybe,
  fault: v.nullable(v.strictObject({ code: count, name: text, says: text })),
})
const leaves = v.strictObject({ '4K': count, '2M': count, '1G': count })
const range = v.strictObject({ input: address, output: address, bytes: count, rights, leaves })
const space = v.strictObject({
  id: count, kind: v.picklist(spaceKinds), table: v.nullable(address), levels: count, second: v.nullable(address),
  devices: texts, domains: list(count), readable: count, writable: count, leaves: v.nullable(leaves), tables: count,
  cut: v.boolean(),
  sharesWith: list(v.strictObject({ space: count, devices: texts, bytes: count, writable: count })),
  ranges: list(range),
})
const entryFields = {
  index: count, of: v.nullable(text), kind: v.picklist(['remapped', 'posted']), vector: count, destination: maybe,
  logical: v.boolean(), delivery: maybe, level: v.boolean(),
  source: v.pipe(v.nullable(text), v.description('null: any device')), fault: maybe,
  refusal: v.nullable(text),
}
const entry = v.strictObject({ ...entryFields, descriptor: v.nullable(address) })
const alarm = v.strictObject({ code: text, severity: v.picklist(severities), devices: texts, because: text, says: text,
  todo: text })

export const audit = document('audit', {
  dump: v.strictObject({ path: text, format: text, unit: v.nullable(text), bytes: count, assumed: texts }),
  unit: v.strictObject({
    mode: v.picklist(['legacy', 'scalable', 'device table', 'bypass', 'blocked', 'unknown']),
    rootKind: v.picklist(['root table', 'device table']), rootTable: v.nullable(address),
    registers: list(v.strictObject({ name: text, value: text, says: text })),
    hostAddressWidth: count, guestAddressWidth: count, levels: list(count),
  }),
  devices: list(v.strictObject({ device: text, deviceTlb: v.boolean(), ways: list(way) })),
  spaces: list(space),
  shared: v.strictObject({
    count,
    runs: list(v.strictObject({ from: address, bytes: count, spaces: count,
      who: list(v.strictObject({ space: count, rights })) })),
  }),
  interrupts: v.strictObject({
    known: v.boolean(), remapping: v.boolean(), compatibility: v.boolean(), address: v.nullable(address), tables: count,
    size: count, pagesMissing: count, pages: count, entries: list(entry),
  }),
  queue: v.nullable(v.strictObject({
    name: v.picklist(['invalidation queue', 'command buffer']), entry: v.picklist(['descriptor', 'command']),
    head: count, tail: count, waiting: count, kinds: list(v.strictObject({ what: text, count })),
    last: list(v.strictObject({ index: count, says: text, words: text })),
  })),
  firmware: list(v.strictObject({
    path: text, table: text, flags: texts,
    units: list(v.strictObject({ name: text, base: address, segment: count, covers: texts })),
    regions: list(v.strictObject({ from: address, to: address, bytes: count, rights: text, devices: texts })),
    notes: texts, doubts: texts,
  })),
  alarms: list(alarm),
  policy: v.nullable(v.strictObject({
    passes: v.boolean(), breaches: list(v.strictObject({ device: text, from: address, bytes: count, rights })),
    breachCount: count,
    alarms: list(v.strictObject({ code: text, devices: texts, because: text, todo: text })), absent: texts,
  })),
})

const part = list(v.strictObject({ input: address, output: address, bytes: count, rights }))
const changedEntry = v.nullable(v.strictObject({ ...entryFields, descriptor: maybe }))
export const auditDiff = document('audit-diff', {
  before: text, after: text, same: v.boolean(), mode: v.nullable(v.strictObject({ before: text, after: text })),
  devices: list(v.strictObject({ device: text, pasid: maybe, before: v.nullable(way), after: v.nullable(way) })),
  ranges: list(v.strictObject({ device: text, pasid: maybe, before: part, after: part, count })),
  interrupts: list(v.strictObject({ index: count, of: v.nullable(text), before: changedEntry, after: changedEntry })),
  alarms: v.strictObject({ gone: list(alarm), come: list(alarm) }),
  unknown: v.strictObject({ before: list(alarm), after: list(alarm) }),
})
