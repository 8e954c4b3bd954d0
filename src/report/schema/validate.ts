/** The document of `validate`. Line numbers are those of the log, but in what is about unmaps, where they are those of
 *  the kernel log. */
import * as v from 'valibot'
import { count, document, integer, list, pair, text, texts } from './parts.ts'

/** How often, and the first lines. */
export const places = v.strictObject({ count, lines: list(count) })
export const named = list(v.strictObject({ name: text, count }))
export const damage = v.strictObject({
  total: count, kinds: list(v.strictObject({ kind: text, means: text, places })), unknownEvents: named,
  first: list(v.strictObject({ line: count, kind: text, excerpt: text })), blank: count,
})

const entries = v.strictObject({
  by: v.picklist(['capabilities', 'none known']),
  rows: list(v.strictObject({ structure: text, decoded: count, bad: places })),
  first: list(v.strictObject({ line: count, structure: text, fields: text, wrong: text })),
})
const iotlb = v.strictObject({
  fills: count, hits: count, misses: count, explained: count, beforeStart: places, otherContent: places,
  unexplained: places,
  refilledSame: places, refilledChanged: places, doubtful: places, afterUnseen: places,
  byDomain: list(v.strictObject({ did: count, fills: count, hits: count })),
  removed: v.strictObject({ global: count, domain: count, pasid: count, page: count }), detached: count,
  emptied: list(v.strictObject({ conduct: v.picklist(['SRTP', 'TE', 'reset', 'capacity']), line: count,
    entries: count })),
  largest: count, left: count, translated: count, addressDiffers: places,
})
const contexts = v.strictObject({
  fills: count, hits: count, explained: count, unexplained: places, beforeStart: places, refilledChanged: places,
  doubtful: places, notPresent: count, passThrough: count,
  pasids: v.strictObject({ changed: places, invalidations: count }),
})
const irteChange = v.strictObject({
  index: count, oldLine: count, newLine: count, from: text, to: text, rule: text, iecLine: v.nullable(count),
  waitLine: v.nullable(count),
})
const irtes = v.strictObject({
  reads: count, entries: count, changes: count, invalidated: count, early: places, doubtful: places, ending: places,
  longest: v.nullable(v.strictObject({ index: count, newLine: count, waitLine: count, open_us: count })),
  missed: list(irteChange), sample: list(irteChange),
  odd: places, anySource: v.strictObject({ count, lines: list(count), indices: list(count) }),
  halves: v.picklist(['as printed', 'swapped', 'undecided']), halvesDisputed: count, remapped: count,
  remapDiffers: places,
})
const queue = v.strictObject({
  ring: v.picklist(['queue', 'command buffer']), entry: v.picklist(['descriptor', 'command']),
  submissions: count, descriptors: count, byKind: list(v.strictObject({ kind: text, count })), waits: count,
  completed: count,
  perWait: list(v.strictObject({ descriptors: count, waits: count })), withoutWait: places,
  unseen: places, beyond: places,
  gaps: places, disagreeing: places,
  undecoded: list(v.strictObject({ line: count, why: text })),
})
const registers = v.strictObject({
  writes: list(v.strictObject({ register: text, count, fields: texts })),
  reads: list(v.strictObject({ register: text, count })),
  commands: list(v.strictObject({ line: count, commands: texts })), several: places,
  pointers: list(v.strictObject({
    pointer: v.picklist(['root table', 'interrupt table']), line: count, address: count, usedLine: v.nullable(count),
    missing: texts, doubtful: v.boolean(),
  })),
  mode: v.nullable(v.picklist(['legacy', 'scalable'])),
  remapping: list(v.strictObject({ line: count, what: v.picklist(['DMA', 'interrupt']), on: v.boolean() })),
})
const faults = v.strictObject({
  total: count, recorded: places,
  complaints: list(v.strictObject({ line: count, says: text, isRefusal: v.boolean() })),
  refused: list(v.strictObject({ sid: count, page: count, line: count })), unplaced: count,
  groups: list(v.strictObject({ reason: count, condition: v.nullable(text), says: text, sid: v.nullable(count),
    write: v.nullable(v.boolean()),
    places })),
})

const unremapped = v.strictObject({
  passed: places, admitted: places, beforeStart: places, wasOn: v.boolean(),
  first: v.nullable(v.strictObject({ line: count, address: count, data: count })),
})

const agreement = v.strictObject({
  agreeing: count, differing: places,
  differences: list(v.strictObject({ line: count, what: text, log: text, dump: text })),
  open: list(v.strictObject({ reason: text, means: text, places })),
})
const tables = v.strictObject({
  path: text, between: v.nullable(v.strictObject({ after: count, before: count })), assumed: texts,
  refused: v.nullable(text),
  translations: agreement, contexts: agreement, irtes: agreement,
})

const basis = v.picklist(['named', 'only', 'inferred', 'unknown'])
const answer = v.picklist(['page', 'pasid', 'domain', 'global'])
const between = pair(v.number())
const window = v.strictObject({
  line: count, page: count, pages: count, did: count, basis, answer, commandLine: count, laterUnmaps: between,
  wait_us: v.nullable(between),
  held: v.boolean(), hits: between,
})
const spread = v.strictObject({ median: v.number(), p90: v.number(), max: v.number() })
const spreads = v.strictObject({ least: spread, most: spread })
const pairing = v.strictObject({
  maps: count, unmaps: count, byBasis: v.strictObject({ named: count, only: count, inferred: count, unknown: count }),
  by: v.picklist(['clock', 'order']), joined: v.nullable(count),
  clock: v.nullable(v.strictObject({
    offset_us: v.number(), drift_ppm: v.number(), drift_range_ppm: between, error_us: v.number(), above: count,
    below: count,
  })),
  pairs: v.strictObject({ fetched: count, mapped: count }), guesses: v.strictObject({ checked: count, right: count }),
  rows: list(v.strictObject({
    answer, basis, unmaps: count, laterUnmaps: spreads, wait_us: v.nullable(spreads), held: count,
    hit: v.strictObject({ certain: count, possible: count }),
  })),
  timeline: list(v.strictObject({ from: count, to: count, own: count, flushed: count, unanswered: count,
    longest_us: v.nullable(v.number()) })),
  unanswered: places, ending: places, outside: places, unansweredSure: places,
  flushed: places, flushedDomains: list(count),
  hitAfterUnmap: list(window),
  longest: list(window),
  mapped: v.strictObject({ cachingMode: v.nullable(v.boolean()), used: count, missed: places, early: places }),
  disorder: v.nullable(text),
  refused: v.nullable(text),
})

/** Claims, and what the log says of each. */
export const verdicts = list(v.strictObject({
  claim: text, says: text, kind: v.picklist(['rule', 'observation', 'expectation']),
  verdict: v.picklist(['true', 'false', 'not-shown']), because: text,
  lines: list(integer), of: v.picklist(['log', 'kernel']),
}))

export const validate = document('validate', {
  log: v.strictObject({ path: text, lines: count, known: count, span_s: v.nullable(v.number()), backward: count,
    farthest_us: count, messages: count }),
  events: list(v.strictObject({ name: text, use: v.picklist(['replayed', 'counted', 'ignored']), count })),
  unread: damage, entries, iotlb, contexts, irtes, queue, registers, faults, unremapped,
  tables: v.pipe(v.nullable(tables), v.description('null without a dump')),
  kernel: v.pipe(v.nullable(v.strictObject({
    path: text, lines: count, events: named, attached: list(v.strictObject({ line: count, device: text })), lost: count,
    unread: damage, pairing,
  })), v.description('null without a kernel log')),
  lacks: v.pipe(v.nullable(text), v.description('what the logs lack; null where nothing is lacking')),
  verdicts,
})
