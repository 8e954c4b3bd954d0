/** The register-level unit: invalidation by register. */
import { describe, expect, it } from 'vitest'
import { Driver, SRTP, told } from './unit-support.ts'

describe('invalidation by register', () => {
  const ICC = 1n << 63n, IVT = 1n << 63n
  it('is under way while ICC or IVT is 1, then says what was done', () => {
    const unit = new Driver({ at: { rwbf: 1 } })
    unit.write('CCMD', ICC | 3n << 61n | 2n << 32n | 0x18n << 16n | 7n)
    expect(unit.read('CCMD')).toMatchObject({ ICC: 1, CAIG: 0 })
    unit.settle()
    expect(unit.read('CCMD')).toMatchObject({ ICC: 0, CAIG: 3, CIRG: 3 })
    unit.write('IVA', 0x5000n | 0x42n)
    unit.write('IOTLB', IVT | 3n << 60n | 3n << 48n | 7n << 32n)
    unit.settle()
    expect(unit.read('IOTLB')).toMatchObject({ IVT: 0, IAIG: 3 })
    expect(unit.effects().filter(({ kind }) => kind !== 'rule')).toEqual([
      { kind: 'flush-write-buffer' },
      { kind: 'invalidate', by: 'CCMD',
        descriptor: { type: 'context-cache', granularity: 'device', did: 7, sid: 0x18, functionMask: 2 } },
      { kind: 'flush-write-buffer' },
      {
        kind: 'invalidate', by: 'IOTLB',
        descriptor: { type: 'iotlb', granularity: 'page', did: 7, page: 5, addressMask: 2, hint: true, drainReads: true,
          drainWrites: true },
      },
    ])
  })
  it('without CAP.PSI invalidates the domain, and says so', () => {
    const unit = new Driver({ at: { psi: 0 } })
    unit.write('IOTLB', IVT | 3n << 60n | 7n << 32n)
    unit.settle()
    expect([unit.read('IOTLB')['IAIG'], told(unit.effects())]).toEqual([2, ['iotlb domain by IOTLB']])
  })
  it.each([
    ['the queue is on', {}, (unit: Driver) => { unit.enableQueue() }],
    ['of the mode', { ecap: 1n << 43n }, (unit: Driver) => { unit.write('RTADDR', 0x400n); unit.command(SRTP) }],
    ['of the version', { config: { version: 0x60 } }, () => {}],
  ])('is refused because %s', (_, made, prepare) => {
    const unit = new Driver(made)
    prepare(unit)
    unit.effects()
    for (const [name, granularity] of [['CCMD', 61n], ['IOTLB', 60n]] as const) {
      unit.write(name, ICC | 1n << granularity)
      unit.settle()
      expect(unit.read(name)).toMatchObject(name === 'CCMD' ? { ICC: 0, CAIG: 0 } : { IVT: 0, IAIG: 0 })
      const effects = unit.effects()
      expect([told(effects), effects.flatMap(one => one.kind === 'illegal' ? [one.what] : [])])
        .toEqual([[], ['invalidation-refused']])
    }
  })
  it('is refused without a granularity; another write must wait; a mask may be too wide', () => {
    const unit = new Driver()
    unit.write('CCMD', ICC)
    unit.write('CCMD', 5, 0)
    unit.write('IVA', 0x3fn)
    unit.settle()
    expect(unit.illegal()).toEqual(['invalidation-unfinished', 'invalidation-refused'])
    unit.write('IOTLB', IVT | 3n << 60n)
    unit.write('IVA', 0x3fn)
    unit.settle()
    expect(unit.illegal()).toEqual(['invalidation-unfinished', 'mask-too-wide'])
  })
})
