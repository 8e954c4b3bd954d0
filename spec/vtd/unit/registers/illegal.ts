/** What software must not do to the registers (VT-d rev 5.10: 6.5.2, 11.4). The manual leaves undefined what hardware
 *  makes of it; the unit goes on in the simplest way, which stands beside each name, and says that it saw it. */
import type { VtdClause } from '../../clauses.ts'

interface Illegality { readonly clause: VtdClause; readonly says: string; readonly then: string }
const of = (clause: VtdClause, says: string, then: string): Illegality => ({ clause, says, then })

export const illegalities = {
  'misaligned-access': of('VTD:11.4/access', 'An access is not aligned to its width.',
    'Nothing is written; 0 is read.'),
  'wrong-width': of('VTD:11.4/access', 'A quadword access spans two registers of 32 bits.',
    'It is taken as two of 32 bits.'),
  'no-register': of('VTD:11.4/access', 'An access goes where this unit has no register.',
    'Nothing is written; 0 is read.'),
  'unsupported-register': of('VTD:11.4/access', 'An access goes to a register whose capability is absent.',
    'Nothing is written; 0 is read.'),
  'read-only-register': of('VTD:11.4/access', 'A register is written that software can only read.',
    'Nothing is written.'),
  'write-only-read': of('VTD:11.4/access', 'A register is read that software can only write.', '0 is read.'),
  'reserved-bit': of('VTD:11.4/reserved', 'A reserved bit is written as 1; it reads as 0.', 'The bit stays 0.'),

  'two-changes': of('VTD:11.4/one-change', 'One write of GCMD changes two level bits.',
    'They are done one after the other.'),
  'one-shot-with-change': of('VTD:11.4/one-change', 'One write of GCMD has a one-shot bit and another change.',
    'They are done one after the other.'),
  'command-unfinished': of('VTD:11.4/one-change',
    'GCMD changes something while GSTS does not yet show what it asked for before.',
    'The new command comes after the old.'),
  'unsupported-command': of('VTD:11.4/one-change', 'GCMD asks for what the unit has no capability for.',
    'The bit is ignored.'),
  'translation-before-root-table': of('VTD:11.4/pointer-first',
    'TE is set, and the root table pointer was not set since translation was last off.',
    'Translation starts with what was latched last.'),
  'remapping-before-interrupt-table': of('VTD:11.4/pointer-first',
    'IRE is set, and the interrupt table pointer was not set since remapping was last off.',
    'Remapping starts with what was latched last.'),
  'pointer-moved': of('VTD:11.4/latched',
    'RTADDR or IRTA is written while it is being set.',
    'What stands there when the command is done is latched.'),
  'mode-changed': of('VTD:11.4/mode-change', 'TTM changes while DMA is translated, and CAP.ESRTPS is 0.',
    'The new mode is latched.'),
  'eime-changed': of('VTD:11.4/mode-change', 'EIME changes while interrupts are remapped.',
    'The new value is latched.'),

  'registers-not-drained': of('VTD:6.5.2/enable',
    'QIE is set while an invalidation by register is under way.',
    'It is refused if the queue is on by then.'),
  'queue-not-idle': of('VTD:6.5.2/enable',
    'QIE is cleared while the queue is not empty, or its last descriptor is no wait that is complete.',
    'What was fetched and is not complete is dropped.'),
  'queue-moved': of('VTD:6.5.2/enable', 'IQA is written while the queue is on.',
    'The next descriptor is fetched from the new place.'),
  'tail-before-queue': of('VTD:6.5.2/enable',
    'IQT is written, and not with 0, while the queue is off, or the queue is switched on with such a tail.',
    'The tail stays; fetching begins with the queue.'),
  'tail-beyond-ring': of('VTD:6.5.2/tail', 'IQT points behind the end of the ring.',
    'The next fetch is a queue error.'),
  'tail-misaligned': of('VTD:6.5.2/tail', 'IQT points into the middle of a descriptor of 256 bits.',
    'The next fetch is a queue error.'),
  'ring-overrun': of('VTD:6.5.2/empty-full',
    'IQT goes past IQH: more descriptors than entries less one. A whole round, tail to tail, cannot be seen.',
    'The queue holds what lies between head and tail.'),
  'bad-descriptor': of('VTD:6.5.2/error-stops', 'A descriptor is none that this unit can take.',
    'IQE is set, the head stays.'),
  'unsupported-descriptor': of('VTD:6.5.2/capability', 'A descriptor is of a kind whose capability is absent.',
    'It is executed.'),
  'mask-too-wide': of('VTD:6.5.2/capability', 'AM is above CAP.MAMV, or IM above ECAP.MHMV.',
    'The whole range is invalidated.'),

  'invalidation-refused': of('VTD:11.4/register-refused',
    'An invalidation by register comes while the queue is on, in another mode than legacy, above version 5, or '
      + 'without granularity.',
    'It is refused: CAIG or IAIG is 0.'),
  'invalidation-unfinished': of('VTD:11.4/register-invalidation',
    'CCMD, IVA or IOTLB is written while ICC or IVT of that pair is 1.',
    'The new values count.'),
} as const satisfies Readonly<Record<string, Illegality>>

export type IllegalName = keyof typeof illegalities
