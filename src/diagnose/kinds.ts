/** Files that are no kernel log, known by their first bytes or by a line that nothing else has: what each is, and what
 *  to do with it. Sources: the manual pages of the formats; ACPI 6.5, 5.2.6; the kernel's debugfs texts. */
import { memoryMagics } from '../dump/magic.ts'

export type Served = 'tables' | 'acpi' | 'irqs' | 'machine' | 'memory'
export interface FileKind {
  readonly what: string
  readonly next: string
  /** Whether a log may stand in the same file. */
  readonly mixed?: boolean
  /** What of its lines, or its bytes, serves the faults of others (beside.ts). */
  readonly serves?: Served
}

const packed = (what: string, tool: string): FileKind => ({ what, next: `unpack it: ${tool}` })
const table = (what: string): FileKind => ({ what, serves: 'acpi',
  next: 'what it says serves the faults of a log; all of it: remapcheck audit FILE' })

const magics: readonly (readonly [bytes: string, kind: FileKind])[] = [
  ['\xfd7zXZ\0', packed('an xz file', 'xz -dc FILE | remapcheck diagnose -')],
  ['\x28\xb5\x2f\xfd', packed('a zstd file', 'zstd -dc FILE | remapcheck diagnose -')],
  ['BZh', packed('a bzip2 file', 'bzip2 -dc FILE | remapcheck diagnose -')],
  ['PK\x03\x04', packed('a zip archive', 'unzip -p FILE | remapcheck diagnose -')],
  ...memoryMagics.map(({ bytes, what, next, as }): [string, FileKind] =>
    [bytes, { what, next, ...as === null ? {} : { serves: 'memory' as const } }]),
  ['DMAR', table('an ACPI DMAR table')], ['IVRS', table('an ACPI IVRS table')],
  ['\x17\x08\x44tracing', { what: 'a trace.dat of trace-cmd', next: 'print it: trace-cmd report -i FILE > trace' }],
  ['PERFILE2', { what: 'a perf.data file', next: 'print it: perf script -i FILE > trace' }],
  ['\x89PNG', { what: 'a picture', next: 'type the lines of the screen into a text file' }],
  ['\xff\xd8\xff', { what: 'a picture', next: 'type the lines of the screen into a text file' }],
  ['%PDF', { what: 'a PDF file', next: 'copy its text: pdftotext FILE log' }],
]
const trimmed: FileKind = { what: 'a dump of table pages', serves: 'memory',
  next: 'its tables serve the faults of a log; what they allow: remapcheck audit FILE' }

/** Null: text, perhaps. */
export function kindOfBytes(bytes: Buffer): FileKind | null {
  const head = bytes.subarray(0, 4096)
  const text = head.toString('latin1')
  const found = magics.find(([magic]) => text.startsWith(magic))
  // A text may begin with the name of a table, whose length follows: no table has 16 MiB.
  if (found !== undefined && (!/^(?:DMAR|IVRS)/.test(text) || head[7] === 0)) return found[1]
  if (/^\{".*"pages":/.test(text)) return trimmed
  const control = head.filter(byte => byte < 9 || byte > 13 && byte < 32 && byte !== 27).length
  return control > head.length / 20
    ? { what: 'binary, of no kind that is known', next: 'give the text of dmesg or journalctl -k' } : null
}

const debugfs = (file: string): FileKind => ({ mixed: true, serves: 'tables', what: `the debugfs file ${file} of Linux`,
  next: 'its tables serve the faults of a log; what they allow: remapcheck audit FILE' })
/** Of AMD units, 6.17 on: what says nothing of faults. */
const shown = (file: string, next = 'what it shows: remapcheck audit FILE'): FileKind =>
  ({ mixed: true, what: `the debugfs file ${file} of Linux`, next })
/** QEMU's trace of a unit that `validate` knows. */
export const unitTrace: FileKind = { mixed: true, what: "QEMU's trace of a unit",
  next: 'all that was checked: remapcheck validate FILE' }
/** Each by a line that only it has. */
const signs: readonly (readonly [line: RegExp, kind: FileKind])[] = [
  [/^(?:\d+@\d+\.\d+:)?vtd_(?:inv_|reg_|dmar_|iotlb_|ir_irte|page_walk|context)\w* /, unitTrace],
  [/^(?:\d+@\d+\.\d+:)?amdvi_\w+ /, unitTrace],
  [/^(?:\d+@\d+\.\d+:)?(?:smmuv?3?|riscv_iommu)_\w+ /,
    { mixed: true, what: "QEMU's trace of a unit that `validate` does not read", next: 'its kernel log may say more' }],
  [new RegExp(String.raw`\[\d{3}\] .*\d+\.\d{6}: +(?:iommu:|irq_vectors:|intel_iommu:|irq_matrix:|irq:)?`
    + String.raw`(?:map|unmap|qi_submit|vector_\w+|irq_matrix_\w+|irq_handler_\w+): `),
  { mixed: true, serves: 'irqs', what: "the kernel's trace events", next: 'its events serve the faults of a log; '
    + 'what the '
      + 'kernel did, by it: remapcheck validate FILE' }],
  [/^Device [0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] (?:with pasid \S+ )?@0x/, debugfs('domain_translation_struct')],
  [/^(?:Remapped|Posted) Interrupt supported on IOMMU: /, debugfs('ir_translation_struct')],
  [/^(?:IOMMU \S+: Root Table Address: ?|DMA Remapping is not enabled on )/, debugfs('dmar_translation_struct')],
  [/^Invalidation queue on IOMMU: /, debugfs('invalidation_queue')],
  [/^IOMMU: \S+ Register Base Address: /, debugfs('iommu_regset')],
  [/^\[000h 0000 +0*4h?\] +Signature : "(?:DMAR|IVRS)"/i, { mixed: true, ...table('iasl text of an ACPI table') }],
  [/^(?:DMAR|IVRS) @ 0x[0-9a-f]+|^ *0000: (?:44 4D 41 52|49 56 52 53) /i,
    { mixed: true, ...table('an ACPI table in hexadecimal') }],
  [/^ *CPU\d+(?: +CPU\d+)* *$/, { mixed: true, what: '/proc/interrupts', serves: 'irqs',
    next: 'it names the interrupts of the faults of a log' }],
  [/^DeviceId\s+(?:QWORD\[3\]|[0-9a-f]{4}:[0-9a-f]{2}:)/, debugfs('devtbl or irqtbl')],
  [/^CMD Buffer Head Offset:\d+ Tail Offset:\d+/, shown('cmdbuf')],
  [/^Offset:0x[0-9a-f]+ Value:0x[0-9a-f]{16}$/i, shown('mmio')],
  [/^Offset:0x[0-9a-f]+ Value:0x[0-9a-f]+/i,
    shown('capability', 'it shows a register of the PCI capability, and is not read; mmio is')],
  [/^\(XEN\).*(?:iommu [0-9a-f]+: nr_pt_levels = |table has \d levels| vec=[0-9a-f]{2} .*dest=)/, { mixed: true,
    serves: 'tables', what: "what Xen's debug keys print (V, o, M)", next: 'it serves the faults of a log' }],
  [/^handler: +handle_|^=== .*\/irqs\/\d+$/, { mixed: true, serves: 'irqs',
    what: 'debugfs files of interrupts (irq/irqs)', next: 'they name the interrupts of the faults of a log' }],
  [/^[0-9a-f]{8,16}-[0-9a-f]{8,16} : \S/, { mixed: true, serves: 'machine', what: '/proc/iomem',
    next: 'it tells where RAM is' }],
]
/** Cheap to ask of every line of a long log. */
export const signWords = new RegExp(['vtd_', 'amdvi_', 'smmuv?3?_', 'riscv_iommu_', ' @0x', 'Interrupt supported on',
  'Root Table Address',
  'DMA Remapping is not', ' : (?:System RAM|Reserved|PCI Bus)',
  'map: ', 'qi_submit: ', 'vector_\\w+: ', 'irq_matrix_', 'irq_handler_', 'Invalidation queue on',
  'Signature :',
  'Register Base Address', '0000: ', '(?:DMAR|IVRS) @', 'CPU0', '^handler: ', '/irqs/', 'DeviceId', 'nr_pt_levels',
  'CMD Buffer Head', '^Offset:0x',
  'table has \\d levels', ' vec='].join('|'))
export const kindOfLine = (text: string): FileKind | null => signs.find(([line]) => line.test(text))?.[1] ?? null
