/** What software must not do to the registers, or ask by a command (AMD 48882 rev 3.05: 2.4.3, ch. 3). The manual
 *  leaves undefined what hardware makes of it; the unit goes on in the simplest way, which stands beside each name, and
 *  says that it saw it. */
import type { AmdviClause } from '../../clauses.ts'

interface Illegality { readonly clause: AmdviClause; readonly says: string; readonly then: string }
const of = (clause: AmdviClause, says: string, then: string): Illegality => ({ clause, says, then })

export const illegalities = {
  'misaligned-access': of('AMD:3/access', 'An access is not aligned to its width.', 'Nothing is written; 0 is read.'),
  'no-register': of('AMD:3/access', 'An access goes where the model has no register.',
    'Nothing is written; 0 is read.'),
  'read-only-register': of('AMD:3/access', 'A register is written that software can only read.', 'Nothing is written.'),
  'reserved-bit': of('AMD:3/access', 'A reserved bit is written as 1.', 'The bit stays 0.'),
  'pointer-outside': of('AMD:3.3.13/pointers', 'A head or tail is written that lies behind the end of its ring.',
    'Nothing is written.'),
  'pointer-of-hardware': of('AMD:3.3.13/pointers', 'CmdHead or EventTail is written while its ring runs.',
    'Nothing is written.'),
  'base-moved': of('AMD:3/base', 'The base of a ring is written while the ring runs.', 'The new base is used at once.'),
  'table-moved': of('AMD:3/base', 'DevTabBase or the exclusion range is written while IommuEn is 1.',
    'The new value is used at once.'),
  'undefined-range': of('AMD:2.4.3/pages', 'A command has S=1 and no 0 in bits 51:12 of its address, which is not '
    + '7FFFFFFFFFFFF000h.', 'It removes nothing.'),
} as const
export type IllegalName = keyof typeof illegalities
