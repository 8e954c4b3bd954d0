/** What software must not do: a program for each name, legal programs that have none, and the register writes of a real
 *  Linux. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clauses } from '../../spec/clauses.ts'
import { MemoryImage } from '../../spec/iommu/image.ts'
import { dwordsOf } from '../../spec/vtd/layout/index.ts'
import type { RegisterName } from '../../spec/vtd/layout/index.ts'
import { illegal, run } from '../../spec/vtd/unit/program.ts'
import type { Op } from '../../spec/vtd/unit/program.ts'
import { illegalities, offsetOf, progress, reset } from '../../spec/vtd/unit/unit.ts'
import type { IllegalName } from '../../spec/vtd/unit/unit.ts'
import { linesOf, logOf } from './linux-support.ts'
import {
  CFI, contextGlobal, deviceTlb, iecGlobal, iotlbGlobal, IRE, QIE, queueAt, SIRTP, SRTP, TE, told, unitOf, wait, WBF,
} from './unit-support.ts'
import type { Words } from './unit-support.ts'

const unit = unitOf({ at: { rwbf: 1 } })
const settle: Op = { do: 'settle' }
const wide: readonly RegisterName[] = ['RTADDR', 'IRTA', 'IQA', 'IQT', 'IVA', 'IOTLB', 'CCMD']
const write = (name: RegisterName, value: bigint | number): Op => ({ do: 'write', offset: offsetOf(unit.config, name),
  width: wide.includes(name) ? 8 : 4, value })
const command = (value: number): readonly Op[] => [write('GCMD', value), settle]
const raw = (of: Op['do'], offset: number, width: 4 | 8): Op =>
  of === 'write' ? { do: 'write', offset, width, value: 0 } : { do: 'read', offset, width }
const queueOn: readonly Op[] = [write('IQT', 0), write('IQA', queueAt), ...command(QIE)]
/** A ring that begins with these. */
function ring(...descriptors: readonly Words[]): MemoryImage {
  const memory = new MemoryImage()
  memory.cover(queueAt / 4096)
  descriptors.forEach((words, i) => { memory.write(queueAt + 16 * i, dwordsOf(...words)) })
  return memory
}

/** The shortest that shows it; the last op is the one to blame. */
const witnesses: Readonly<Record<IllegalName, readonly Op[]>> = {
  'misaligned-access': [raw('read', 2, 4)], 'wrong-width': [raw('read', 0x38, 8)],
  'no-register': [raw('write', 0x1000, 4)], 'unsupported-register': [raw('read', 0xdc, 4)],
  'read-only-register': [raw('write', 0x1c, 4)], 'write-only-read': [raw('read', 0x18, 4)],
  'reserved-bit': [write('FECTL', 1)],
  'two-changes': [write('GCMD', QIE | CFI)], 'one-shot-with-change': [write('GCMD', QIE | WBF)],
  'command-unfinished': [write('GCMD', QIE), write('GCMD', QIE | CFI)],
  'unsupported-command': [write('GCMD', 1 << 28)], 'translation-before-root-table': [write('GCMD', TE)],
  'remapping-before-interrupt-table': [write('GCMD', IRE)],
  'pointer-moved': [write('GCMD', SRTP), write('RTADDR', 0x1000n)],
  'mode-changed': [...command(SRTP), ...command(TE), write('RTADDR', 0xc00n), write('GCMD', TE | SRTP)],
  'eime-changed': [...command(SIRTP), ...command(IRE), write('IRTA', 0x800n), write('GCMD', IRE | SIRTP)],
  'registers-not-drained': [write('CCMD', 5n << 61n), write('GCMD', QIE)],
  'queue-not-idle': [...queueOn, write('IQT', 0x10), write('GCMD', 0)],
  'queue-moved': [...queueOn, write('IQA', queueAt)], 'tail-before-queue': [write('IQT', 0x10)],
  'tail-beyond-ring': [...queueOn, write('IQT', 0x1000)],
  'tail-misaligned': [write('IQA', 0x800n), ...command(QIE), write('IQT', 0x10)],
  'ring-overrun': [...queueOn, write('IQT', 0x20), write('IQT', 0x10)],
  'bad-descriptor': [...queueOn, write('IQT', 0x40), settle],
  'unsupported-descriptor': [...queueOn, write('IQT', 0x20), settle],
  'mask-too-wide': [...queueOn, write('IQT', 0x30), settle],
  'invalidation-refused': [...queueOn, write('CCMD', 5n << 61n), settle],
  'invalidation-unfinished': [write('CCMD', 5n << 61n), write('CCMD', 5n << 61n)],
}
describe('illegal', () => {
  // The second is good but for ECAP.DT, the third but for AM, the fourth not at all.
  const memory = ring(iotlbGlobal, deviceTlb(1n), [0xf2n, 0x3fn], [0n, 0n])
  it.each(Object.entries(witnesses))('%s', (name, ops) => {
    const found = illegal(unit, memory, ops)
    const { clause } = illegalities[name as IllegalName]
    expect(clauses[clause]).toBeDefined()
    expect(found.at(-1))
      .toMatchObject(name === 'bad-descriptor' || name === 'mask-too-wide' ? { op: ops.length - 1 }
        : { op: ops.length - 1, what: name, clause })
    expect(found.filter(({ what }) => what === name)).toHaveLength(1)
    expect(found.every(({ op, because }) => op === ops.length - 1 && because !== '')).toBe(true)
  })
})

/** What legal software does next, by what it knows; each deed waits for hardware. */
interface Software { te: boolean; ire: boolean; qie: boolean; cfi: boolean; tail: number }
type Deed = 'translation' | 'remapping' | 'queue' | 'compatibility' | 'flush' | 'root' | 'interrupts' | 'submit'
  | 'register' | 'faults'
const deeds: readonly Deed[] = ['translation', 'remapping', 'queue', 'compatibility', 'flush', 'root', 'interrupts',
  'submit', 'register', 'faults']
const levelOf = ({ te, ire, qie, cfi }: Software): number => (te ? TE : 0) + (ire ? IRE : 0) + (qie ? QIE : 0)
  + (cfi ? CFI : 0)

/** Descriptors of a submission stand where the tail was, in a ring whose entries are four by four the same. */
const fours = ring(...Array.from({ length: 64 },
  () => [contextGlobal, iotlbGlobal, iecGlobal, wait({ interrupt: true })]).flat())

function opsOf(software: Software, deed: Deed): readonly Op[] {
  const now = (): number => levelOf(software)
  const switched = (which: 'te' | 'ire' | 'qie' | 'cfi'): readonly Op[] => {
    software[which] = !software[which]
    return command(now())
  }
  switch (deed) {
    case 'translation':
      return [...software.te ? [] : [write('RTADDR', 0x1000n), ...command(now() | SRTP)], ...switched('te')]
    case 'remapping':
      return [...software.ire ? [] : [write('IRTA', 0x2803n), ...command(now() | SIRTP)], ...switched('ire')]
    case 'queue': {
      const setUp = software.qie ? [] : [write('IQT', 0), write('IQA', queueAt)]
      if (!software.qie) software.tail = 0
      return [...setUp, ...switched('qie')]
    }
    case 'compatibility': return switched('cfi')
    case 'flush': return command(now() | WBF)
    case 'root': return [write('RTADDR', 0x3000n), ...command(now() | SRTP)]
    case 'interrupts': return [write('IRTA', 0x4803n), ...command(now() | SIRTP)]
    case 'submit': {
      if (!software.qie) return []
      software.tail = (software.tail + 4) % 256
      return [write('IQT', software.tail * 16), settle, write('ICS', 1)]
    }
    case 'register':
      return software.qie ? [] : [write('CCMD', 5n << 61n), settle, write('IVA', 0n), write('IOTLB', 9n << 60n), settle]
    case 'faults':
      return [write('FECTL', 0), write('FSTS', 0x71), { do: 'read', offset: offsetOf(unit.config, 'FSTS'), width: 4 },
        write('FECTL', 0x8000_0000)]
  }
}

describe('legal software', () => {
  it('is told nothing, and gets what it asked for', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...deeds), { maxLength: 30, size: 'max' }), chosen => {
      const software: Software = { te: false, ire: false, qie: false, cfi: false, tail: 0 }
      const ops = chosen.flatMap(deed => opsOf(software, deed))
      const { state, effects } = run(unit, fours, ops)
      expect(effects.filter(({ kind }) => kind === 'illegal')).toEqual([])
      expect([state.status.TES, state.status.IRES, state.status.QIES, state.status.CFIS, progress(state)])
        .toEqual([software.te, software.ire, software.qie, software.cfi, []])
      expect(state.queue.head).toBe(software.qie ? software.tail : 0)
    }), { numRuns: 30, seed: 3 })
  })
  it('that does not wait is noticed', () => {
    const software: Software = { te: false, ire: false, qie: false, cfi: false, tail: 0 }
    const ops = [...opsOf(software, 'queue'), ...opsOf(software, 'translation'), ...opsOf(software, 'remapping')]
    const waits = ops.flatMap((op, i) => op.do === 'settle' ? [i] : [])
    for (const gone of waits.slice(0, -1))
      expect(illegal(unit, fours, ops.filter((_, i) => i !== gone)).map(({ what }) => what), `without ${gone}`)
        .toContain('command-unfinished')
  })
})

/** What of QEMU's trace of a boot is software's: register writes, and the descriptors that QEMU found in the queue
 *  after each. */
interface Written {
  readonly offset: number
  readonly width: 4 | 8
  readonly value: bigint
  readonly descriptors: Words[]
}
function writesOf(name: string): readonly Written[] {
  const writes: Written[] = []
  for (const line of linesOf(logOf(name))) {
    const wrote = /vtd_reg_write addr 0x([0-9a-f]+) size 0x([48]) value 0x([0-9a-f]+)/.exec(line)
    if (wrote !== null)
      writes.push({ offset: Number.parseInt(wrote[1]!, 16), width: Number(wrote[2]) as 4 | 8,
        value: BigInt(`0x${wrote[3]}`), descriptors: [] })
    const found = /vtd_inv_desc invalidate desc type \S+ high 0x([0-9a-f]+) low 0x([0-9a-f]+)/.exec(line)
    if (found !== null) writes.at(-1)!.descriptors.push([BigInt(`0x${found[2]}`), BigInt(`0x${found[1]}`)])
  }
  return writes
}

/** Takes them one after another, hardware resting between, as QEMU's did. */
function replay(writes: readonly Written[]) {
  const memory = new MemoryImage()
  let state = reset({ version: 0x10, haw: 39, cap: 0xd2_008c_2226_0206n, ecap: 0xf0_0f4an }) // what this QEMU reports
  const [IQA, IQT] = [offsetOf(state.config, 'IQA'), offsetOf(state.config, 'IQT')]
  let base = 0
  const happened: string[] = [], wrong: string[] = []
  for (const { descriptors, ...written } of writes) {
    if (written.offset === IQA) { base = Number(written.value); memory.cover(base / 4096) }
    const tail = state.stored.IQT[0]! / 16
    descriptors.forEach((words, i) => { memory.write(base + (tail + i) % 256 * 16, dwordsOf(...words)) })
    const outcome = run(state, memory, [{ do: 'write', ...written }, settle])
    if (written.offset === IQT) expect(outcome.state.queue.head * 16).toBe(Number(written.value))
    wrong.push(...outcome.effects.flatMap(effect => effect.kind === 'illegal' ? [effect.what] : []))
    happened.push(...told(outcome.effects).filter(what => what.endsWith('by queue') || what.startsWith('wait')))
    state = outcome.state
  }
  return { state, happened, wrong }
}
describe('a Linux that booted', () => {
  it.each([['vtd-strict-timed', 1788],
    ['vtd-lazy-timed', 335]])('%s wrote nothing illegal, and every descriptor behind its %i writes is executed',
    (name, count) => {
      const writes = writesOf(name)
      expect(writes.length).toBe(count)
      const { state, happened, wrong } = replay(writes)
      expect(wrong).toEqual([])
      expect(happened.length).toBe(writes.reduce((sum, { descriptors }) => sum + descriptors.length, 0))
      // Its last write, at shutdown, switches translation off.
      expect(state.status).toMatchObject({ TES: false, RTPS: true, IRES: true, IRTPS: true, QIES: true })
    })
  it('without the write that sets the root table would have been noticed', () => {
    const writes = writesOf('vtd-lazy-timed')
    const rest = writes.filter(({ offset, value }) => !(offset === 0x18 && (Number(value) & SRTP) !== 0))
    expect([rest.length, replay(rest).wrong]).toEqual([writes.length - 1, ['translation-before-root-table']])
  })
})
