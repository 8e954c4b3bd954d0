/** Files that are no kernel log, known by their first bytes or by a line that nothing else has: what each is, and what
 *  to do with it. Sources: the manual pages of the formats; ACPI 6.5, 5.2.6; the kernel's debugfs texts. */

export interface FileKind {
  readonly what: string
  readonly next: string
  /** Whether a log may stand in the same file. */
  readonly mixed?: boolean
}

const packed = (what: string, tool: string): FileKind => ({ what, next: `unpack it: ${tool}` })
const memory = (what: string): FileKind =>
  ({ what, next: 'a dump of memory is no log; remapcheck audit reads dumps of table pages (docs/audit.md)' })
const table = (what: string): FileKind =>
  ({ what, next: 'a table of the firmware is no log; dmesg prints what the kernel made of it' })

const magics: readonly (readonly [bytes: string, kind: FileKind])[] = [
  ['\x7fELF', memory('an ELF file, such as a core of a machine')], ['KDUMP   ', memory('a kdump file')],
  ['makedumpfile', memory('a flattened kdump file')], ['EMiL', memory('a LiME image of memory')],
  ['PAGEDU64', memory('a Windows crash dump')],
  ['DMAR', table('an ACPI DMAR table')], ['IVRS', table('an ACPI IVRS table')],
  ['\xfd7zXZ\0', packed('an xz file', 'xz -dc FILE | remapcheck diagnose -')],
  ['\x28\xb5\x2f\xfd', packed('a zstd file', 'zstd -dc FILE | remapcheck diagnose -')],
  ['BZh', packed('a bzip2 file', 'bzip2 -dc FILE | remapcheck diagnose -')],
  ['PK\x03\x04', packed('a zip archive', 'unzip -p FILE | remapcheck diagnose -')],
  ['LPKSHHRH', { what: 'a binary journal of systemd', next: 'print it: journalctl -k --file FILE > log' }],
  ['\x17\x08\x44tracing', { what: 'a trace.dat of trace-cmd', next: 'print it: trace-cmd report -i FILE > trace' }],
  ['PERFILE2', { what: 'a perf.data file', next: 'print it: perf script -i FILE > trace' }],
  ['\x89PNG', { what: 'a picture', next: 'type the lines of the screen into a text file' }],
  ['\xff\xd8\xff', { what: 'a picture', next: 'type the lines of the screen into a text file' }],
  ['%PDF', { what: 'a PDF file', next: 'copy its text: pdftotext FILE log' }],
]

/** Null: text, perhaps. */
export function kindOfBytes(bytes: Buffer): FileKind | null {
  const head = bytes.subarray(0, 4096)
  const text = head.toString('latin1')
  const found = magics.find(([magic]) => text.startsWith(magic))
  // A text may begin with the name of a table, whose length follows: no table has 16 MiB.
  if (found !== undefined && (!/^(?:DMAR|IVRS)/.test(text) || head[7] === 0)) return found[1]
  const control = head.filter(byte => byte < 9 || byte > 13 && byte < 32 && byte !== 27).length
  return control > head.length / 20
    ? { what: 'binary, of no kind that is known', next: 'give the text of dmesg or journalctl -k' } : null
}

const debugfs = (file: string): FileKind => ({ mixed: true, what: `the debugfs file ${file} of Linux`,
  next: 'keep it: it shows the tables behind a fault; it is not read yet' })
/** QEMU's trace of a unit that `validate` knows. */
export const unitTrace: FileKind = { mixed: true, what: "QEMU's trace of a unit",
  next: 'all that was checked: remapcheck validate FILE' }
/** Each by a line that only it has. */
const signs: readonly (readonly [line: RegExp, kind: FileKind])[] = [
  [/^(?:\d+@\d+\.\d+:)?vtd_(?:inv_|reg_|dmar_|iotlb_|ir_irte|page_walk|context)\w* /, unitTrace],
  [/^(?:\d+@\d+\.\d+:)?(?:amdvi|smmuv?3?|riscv_iommu)_\w+ /,
    { mixed: true, what: "QEMU's trace of a unit that `validate` does not read", next: 'its kernel log may say more' }],
  [/\[\d{3}\] .*\d+\.\d{6}: +(?:iommu:|irq_vectors:|intel_iommu:)?(?:map|unmap|qi_submit|vector_\w+|irq_matrix_\w+): /,
    { mixed: true, what: "the kernel's trace events", next: 'with the log of the same QEMU run: remapcheck validate '
      + 'LOG --ftrace FILE' }],
  [/^\s*Entry SrcID\s+DstID\s+Vct IRTE_high/, debugfs('ir_translation_struct')],
  [/^B\.D\.F\s+Root_entry\s+Context_entry/, debugfs('dmar_translation_struct')],
  [/^IOVA_PFN\s+PML5E/, debugfs('domain_translation_struct')],
  [/^Invalidation queue on IOMMU: /, debugfs('invalidation_queue')],
  [/^IOMMU: \S+ Register Base Address: /, debugfs('iommu_regset')],
  [/^\[000h 0000 +0*4h?\] +Signature : "(?:DMAR|IVRS)"/i, { mixed: true, ...table('iasl text of an ACPI table') }],
  [/^(?:DMAR|IVRS) @ 0x[0-9a-f]+|^ *0000: (?:44 4D 41 52|49 56 52 53) /i,
    { mixed: true, ...table('an ACPI table in hexadecimal') }],
  [/^ +CPU0 .*CPU\d|^ +CPU0 *$/, { mixed: true, what: '/proc/interrupts', next: 'it names the irq of a vector that a '
    + 'log has; it is not read yet' }],
]
/** Cheap to ask of every line of a long log. */
export const signWords = new RegExp(['vtd_', 'amdvi_', 'smmuv?3?_', 'riscv_iommu_', 'SrcID', 'B\\.D\\.F', 'IOVA_PFN',
  ': +(?:\\w+:)?(?:map|unmap|qi_submit|vector_\\w+|irq_matrix_\\w+): ', 'Invalidation queue on', 'Signature :',
  'Register Base Address', '0000: ', '(?:DMAR|IVRS) @', 'CPU0'].join('|'))
export const kindOfLine = (text: string): FileKind | null => signs.find(([line]) => line.test(text))?.[1] ?? null
