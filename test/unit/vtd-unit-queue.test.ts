/** The register-level unit: the invalidation queue, waits, its errors and its event. */
import { describe, expect, it } from 'vitest'
import { anything, dwordsOf } from '../../spec/vtd/layout/index.ts'
import { decodeDescriptor } from '../../spec/vtd/layout/read-descriptors.ts'
import {
  contextGlobal, deviceTlb, Driver, iecGlobal, iotlbGlobal, iotlbPage, QIE, queueAt, rulesOf, SRTP, told, wait,
} from './unit-support.ts'
import type { Words } from './unit-support.ts'

const queued = (made: ConstructorParameters<typeof Driver>[0] = {}): Driver => {
  const unit = new Driver(made)
  unit.enableQueue()
  unit.effects()
  return unit
}
const heads = (unit: Driver): readonly [number | undefined, number | undefined] =>
  [unit.read('IQH')['QH'], unit.read('IQT')['QT']]

describe('the queue', () => {
  it('executes what lies between head and tail, and writes the status of the wait', () => {
    const unit = queued()
    unit.submit(contextGlobal, iotlbPage(4n, 0x123n, 2n), iecGlobal, wait({ data: 0xcafen, slot: 3n }))
    expect(heads(unit)).toEqual([0, 4])
    unit.settle()
    expect(heads(unit)).toEqual([4, 4])
    const effects = unit.effects()
    expect(told(effects))
      .toEqual(['context-cache global by queue', 'iotlb page by queue', 'iec global by queue', '0x20000c = 51966',
        'wait at 3'])
    expect(effects).toContainEqual({
      kind: 'invalidate', by: 'queue',
      descriptor: decodeDescriptor(dwordsOf(...iotlbPage(4n, 0x123n, 2n)),
        { bits: 128, scalable: false, rules: anything }),
    })
    expect(unit.memory.dword(0x20000c)).toBe(0xcafe)
    expect(effects.filter(({ kind }) => kind === 'illegal')).toEqual([])
  })
  it('fetches only while it is on and not empty, whatever TES and IRES are', () => {
    const unit = new Driver()
    unit.write('IQA', queueAt)
    expect(unit.steps).toEqual([])
    unit.command(QIE)
    expect(unit.steps).toEqual([])
    unit.submit(iotlbGlobal)
    expect(unit.steps).toEqual([{ kind: 'fetch' }])
  })
  it.each([[0, 256], [1, 512]])('goes round a ring of 2^%i pages', (size, entries) => {
    const unit = new Driver()
    unit.enableQueue(size)
    unit.effects()
    for (let tail = 0; tail < entries + 3; tail += 3) {
      for (let i = 0; i < 3; i++) unit.put((tail + i) % entries, i === 2 ? wait({ data: BigInt(tail) }) : iotlbGlobal)
      unit.write('IQT', (tail + 3) % entries * 16)
      unit.settle()
      expect(told(unit.effects()).length).toBe(4)
      expect(heads(unit)).toEqual([(tail + 3) % entries, (tail + 3) % entries])
    }
  })
  it('of 256-bit descriptors moves by two; a tail between is an error', () => {
    const unit = new Driver({ ecap: 1n << 43n })
    unit.write('IQA', queueAt | 0x800)
    unit.write('RTADDR', 0x400n)
    unit.command(SRTP)
    unit.command(QIE)
    unit.put(0, [0x5_0001_0036n, 0x1000n], [0n, 0n], wait(), [0n, 0n])
    unit.write('IQT', 0x40)
    unit.settle()
    expect([heads(unit), told(unit.effects())])
      .toEqual([[4, 4], ['pasid-iotlb page by queue', '0x200000 = 1', 'wait at 2']])
    unit.write('IQT', 0x50)
    unit.settle()
    expect([unit.read('IQERCD')['IQEI'], unit.read('FSTS')['IQE'], unit.read('IQH')['QH'], unit.illegal()])
      .toEqual([6, 1, 4, ['tail-misaligned', 'bad-descriptor']])
  })
  it('is switched off when idle: IQH is 0 again', () => {
    const unit = queued()
    unit.submit(iotlbGlobal, wait())
    unit.settle()
    unit.command(0)
    expect([heads(unit), unit.read('GSTS')['QIES'], unit.illegal()]).toEqual([[0, 2], 0, []])
    unit.enableQueue()
    expect([heads(unit), unit.steps, unit.illegal()]).toEqual([[0, 0], [], []])
  })
  it.each([
    ['not empty', (unit: Driver) => { unit.submit(wait()) }],
    ['its last descriptor is no wait', (unit: Driver) => { unit.submit(wait(), iotlbGlobal); unit.settle() }],
    ['its wait is not complete', (unit: Driver) => { unit.submit(wait()); unit.advance('fetch') }],
  ])('must not be switched off: %s', (_, prepare) => {
    const unit = queued()
    prepare(unit)
    unit.effects()
    unit.write('GCMD', 0)
    expect(unit.illegal()).toEqual(['queue-not-idle'])
    unit.advance('command')
    expect([unit.state.queue, told(unit.effects())])
      .toEqual([{ head: 0, outstanding: [], rested: true, iqei: 0, itesid: 0, icesid: 0 }, []])
  })
  it('has registers that must be set up first, and only then', () => {
    const unit = new Driver()
    unit.write('CCMD', 5n << 61n)
    unit.write('IQT', 0x20)
    unit.write('GCMD', QIE)
    expect(unit.illegal()).toEqual(['tail-before-queue', 'registers-not-drained', 'tail-before-queue'])
    unit.settle()
    unit.effects()
    unit.write('IQA', queueAt, 0)
    expect(unit.illegal()).toEqual(['queue-moved'])
  })
  it('must not be switched on again with the tail where it was: the ring would be executed a second time', () => {
    const unit = queued()
    unit.submit(iotlbGlobal, wait())
    unit.settle()
    unit.command(0)
    expect(unit.illegal()).toEqual([])
    unit.write('GCMD', QIE)
    unit.advance('command')
    expect([unit.illegal(), unit.steps]).toEqual([['tail-before-queue'], [{ kind: 'fetch' }]])
  })
  it('cannot see a whole round, but a tail that passes the head', () => {
    const unit = queued()
    unit.write('IQT', 255 * 16)
    expect(unit.illegal()).toEqual([])
    unit.write('IQT', 255 * 16)
    expect(unit.illegal()).toEqual([])
    unit.write('IQT', 0)
    expect([unit.illegal(), unit.steps]).toEqual([['ring-overrun'], []])
    unit.write('IQT', 5 * 16)
    unit.write('IQT', 2 * 16)
    expect(unit.illegal()).toEqual(['ring-overrun'])
  })
})

describe('order', () => {
  const able = (unit: Driver): readonly number[] =>
    unit.steps.flatMap(step => step.kind === 'complete' ? [step.index] : [])
  const fetched = (...descriptors: readonly Words[]): Driver => {
    const unit = queued({ ecap: 1n << 2n })
    unit.submit(...descriptors)
    for (const _ of descriptors) unit.advance('fetch')
    return unit
  }
  it('an IOTLB invalidation waits for those of contexts, one of a device for both; the IEC waits for nothing', () => {
    const unit = fetched(contextGlobal, iotlbGlobal, deviceTlb(0x18n), iecGlobal)
    expect(able(unit)).toEqual([0, 3])
    unit.advance('complete', 3)
    expect(able(unit)).toEqual([0])
    unit.advance('complete', 0)
    expect(able(unit)).toEqual([0])
    unit.advance('complete', 0)
    expect([able(unit), rulesOf(unit.effects())])
      .toEqual([[0], expect.arrayContaining(['VTD:6.5.2/iotlb-after-context', 'VTD:6.5.2/unordered'])])
  })
  it('a wait is complete after all since the wait before it, and no later', () => {
    const unit = fetched(iotlbGlobal, wait(), iecGlobal, wait({ data: 2n }))
    expect(able(unit)).toEqual([0, 2])
    unit.advance('complete', 2)
    expect(able(unit)).toEqual([0, 2])
    unit.advance('complete', 2)
    expect(told(unit.effects())).toEqual(['iec global by queue', '0x200000 = 2', 'wait at 3'])
  })
  it('nothing passes a wait with FN', () => {
    const unit = fetched(iotlbGlobal, wait({ fence: true }), iecGlobal, wait())
    expect(able(unit)).toEqual([0])
    unit.settle()
    const effects = unit.effects()
    expect([told(effects), rulesOf(effects)]).toEqual([
      ['iotlb global by queue', '0x200000 = 1', 'wait at 1', 'iec global by queue', '0x200000 = 1', 'wait at 3'],
      expect.arrayContaining(['VTD:6.5.2.9/fence'])])
  })
})

describe('a bad descriptor', () => {
  it.each([
    ['of no type', [0n, 0n], 3, {}], ['with a reserved bit', [0x112n, 0n], 4, {}],
    ['of no granularity', [0x2n, 0n], 4, {}], ['that needs 256 bits', [0x7n, 0n], 5, {}],
    ['of a page without CAP.PSI', iotlbPage(1n, 1n), 4, { at: { psi: 0 } }],
  ] as const)('%s stops the queue until IQE is cleared', (_, words, iqei, made) => {
    const unit = queued(made)
    unit.submit(iotlbGlobal, words, wait())
    unit.settle()
    expect([heads(unit), unit.read('IQERCD')['IQEI'], unit.read('FSTS')['IQE'], unit.steps])
      .toEqual([[1, 3], iqei, 1, []])
    const effects = unit.effects()
    expect([told(effects), effects.flatMap(one => one.kind === 'illegal' ? [one.what] : [])])
      .toEqual([['iotlb global by queue'], ['bad-descriptor']])
    unit.put(1, contextGlobal)
    unit.write('IQT', 0x30)
    expect(unit.steps).toEqual([])
    unit.write('FSTS', 0x10)
    unit.settle()
    expect([heads(unit), unit.read('IQERCD')['IQEI'], told(unit.effects())])
      .toEqual([[3, 3], 0, ['context-cache global by queue', '0x200000 = 1', 'wait at 2']])
  })
  it('lets what was fetched before complete', () => {
    const unit = queued()
    unit.submit(iotlbGlobal, wait(), [0n, 0n])
    for (let i = 0; i < 3; i++) unit.advance('fetch')
    expect(unit.read('FSTS')['IQE']).toBe(1)
    unit.settle()
    expect(told(unit.effects())).toEqual(['iotlb global by queue', '0x200000 = 1', 'wait at 1'])
  })
  it.each([
    ['unreadable', 2, (unit: Driver) => { unit.memory.drop(queueAt / 4096); unit.write('IQT', 0x10) },
      ['bad-descriptor']],
    ['behind the ring', 1, (unit: Driver) => { unit.write('IQT', 0x1000) }, ['tail-beyond-ring', 'bad-descriptor']],
    ['in a mode that is none', 7,
      (unit: Driver) => { unit.write('RTADDR', 0x800n); unit.command(QIE | SRTP); unit.submit(wait()) },
      ['bad-descriptor']],
    ['of 128 bits in scalable mode', 5,
      (unit: Driver) => { unit.write('RTADDR', 0x400n); unit.command(QIE | SRTP); unit.submit(wait()) },
      ['bad-descriptor']],
  ] as const)('%s', (_, iqei, prepare, illegal) => {
    const unit = queued({ ecap: 1n << 43n })
    prepare(unit)
    unit.settle()
    expect([unit.read('IQERCD')['IQEI'], unit.read('IQH')['QH'], unit.illegal()]).toEqual([iqei, 0, illegal])
  })
  it('is one thing, one that goes beyond the capabilities another', () => {
    const unit = queued()
    unit.submit(iotlbPage(1n, 0n, 63n), deviceTlb(5n), wait())
    unit.settle()
    expect([heads(unit), unit.illegal()]).toEqual([[3, 3], ['mask-too-wide', 'unsupported-descriptor']])
  })
})

describe('the completion event', () => {
  it('comes when IWC becomes 1, not again while it is', () => {
    const unit = queued()
    unit.write('IEDATA', 0x41)
    unit.write('IEADDR', 0xfee01000)
    unit.write('IECTL', 0)
    for (let i = 0; i < 2; i++) { unit.submit(wait({ interrupt: true, sw: false })); unit.settle() }
    expect([unit.read('ICS')['IWC'], told(unit.effects())])
      .toEqual([1, ['wait at 0', 'invalidation message 0x41 to 0xfee01000', 'wait at 1']])
    unit.write('ICS', 1)
    unit.submit(wait({ interrupt: true }))
    unit.settle()
    expect(told(unit.effects())).toEqual(['0x200000 = 1', 'wait at 2', 'invalidation message 0x41 to 0xfee01000'])
  })
  it('is held back by IM, sent when IM is cleared, forgotten when IWC is', () => {
    const unit = queued()
    unit.submit(wait({ interrupt: true, sw: false }))
    unit.settle()
    expect([unit.read('IECTL'), told(unit.effects())])
      .toEqual([expect.objectContaining({ IM: 1, IP: 1 }), ['wait at 0']])
    unit.write('IECTL', 0)
    unit.settle()
    expect([unit.read('IECTL')['IP'], told(unit.effects()).length]).toEqual([0, 1])
    unit.write('IECTL', 0x8000_0000)
    unit.write('ICS', 1)
    unit.submit(wait({ interrupt: true, sw: false }))
    unit.settle()
    unit.write('ICS', 1)
    unit.write('IECTL', 0)
    unit.settle()
    expect([unit.read('IECTL')['IP'], told(unit.effects())]).toEqual([0, ['wait at 1']])
  })
})

describe('a device TLB', () => {
  const asked = (): Driver => {
    const unit = queued({ ecap: 1n << 2n })
    unit.submit(iecGlobal, wait(), deviceTlb(0x18n), iotlbGlobal, wait())
    for (let i = 0; i < 5; i++) unit.advance('fetch')
    return unit
  }
  it('that answers with an error sets ICE, and the queue goes on', () => {
    const unit = asked()
    unit.advance('device-error')
    expect([unit.read('FSTS')['ICE'], unit.read('IQERCD')['ICESID']]).toEqual([1, 0x18])
    unit.settle()
    expect(told(unit.effects())).toContain('wait at 4')
    unit.write('FSTS', 0x20)
    expect(unit.read('IQERCD')['ICESID']).toBe(0)
  })
  it('that does not answer sets ITE: waits are aborted, nothing is fetched, then the queue goes on at the head', () => {
    const unit = asked()
    unit.advance('device-time-out')
    unit.submit(wait({ data: 9n }))
    expect([unit.read('FSTS')['ITE'], unit.read('IQERCD')['ITESID'], unit.steps])
      .toEqual([1, 0x18, [{ kind: 'complete', index: 0 }]])
    unit.settle()
    expect(told(unit.effects())).toEqual(['iec global by queue'])
    unit.write('FSTS', 0x40)
    unit.settle()
    expect([heads(unit), told(unit.effects())]).toEqual([[6, 6], ['0x200000 = 9', 'wait at 5']])
  })
})
