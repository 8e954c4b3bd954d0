/** Random domains and values of them. */
import fc from 'fast-check'
import { bool, keyCount, list, oneOf, optional, range, scalarset, struct, table, variant } from '../../src/index.ts'
import type { Domain, Fields, Index } from '../../src/index.ts'

const index: fc.Arbitrary<Index> = fc.oneof(
  fc.nat(2).map(n => scalarset('id', n)), fc.integer({ min: -1, max: 2 }).map(high => range(0, high)))
const scalar: fc.Arbitrary<Domain> = fc.oneof(
  fc.constant(bool), fc.tuple(fc.integer(), fc.nat(40)).map(([low, span]) => range(low, low + span)),
  fc.constant(range(2 ** 32, 2 ** 32 + 5)), fc.constant(range(0, 2 ** 31 - 2)),
  fc.constant(range(-(2 ** 30), 2 ** 30 - 2)),
  fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 4 }).map(values => oneOf(...values)),
  fc.integer({ min: 1, max: 5 }).map(n => scalarset('id', n)))
export const domains = fc.letrec<{ domain: Domain; fields: Fields }>(tie => ({
  fields: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'the rest'), tie('domain'),
    { maxKeys: 3, noNullPrototype: true }),
  domain: fc.oneof({ maxDepth: 3, depthSize: 'small' }, scalar,
    tie('domain').filter(of => of.kind !== 'optional').map(of => optional(of)),
    tie('fields').map(fields => struct(fields)),
    fc.tuple(index, tie('domain')).map(([key, of]) => table([key], of)),
    fc.tuple(tie('domain'), fc.nat(3)).map(([of, max]) => list(of, max)),
    fc.tuple(tie('fields'), tie('fields')).map(([one, other]) => variant('type', { one, other }))),
})).domain

export function valueOf(domain: Domain): fc.Arbitrary<unknown> {
  switch (domain.kind) {
    case 'bool': return fc.boolean()
    case 'range': return fc.integer({ min: 0, max: domain.high - domain.low }).map(n => domain.low + n)
    case 'oneOf': return fc.constantFrom(...domain.values)
    case 'scalarset': return fc.nat(domain.size - 1)
    case 'optional': return fc.option(valueOf(domain.of))
    case 'struct': return recordOf(domain.fields)
    case 'table': return fc.array(keyCount(domain.key) === 0 ? fc.constant(null) : valueOf(domain.of),
      { minLength: keyCount(domain.key), maxLength: keyCount(domain.key) })
    case 'list': return fc.array(valueOf(domain.of), { maxLength: domain.max })
    // A case with an id of nothing has no values.
    case 'variant': return fc.oneof(...Object.entries(domain.cases)
      .filter(([, fields]) => Object.values(fields).every(of => of.kind !== 'scalarset' || of.size > 0))
      .map(([type, fields]) => recordOf(fields).map(value => ({ [domain.tag]: type, ...value }))))
  }
}
function recordOf(fields: Fields): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, valueOf(of)])),
    { noNullPrototype: true })
}
