/** docs/layouts.md and docs/layouts-amdvi.md are made from the declarations: `vitest run test/readme -u` writes them
 *  anew. */
import { expect, test } from 'vitest'
import { fieldRows, layoutId, layoutTitle } from '../../src/cli/layouts.ts'
import { layouts as amdvi, pciCapability, registers as amdviRegisters } from '../../spec/amdvi/layout/index.ts'
import type { Register } from '../../spec/amdvi/layout/index.ts'
import type { Layout } from '../../spec/iommu/layout.ts'
import { layouts as vtd, registers } from '../../spec/vtd/layout/index.ts'

const bases = { unit: '', IRO: 'ECAP.IRO × 16 + ', FRO: 'CAP.FRO × 16 + ' } as const
const hex = (offset: number): string => `${offset.toString(16).toUpperCase().padStart(3, '0')}h`

/** `at 060h, 068h to 0D8h` of several. */
function placesOf(list: readonly Register[], of: Layout, base: string): string | null {
  const one = list.find(({ layout }) => layout === of)
  if (one === undefined) return null
  const { offset, count, stride } = one, at = (i: number): string => hex(offset + i * stride)
  return `, at ${base}${count === 1 ? at(0) : `${at(0)}, ${at(1)} to ${at(count - 1)}`}`
}
function section(of: Layout, manual: string): string {
  const register = Object.values(registers).find(({ layout }) => layout === of)
  const at = register !== undefined ? `, at ${bases[register.relative]}${hex(register.offset)}`
    : placesOf(Object.values(amdviRegisters), of, '')
      ?? placesOf(Object.values(pciCapability), of, 'capability + ') ?? ''
  const rows = fieldRows(of).map(([bits, name, says]) => `| ${bits} | ${name} | ${says} |`)
  return [`## ${layoutId(of)}`, '', `${layoutTitle(of)}: ${of.bits} bits${at}. ${manual} section ${of.section}.`, '',
    '| bits | field | |', '| ---: | --- | --- |', ...rows].join('\n')
}

test('docs/layouts.md is what the layouts say', async () => {
  const head = ['# VT-d registers and structures, bit by bit', '',
    'The tests make this page from `spec/vtd/layout/index.ts`. `remapcheck explain NAME` prints one structure,',
    '`remapcheck explain NAME=0x…,0x…` takes a value apart.',
    'Names are those of the architecture specification, rev 5.10. What is not named is reserved.']
  await expect([...head, '', vtd.map(of => section(of, 'VT-d')).join('\n\n'), ''].join('\n'))
    .toMatchFileSnapshot('../../docs/layouts.md')
})

test('docs/layouts-amdvi.md is what the layouts say', async () => {
  const head = ['# AMD-Vi structures, bit by bit', '',
    'The tests make this page from `spec/amdvi/layout/index.ts`. `remapcheck explain NAME` prints one structure,',
    '`remapcheck explain NAME=0x…,0x…` takes a value apart.',
    'Sections are those of the AMD I/O Virtualization Technology Specification, 48882 rev 3.05, as far as they',
    'are known.',
    'Names of fields are ours where sources disagree. What is not named is reserved.']
  await expect([...head, '', amdvi.map(of => section(of, 'AMD')).join('\n\n'), ''].join('\n'))
    .toMatchFileSnapshot('../../docs/layouts-amdvi.md')
})
