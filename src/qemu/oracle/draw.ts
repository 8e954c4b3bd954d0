/** What the suites draw their cases with. */
import fc from 'fast-check'

/** The usual value `weight` times as often as another. */
export const often = <T>(usual: T, weight: number, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other })
