/** The register-level unit: access, capabilities, GCMD and GSTS, latched pointers, protected memory. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundSpecs, bounds, capsOf } from '../../spec/bounds.ts'
import { interruptUnitOf, rootsOf, translationUnitOf } from '../../spec/vtd/capabilities.ts'
import { capabilityRegisters, capsOfRegisters } from '../../spec/vtd/capabilities.ts'
import { dwordsOf, registers } from '../../spec/vtd/layout/index.ts'
import type { RegisterName } from '../../spec/vtd/layout/index.ts'
import { isProtected, protectedRanges, viewOf } from '../../spec/vtd/unit/requests.ts'
import { illegalities, offsetOf, read, reset, write } from '../../spec/vtd/unit/unit.ts'
import { clauses } from '../../spec/clauses.ts'
import { CFI, Driver, IRE, QIE, SIRTP, SRTP, TE, WBF, rulesOf, told, unitOf } from './unit-support.ts'

describe('capabilities of the bounds', () => {
  const switches = ['cm', 'rwbf', 'coherent', 'psi', 'eim', 'esirtps', 'drain'] as const
  it('stand in CAP and ECAP, and are read back the same', () => {
    fc.assert(fc.property(
      fc.record(Object.fromEntries(switches.map(name => [name, fc.nat({ max: boundSpecs[name].most })]))),
      at => {
        const all = capsOf(bounds(at)), caps = Object.fromEntries(switches.map(name => [name, all[name]]))
        const { cap, ecap } = capabilityRegisters(capsOf(bounds(at)))
        expect(capsOfRegisters(cap, ecap)).toEqual(caps)
        const state = unitOf({ at })
        expect([read(state, offsetOf(state.config, 'CAP'), 8).value,
          read(state, offsetOf(state.config, 'ECAP'), 8).value]).toEqual([cap, ecap])
      }), { numRuns: 100, seed: 1 })
  })
  it('tell the walkers levels, sizes and widths', () => {
    const { cap, ecap } = capabilityRegisters(capsOf(bounds()),
      { levels: [3], superpages: [2], guestAddressWidth: 39, passThrough: false })
    const unit = { cap: dwordsOf(cap), ecap: dwordsOf(ecap), gsts: TE, rtaddr: [0x5000, 1], irta: [0x7803, 0] }
    expect(translationUnitOf(unit, 46))
      .toMatchObject({ tes: true, levels: [3], superpages: [2], maxGuestAddressWidth: 39, passThrough: false,
        hostAddressWidth: 46 })
    expect(interruptUnitOf(unit, 46)).toMatchObject({ ires: false, eime: true, tableSize: 16 })
    // Of a table that crosses the host address width the entries below it; of one above it none.
    expect([0x3f_ffff_f00fn, 0x40_0000_000fn].map(irta =>
      interruptUnitOf({ ...unit, irta: dwordsOf(irta) }, 38).tableSize)).toEqual([256, 0])
    expect(rootsOf(unit)).toEqual({ rootTable: 0x1_0000_5000, interruptTable: 0x7000 })
  })
  it('refuse registers that lie on one another', () => {
    const made = (cap: bigint, ecap: bigint) => () => reset({ version: 0x10, haw: 46, cap, ecap })
    expect(made(0n, 0xf00n)).toThrow('CAP.FRO puts FRCD on VER')
    expect(made(0x20n << 24n, 0x100n)).toThrow('ECAP.IRO puts IVA and IOTLB on ECAP')
    expect(made(0x20n << 24n, 0x2000n)).toThrow('CAP.FRO puts FRCD on IVA and IOTLB')
  })
})

describe('an access', () => {
  const at = (name: RegisterName): number => offsetOf(unitOf().config, name)
  it.each([
    [2, 4, 'misaligned-access'], [4, 8, 'misaligned-access'], [at('GCMD'), 8, 'wrong-width'], [0x300, 4, 'no-register'],
    [-8, 8, 'misaligned-access'],
    [at('PMEN'), 4, 'unsupported-register'], [at('PQA'), 8, 'unsupported-register'],
    [at('CAP'), 8, 'read-only-register'], [at('GSTS'), 4, 'read-only-register'],
  ] as const)('at %d of %d bytes is %s', (offset, width, what) => {
    const before = unitOf()
    const { state, effects } = write(before, offset, width, 0)
    expect(effects.flatMap(effect => effect.kind === 'illegal' ? [effect.what] : [])).toContain(what)
    expect(state).toEqual(before)
  })
  it('of two dwords is that of a quadword; reserved bits stay 0', () => {
    const halves = new Driver(), whole = new Driver(), value = 0x12_3456_7000n
    halves.write('RTADDR', 0x3456_7000, 0)
    halves.write('RTADDR', 0x12, 1)
    whole.write('RTADDR', value)
    expect(halves.state).toEqual(whole.state)
    expect(read(whole.state, at('RTADDR'), 8).value).toBe(value)
    expect(whole.illegal()).toEqual([])
    whole.write('IQT', 0xf_0000_000fn)
    expect(whole.illegal()).toEqual(['reserved-bit', 'reserved-bit'])
    expect(whole.read('IQT')['QT']).toBe(0)
  })
  it('that reads GCMD or IVA reads 0', () => {
    const unit = new Driver()
    unit.write('IVA', 0x5000n)
    expect([unit.read('IVA')['ADDR'], unit.read('GCMD')['TE']]).toEqual([0, 0])
    expect(unit.illegal()).toEqual(['write-only-read', 'write-only-read', 'write-only-read']) // of IVA two dwords
  })
  it('of EIME needs ECAP.EIM', () => {
    const narrow = new Driver({ at: { eim: 0 } }), wide = new Driver()
    for (const unit of [narrow, wide]) unit.write('IRTA', 0x1800n)
    expect([narrow.read('IRTA')['EIME'], narrow.illegal(), wide.read('IRTA')['EIME'], wide.illegal()])
      .toEqual([0, ['reserved-bit'], 1, []])
  })
  it('finds every register at its reset value', () => {
    const unit = new Driver({ cap: 0x60n, ecap: 1n << 29n })
    for (const name of Object.keys(registers) as RegisterName[]) {
      if (['VER', 'CAP', 'ECAP', 'GCMD', 'IVA', 'AFLOG'].includes(name)) continue
      const set = Object.entries(unit.read(name)).filter(([, value]) => value !== 0)
      expect(set, name).toEqual(name.endsWith('CTL') ? [['IM', 1]] : [])
    }
    expect(unit.read('VER')).toEqual({ MIN: 0, MAX: 1, reserved8: 0 })
    expect(unit.illegal()).toEqual([])
  })
})

describe('GCMD', () => {
  it('is done when GSTS shows it: pointers, then switches', () => {
    const unit = new Driver()
    unit.write('RTADDR', 0x1000n)
    unit.write('GCMD', SRTP)
    expect([unit.read('GSTS')['RTPS'], unit.steps]).toEqual([0, [{ kind: 'command' }]])
    unit.settle()
    expect(unit.read('GSTS')).toMatchObject({ RTPS: 1, TES: 0 })
    unit.write('GCMD', TE)
    expect(unit.read('GSTS')['TES']).toBe(0)
    unit.settle()
    expect(unit.read('GSTS')).toMatchObject({ RTPS: 1, TES: 1 })
    unit.write('GCMD', TE | SRTP)
    expect(unit.read('GSTS')).toMatchObject({ RTPS: 0, TES: 1 })
    unit.settle()
    expect(unit.read('GSTS')).toMatchObject({ RTPS: 1, TES: 1 })
    const effects = unit.effects()
    expect(told(effects)).toEqual(['dma drained'])
    expect(effects.filter(({ kind }) => kind === 'illegal')).toEqual([])
  })
  it('flushes write buffers: WBFS is set until it is done', () => {
    const unit = new Driver({ at: { rwbf: 1 } })
    unit.write('GCMD', WBF)
    expect(unit.read('GSTS')['WBFS']).toBe(1)
    unit.settle()
    expect([unit.read('GSTS')['WBFS'], told(unit.effects())]).toEqual([0, ['write buffer flushed']])
  })
  it.each([
    ['two-changes', [SRTP, SIRTP, TE | IRE]], ['two-changes', [QIE | CFI]],
    ['one-shot-with-change', [SRTP | TE]], ['one-shot-with-change', [SRTP | WBF]],
    ['translation-before-root-table', [TE]], ['translation-before-root-table', [SRTP, TE, 0, TE]],
    ['remapping-before-interrupt-table', [IRE]], ['remapping-before-interrupt-table', [SIRTP, IRE, 0, IRE]],
    ['unsupported-command', [1 << 29]], ['reserved-bit', [1]],
  ] as const)('%s %#', (what, commands) => {
    const unit = new Driver()
    for (const command of commands.slice(0, -1)) unit.command(command)
    expect(unit.illegal()).toEqual([])
    unit.command(commands.at(-1)!)
    expect(unit.illegal()[0]).toBe(what)
    expect(unit.read('GSTS'))
      .toMatchObject({ TES: Number((commands.at(-1)! & TE) !== 0), IRES: Number((commands.at(-1)! & IRE) !== 0) })
  })
  it('waits for GSTS; without, both come in order', () => {
    const unit = new Driver()
    unit.write('GCMD', SRTP)
    unit.write('GCMD', TE)
    expect(unit.illegal()).toEqual(['command-unfinished', 'translation-before-root-table'])
    unit.advance('command')
    expect(unit.read('GSTS')).toMatchObject({ RTPS: 1, TES: 0 })
    unit.advance('command')
    expect(unit.read('GSTS')).toMatchObject({ RTPS: 1, TES: 1 })
  })
  it('repeated as it stands asks for nothing', () => {
    const unit = new Driver()
    unit.command(SRTP)
    unit.command(TE)
    unit.write('GCMD', TE)
    expect([unit.steps, unit.illegal()]).toEqual([[], []])
  })
  it('without interrupt remapping or queue ignores their bits', () => {
    const bare = new Driver()
    bare.state = reset({ version: 0x10, haw: 46, cap: bare.state.config.cap, ecap: 0xf00n })
    bare.command(QIE | IRE)
    expect([bare.read('GSTS'), bare.illegal()])
      .toEqual([expect.objectContaining({ QIES: 0, IRES: 0 }), ['unsupported-command']])
  })
})

describe('pointers', () => {
  it('count from the command that sets them', () => {
    const unit = new Driver()
    const root = (): number =>
      rootsOf({ cap: [0, 0], ecap: [0, 0], gsts: 0, rtaddr: unit.state.latched.rtaddr,
        irta: unit.state.latched.irta }).rootTable
    unit.write('RTADDR', 0x1000n)
    expect(root()).toBe(0)
    unit.command(SRTP)
    unit.write('RTADDR', 0x2000n)
    expect([root(), unit.read('RTADDR')['RTA']]).toEqual([0x1000, 2])
    unit.command(SRTP)
    expect(root()).toBe(0x2000)
    unit.write('IRTA', 0x9803n)
    expect(viewOf(unit.state).interrupts).toMatchObject({ eime: false, tableSize: 2 })
    unit.command(SIRTP)
    expect(viewOf(unit.state).interrupts).toMatchObject({ eime: true, tableSize: 16 })
  })
  it('invalidate by themselves with ESRTPS and ESIRTPS, else software must', () => {
    const able = new Driver({ at: { esirtps: 1 }, cap: 1n << 63n }), plain = new Driver()
    for (const unit of [able, plain]) { unit.command(SRTP); unit.command(SIRTP); unit.command(IRE); unit.command(0) }
    expect(told(able.effects()))
      .toEqual(['context-cache global by SRTP', 'iotlb global by SRTP', 'iec global by SIRTP', 'interrupts drained',
        'iec global by IRE'])
    const effects = plain.effects()
    expect([told(effects), rulesOf(effects)]).toEqual([['interrupts drained'],
      ['VTD:11.4/latched', 'VTD:table-28/set-root-table', 'VTD:11.4/latched', 'VTD:table-28/set-interrupt-table',
        'VTD:7.2/index-reset']])
  })
  it('of a unit with scalable mode: TE going to 0 invalidates', () => {
    const unit = new Driver({ ecap: 1n << 43n })
    for (const command of [SRTP, TE, 0]) unit.command(command)
    expect(told(unit.effects()))
      .toEqual(['dma drained', 'context-cache global by TE', 'pasid-cache global by TE', 'iotlb global by TE'])
  })
  it.each([[0n, ['mode-changed']], [1n << 63n, []]])('change the mode under TES=1 only with ESRTPS %#',
    (cap, expected) => {
      const unit = new Driver({ ecap: 1n << 43n, cap })
      for (const command of [SRTP, TE]) unit.command(command)
      unit.write('RTADDR', 0x400n)
      unit.command(TE | SRTP)
      expect(unit.illegal()).toEqual(expected)
    })
  it('keep EIME under IRES=1', () => {
    const unit = new Driver()
    for (const command of [SIRTP, IRE]) unit.command(command)
    unit.write('IRTA', 0x1800n)
    expect(unit.illegal()).toEqual([])
    unit.command(IRE | SIRTP)
    expect(unit.illegal()).toEqual(['eime-changed'])
  })
  it('stay while they are being set', () => {
    const unit = new Driver()
    unit.write('GCMD', SRTP)
    unit.write('IRTA', 0x1000n)
    expect(unit.illegal()).toEqual([])
    unit.write('RTADDR', 0x1000, 0)
    expect(unit.illegal()).toEqual(['pointer-moved'])
  })
})

describe('protected memory', () => {
  it('is blocked while PRS=1, between base and limit of the alignment that software finds', () => {
    const unit = new Driver({ cap: 0x60n })
    unit.write('PLMBASE', 0xffffffff)
    expect(unit.read('PLMBASE')['PLMB']).toBe(0xfff0_0000)
    unit.write('PLMBASE', 0x0100_0000)
    unit.write('PLMLIMIT', 0x0120_0000)
    unit.write('PHMBASE', 0x2_0000_0000n)
    unit.write('PHMLIMIT', 0x1_0000_0000n)
    unit.write('PMEN', TE)
    expect([unit.read('PMEN'), isProtected(unit.state, 0x0100_0000)])
      .toEqual([expect.objectContaining({ EPM: 1, PRS: 0 }), false])
    unit.settle()
    expect(unit.read('PMEN')).toMatchObject({ EPM: 1, PRS: 1 })
    expect(protectedRanges(unit.state)).toEqual([{ first: 0x0100_0000, last: 0x012f_ffff }])
    const addresses = [0x00ff_ffff, 0x0100_0000, 0x012f_ffff, 0x0130_0000, 0x1_8000_0000]
    expect(addresses.map(address => isProtected(unit.state, address))).toEqual([false, true, true, false, false])
    unit.write('PMEN', 0)
    unit.settle()
    expect([isProtected(unit.state, 0x0100_0000), unit.illegal()]).toEqual([false, []])
  })
})

it('every name of illegal software has a clause that exists', () => {
  for (const [name, { clause }] of Object.entries(illegalities)) expect(clauses[clause], name).toBeDefined()
})
