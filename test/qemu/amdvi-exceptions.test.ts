/** Each exception of AMD-Vi that this QEMU has, by a case of its own, which expects that it still leaves the manual:
 *  where
 *  one fails, it does no longer, and the exception ends with its version. */
import { amdviOracle } from '../../src/qemu/amdvi/oracle/suites.ts'
import type { ExceptionName } from '../../src/qemu/amdvi/oracle/exceptions.ts'
import { exceptions } from '../../src/qemu/amdvi/oracle/exceptions.ts'
import type { InterruptCase } from '../../src/qemu/amdvi/oracle/interrupt-case.ts'
import type { SequenceCase, Step } from '../../src/qemu/amdvi/oracle/sequence-case.ts'
import type { WalkCase } from '../../src/qemu/amdvi/oracle/walk-case.ts'
import type { ExceptionCase } from './exception-cases.ts'
import { expectExceptions } from './exception-cases.ts'

const read = { device: 0, slots: [0, 0, 0], dword: 0, write: false,
  beyond: null } satisfies WalkCase['requests'][number]
const device = (one: Partial<WalkCase['devices'][number]>): WalkCase => ({ entries: [], requests: [read], devices: [{
  device: 0, valid: true, translates: true, mode: 3, to: 'next0', read: true, write: true, bits: [], ...one }] })
const entry = (one: Partial<WalkCase['entries'][number]>, asked = read as WalkCase['requests'][number]): WalkCase =>
  ({ devices: [], requests: [asked], entries: [{ level: 1, table: 0, slot: 0, present: true, read: true, write: true,
    next: 0, to: 'next0', doubled: 0, bits: [], ...one }] })
const walk = (one: WalkCase): ExceptionCase => ({ suite: 'walks', setup: 'host-tables', one })

const dma = (write: boolean, of = 0): Step => ({ do: 'dma', device: of, slots: [0, 0, 0], write })
const sequence = (...steps: Step[]): ExceptionCase =>
  ({ suite: 'sequences', setup: 'host-tables', one: { steps } satisfies SequenceCase })

const map = { device: 0, valid: true, control: 2, length: 5, table: 0, ignored: false, init: false, extInt: false,
  nmi: false, bits: [] } satisfies InterruptCase['devices'][number]
const interrupt = (data: number, devices: InterruptCase['devices'] = [],
  entries: InterruptCase['entries'] = []): ExceptionCase => ({ suite: 'interrupts', setup: 'narrow-entries',
  one: { devices, entries, messages: [{ device: 0, destination: 1, logical: false, data }] } satisfies InterruptCase })

const cases: Readonly<Record<ExceptionName, ExceptionCase>> = {
  'own-reserved-device-bits': walk(device({ valid: false, bits: [2] })),
  'no-translation-passes': walk(device({ translates: false })),
  'absent-leaf-used': walk(entry({ present: false })),
  'reserved-bits-unchecked': walk(entry({ bits: [52] })),
  'skipped-bits-ignored': walk(entry({ level: 3, next: 1 }, { ...read, slots: [0, 1, 0] })),
  'level-not-below': walk(entry({ level: 2, next: 2 })),
  'page-size-unchecked': walk(entry({ next: 7, doubled: 10 })),
  'address-beyond-mode': walk(entry({}, { ...read, beyond: 40 })),
  'translations-by-device': sequence(dma(true), { do: 'device', device: 0, valid: true, domain: 2, top: 1 },
    { do: 'invalidate-device', device: 0 }, dma(true)),
  'last-permissions-held': sequence(
    { do: 'entry', level: 2, table: 0, slot: 0, to: 0, present: true, read: false, write: true, large: false },
    dma(true), dma(false)),
  'pages-of-the-whole-domain': sequence(dma(true),
    { do: 'invalidate-pages', domain: 1, slots: [1, 0, 0], doubled: 0, directories: true }, dma(true)),
  'illegal-command-passed': sequence({ do: 'bad-command' }),
  'table-length-unchecked': interrupt(40),
  'own-reserved-bits-of-map': interrupt(0x33, [{ ...map, valid: false, bits: [180] }]),
  'smi-refused': interrupt(0x233),
  'forward-emptied': interrupt(0x33, [{ ...map, control: 1 }]),
  'interrupt-entry-bits-unchecked': interrupt(0, [], [{ table: 0, slot: 0, enabled: true, suppressed: false, type: 0,
    logical: false, guest: false, destination: 2, vector: 0x55, bits: [24] }]),
}
expectExceptions(amdviOracle, exceptions, name => cases[name])
