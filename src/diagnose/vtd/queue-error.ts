/** One incident of the invalidation queue, and what follows from it (VT-d rev 5.10, 6.5.2 and 11.4: IQERCD). */
import type { decodeDescriptor } from '../../../spec/vtd/index.ts'
import type { Line } from '../happening.ts'
import { deviceOfId } from '../text.ts'

export interface Descriptor {
  readonly type: string
  readonly qw: readonly [bigint, bigint]
  readonly decoded: ReturnType<typeof decodeDescriptor>
}
/** Null where no line told. */
export interface QueueError {
  readonly line: Line
  /** IQERCD's reason of a queue error. */
  queue: number | null
  /** Source ids of a time-out and of a completion error. */
  timeout: number | null
  completion: number | null
  head: Descriptor | null
  prior: Descriptor | null
  cleared: boolean
}

/** Reads of registers that answer nothing: a reason of four ones, a source id of sixteen. */
export const isAllOnes = ({ queue, timeout, completion, head }: QueueError): boolean =>
  (queue === 0xf || queue === null) && [timeout, completion].some(sid => sid === 0xffff)
  && (queue === 0xf || timeout === 0xffff && completion === 0xffff) || head?.qw[0] === 0xffffffffffffffffn

/** The device whose answer is missing: as the unit says, else as the descriptor before the head says. */
export function silentDevice({ timeout, completion, prior, head }: QueueError): { readonly device: string
  readonly by: string } | null {
  if (timeout === null && completion !== null && completion !== 0 && completion !== 0xffff)
    return { device: deviceOfId(completion), by: 'the source id in the message' }
  if (timeout !== null && timeout !== 0 && timeout !== 0xffff)
    return { device: deviceOfId(timeout), by: 'the source id in the message' }
  for (const [name, of] of [['PRIOR', prior], ['HEAD', head]] as const)
    if (of?.decoded.type === 'device-tlb')
      return { device: deviceOfId(of.decoded.sid), by: `the source id in the descriptor (QI ${name}); only the last `
        + `before the wait is printed` }
  return null
}
