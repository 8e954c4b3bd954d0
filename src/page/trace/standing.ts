/** How a trace stands: as its sign, colour and head say. */
import type { Standing, TraceData } from '../data.ts'

export function standingOf({ reproduced, wanted, accepted }: TraceData): Standing {
  if (!reproduced) return 'open'
  if (wanted) return 'good'
  return accepted === null ? 'bad' : 'known'
}
