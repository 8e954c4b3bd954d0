/** The document of `diagnose`. Addresses are hexadecimal text. */
import * as v from 'valibot'
import { count, document, list, text, texts } from './parts.ts'

const address = v.pipe(text, v.regex(/^0x[0-9a-f]+$/, 'an address like "0x1000"'))
const look = v.strictObject({
  run: v.pipe(v.nullable(text), v.description('a command; null where it is done by hand')), says: text,
})
const file = v.strictObject({
  path: text, lines: count, encoding: v.picklist(['UTF-8', 'UTF-16']), packed: v.boolean(),
  read: list(v.strictObject({ what: text, count })), kinds: list(v.strictObject({ what: text, next: text })),
  unread: v.strictObject({ count, first: list(v.strictObject({ line: count, text })) }), doubts: texts,
})

export const diagnose = document('diagnose', {
  files: list(file),
  beside: v.pipe(texts, v.description('tables, firmware and interrupts that serve the faults')),
  faults: list(v.strictObject({
    title: text, happened: text,
    hardware: list(v.strictObject({ says: text, clause: v.nullable(text) })),
    concludes: list(v.strictObject({ certainty: v.picklist(['sure', 'likely', 'open']), says: text, rule: text })),
    next: list(look), shows: list(look), file: text, device: v.nullable(text),
    access: v.picklist(['read', 'write', 'execute', 'interrupt', 'unknown']), count, lines: list(count), first: text,
    last: text, addresses: list(address), moreAddresses: v.boolean(),
  })),
  total: v.pipe(count, v.description('faults, with those of sorts that are only counted')),
  beyond: count,
})
