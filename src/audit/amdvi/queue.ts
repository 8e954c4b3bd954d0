/** Registers and the command buffer of an AMD unit, as texts list them (AMD 48882 rev 3.05: 2.4, ch. 3). */
import { commandLayouts, decode, registers } from '../../../spec/amdvi/index.ts'
import type { Register } from '../../../spec/amdvi/index.ts'
import { dwordsOf } from '../../../spec/iommu/layout.ts'
import type { AmdviDump } from '../../dump/dump.ts'
import { bdf } from '../devices.ts'
import { hex } from '../format.ts'
import { queueRow } from '../queue.ts'
import type { QueueRow, RegisterRow } from '../queue.ts'

/** Each with its fields that are not 0. */
export const registerRows = ({ told }: AmdviDump): readonly RegisterRow[] => told.map(({ name, index, value }) => {
  const { layout, count }: Register = registers[name], words = dwordsOf(value)
  const values: Readonly<Record<string, number>> = decode(layout, words)
  const says = layout.fields.filter(field => !field.reserved && values[field.name] !== 0).map(field => {
    const of = values[field.name]!
    if (field.width === 1) return field.name
    return `${field.name}=${hex(field.address ? of * 2 ** field.low : of)}`
  })
  return { name: count === 1 ? name : `${name}[${index}]`, value: `0x${value.toString(16)}`, says: says.join(', ') }
})

function saysOf(qwords: readonly bigint[]): { readonly what: string; readonly says: string } {
  const words = dwordsOf(...qwords), code = words[1]! >>> 28
  const layout = commandLayouts[code as keyof typeof commandLayouts]
  if (layout === undefined) return { what: 'undecoded', says: `no command has the code ${code}` }
  const values: Readonly<Record<string, number>> = decode(layout, words)
  const of = [...values.DEVICE === undefined ? [] : [bdf(values.DEVICE)],
    ...values.DOMAIN === undefined ? [] : [`domain ${values.DOMAIN}`],
    ...values.GN === 1 && values.PASID !== undefined ? [`PASID ${values.PASID}`] : []]
  return { what: layout.name, says: [layout.name, ...of].join(' ') }
}

/** A buffer has 256 commands at least. */
export const commandsOf = ({ queue }: AmdviDump): QueueRow | null => queue === null ? null
  : queueRow({ name: 'command buffer', entry: 'command' }, queue, Math.max(256, queue.rows.length), saysOf)
