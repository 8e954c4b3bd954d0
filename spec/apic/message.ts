/** What a source sends: in the format of the kernel's set-up, with the address and data of this instant. */
import type { Source } from '../state.ts'

export const messageOf = (source: Source, remapped: boolean): NonNullable<Source['message']> =>
  remapped ? { format: 'remappable' } : { format: 'compatible', cpu: source.cpu, vector: source.vector }
