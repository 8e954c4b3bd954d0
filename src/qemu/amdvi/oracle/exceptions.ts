/** Where QEMU's AMD unit is known to leave the manual. */
import { fewest } from '../../oracle/exception.ts'
import type { QemuException } from '../../oracle/exception.ts'
import { agrees, wayOf } from './compared.ts'
import type { DmaCompared } from './compared.ts'
import { interruptExceptionList } from './interrupt-exceptions.ts'
import type { InterruptException } from './interrupt-exceptions.ts'
import { qemuWalk } from './qemu-walk.ts'
import type { WalkException } from './qemu-walk.ts'

const walks = [
  {
    name: 'own-reserved-device-bits', clause: 'AMD:2.5/dte-reserved',
    qemu: 'Refuses a device table entry for bits 6:2 and 63 alone in its lower half (from 10 on for 7, 52, 53 and 72 '
      + 'too), also where V=0.',
    manual: 'What is reserved where V=1 follows from EFR; where V=0 nothing is.',
  },
  {
    name: 'no-translation-passes', clause: 'AMD:2.5/tv-zero',
    qemu: 'Uses addresses as they are where V=1 and TV=0, if IR and IW allow it.',
    manual: 'DMA fails; the event is disputed.',
  },
  {
    name: 'absent-leaf-used', clause: 'AMD:2.5/not-present',
    qemu: 'Looks at PR in entries that lead to a table, not in one that maps a page.',
    manual: 'An entry with PR=0 maps nothing: IO_PAGE_FAULT.',
  },
  {
    name: 'reserved-bits-unchecked', clause: 'AMD:2.5/pte-reserved',
    qemu: 'Checks no reserved bit of entries of host tables.',
    manual: 'A reserved bit that is set is refused.',
  },
  {
    name: 'skipped-bits-ignored', clause: 'AMD:2.5/skipped-bits',
    qemu: 'Ignores the bits of the address that skipped levels would index.', manual: 'They must be 0.',
  },
  {
    name: 'level-not-below', clause: 'AMD:2.5/level-invalid',
    qemu: 'Walks on where NextLevel is not below the level; in a ring for ever, so nothing is asked there.',
    manual: 'NextLevel falls with each step.',
  },
  {
    name: 'page-size-unchecked', clause: 'AMD:2.5/page-size', qemu: 'Takes any size that NextLevel=7 gives.',
    manual: 'The size is above that of the level, and below that of the next.',
  },
  {
    name: 'address-beyond-mode', clause: 'AMD:2.5/above-mode',
    qemu: 'Ignores the bits of the address above those that Mode reaches.',
    manual: 'They must be 0; the source is weak.',
  },
] as const satisfies readonly (QemuException & { readonly name: WalkException })[]

const sequences = [
  {
    name: 'translations-by-device', clause: 'AMD:2.4/shared-page-cache',
    qemu: 'Keeps translations by DeviceID, and none of the device table: with another DomainID the device goes on with '
      + 'the old ones, even after INVALIDATE_DEVTAB_ENTRY.',
    manual: 'Translations are tagged with the DomainID; the device uses those of its own.',
  },
  {
    name: 'last-permissions-held', clause: 'AMD:2.2/permissions',
    qemu: 'Holds the permissions of the last entry alone: a hit passes what an entry above it denies.',
    manual: 'IR and IW of all entries count.',
  },
  {
    name: 'pages-of-the-whole-domain', clause: 'AMD:2.4.3/pages',
    qemu: 'Removes all pages of the domain, whatever INVALIDATE_IOMMU_PAGES names.',
    manual: 'The pages named are removed; hardware may remove more.',
  },
  {
    name: 'illegal-command-passed', clause: 'AMD:2.4/illegal-command',
    qemu: 'Goes on behind an illegal command.', manual: 'It stops the unit: CmdBufRun=0, ILLEGAL_COMMAND_ERROR.',
  },
] as const satisfies readonly QemuException[]

export type ExceptionName = WalkException | InterruptException | (typeof sequences)[number]['name']
export const exceptions: readonly (QemuException & { readonly name: ExceptionName })[] =
  [...walks, ...sequences, ...interruptExceptionList]
export const walkExceptionNames: ReadonlySet<WalkException> = new Set(walks.map(({ name }) => name))

const together = walks.map(({ name }) =>
  ({ name, bends: (names: ReadonlySet<WalkException>) => new Set([...names, name]) }))
/** The fewest that together explain a difference; none does where the model is not that of the walk which leaves
 *  nothing out. */
export function walkExceptions(compared: DmaCompared): readonly WalkException[] | null {
  const { request, model } = compared, right = qemuWalk(compared, request, new Set()), said = wayOf(model, request)
  if (right.kind !== said.kind || right.kind === 'moved' && said.kind === 'moved' && right.landing !== said.landing)
    return null
  return fewest<ReadonlySet<WalkException>, WalkException>(together, new Set(), names =>
    names.size > 0 && agrees(compared, qemuWalk(compared, request, names)) ? [] : null)
}
