/** A source of the bounded machine as the function that sends its messages: CPU and vector are address and data. What
 *  it then does is written in `msi.ts`. */
import type { Source } from '../state.ts'
import type { Message, MsiSource } from './msi.ts'

/** `remapped`: the registers hold an index that never changes, and nobody looks at them. */
export const functionOf = (source: Source, remapped: boolean): MsiSource => ({
  get address() { return remapped ? 0 : source.cpu },
  set address(cpu) { source.cpu = cpu },
  get data() { return remapped ? 0 : source.vector },
  set data(vector) { source.vector = vector },
  enabled: true, maskable: true,
  get masked() { return source.masked },
  set masked(is) { source.masked = is },
  get pending() { return source.pending },
  set pending(is) { source.pending = is },
})

/** The message on its way, in the format of the kernel's set-up. */
export const sent = ({ address, data }: Message, remapped: boolean): NonNullable<Source['message']> =>
  remapped ? { format: 'remappable' } : { format: 'compatible', cpu: address, vector: data }
