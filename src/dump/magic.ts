/** What a file is by its first bytes: formats of memory that are read, and those that must not be taken for a plain
 *  image. Sources: the manual pages of the formats; ACPI 6.5, 5.2.6. */

/** `as`: the format of `openDump`; null where none reads it, with what to do. */
export interface Magic {
  readonly bytes: string; readonly what: string
  readonly as: 'elf' | 'kdump' | 'flat-kdump' | 'lime' | 'pages' | null
  readonly next: string
}
const read = (bytes: string, as: Magic['as'], what: string): Magic =>
  ({ bytes, what, as, next: 'audit it: remapcheck audit FILE --cap 0x… --ecap 0x… --rtaddr 0x… --irta 0x…' })
const other = (bytes: string, what: string, next: string): Magic => ({ bytes, what, as: null, next })
const asCore = 'convert it to an ELF core or a plain image first'

export const memoryMagics: readonly Magic[] = [
  read('\x7fELF', 'elf', 'an ELF file, such as a core of a machine'), read('KDUMP   ', 'kdump', 'a kdump file'),
  read('makedumpfile', 'flat-kdump', 'a flattened kdump file'), read('EMiL', 'lime', 'a LiME image of memory'),
  other('DISKDUMP', 'a diskdump file', asCore), other('PAGEDU64', 'a Windows crash dump', asCore),
  other('PAGEDUMP', 'a Windows crash dump', asCore), other('QEVM', 'a state file of QEMU (savevm, migrate)',
    'in the monitor of a QEMU that restores it: dump-guest-memory FILE'),
  other('QFI\xfb', 'a disk image of QEMU (qcow2)', 'dump memory, not a disk: dump-guest-memory FILE'),
  other('LibvirtQemudSave', 'a saved domain of libvirt', 'virsh restore it, then virsh dump --memory-only'),
  other('\xd2\xbe\xd2\xbe', 'a VMware state file (.vmss, .vmsn)', 'give the .vmem file beside it'),
  other('\xd0\xbe\xd2\xbe', 'a VMware state file (.vmss, .vmsn)', 'give the .vmem file beside it'),
  other('\xfd7zXZ\0', 'an xz file', 'unpack it: xz -dk FILE'),
  other('\x28\xb5\x2f\xfd', 'a zstd file', 'unpack it: zstd -dk FILE'),
  other('BZh', 'a bzip2 file', 'unpack it: bzip2 -dk FILE'), other('PK\x03\x04', 'a zip archive', 'unpack it'),
  other('LPKSHHRH', 'a binary journal of systemd', 'print it: journalctl -k --file FILE > log'),
]

/** By the first bytes of a file, one letter a byte (latin1). */
export const memoryMagic = (head: string): Magic | null =>
  memoryMagics.find(({ bytes }) => head.startsWith(bytes)) ?? null
