/** A file that is still being written, as a stream: it ends when it has not grown for a while, or by Ctrl-C. */
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogSource } from '../logs/lines.ts'

const look_ms = 250
const chunk_bytes = 1 << 18

/** @param idle_s how long it may not grow; Infinity for ever.
 *  @throws what opening the file throws, when it is read. */
export function followed(path: string, idle_s: number, signal: AbortSignal): LogSource {
  async function* grown(): AsyncGenerator<Buffer> {
    const file = await open(path)
    try {
      let idle_ms = 0
      while (true) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(chunk_bytes), 0, chunk_bytes)
        if (bytesRead > 0) {
          idle_ms = 0
          yield buffer.subarray(0, bytesRead)
        } else if (signal.aborted || idle_ms >= idle_s * 1000) return
        else {
          await sleep(look_ms, undefined, { signal }).catch(() => {})
          idle_ms += look_ms
        }
      }
    } finally { await file.close() }
  }
  return { name: path, stream: Readable.from(grown()) }
}
