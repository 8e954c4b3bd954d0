/** Files that are written whole or not at all, even when the program is killed meanwhile. */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** What stood there before stays until all is written. Drafts of the same file that killed processes have left are
 *  removed.
 *  @throws what the file system throws; no draft is then left. */
export function writeWhole(file: string, text: string): void {
  const draft = freshDraft(file)
  try {
    // A link that somebody has laid there is not followed.
    writeFileSync(draft, text, { flush: true, flag: 'wx' })
    renameSync(draft, file)
  } catch (cause) {
    rmSync(draft, { force: true })
    throw cause
  }
}

/** The same of a text in pieces, which may be longer than a string can be. */
export async function writeWholeFrom(file: string, pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const draft = freshDraft(file)
  try {
    const handle = openSync(draft, 'wx')
    try {
      for await (const piece of pieces) writeFileSync(handle, piece)
      fsyncSync(handle)
    } finally { closeSync(handle) }
    renameSync(draft, file)
  } catch (cause) {
    rmSync(draft, { force: true })
    throw cause
  }
}

/** A path for the draft of the file, after those that were left are gone. */
function freshDraft(file: string): string {
  const folder = dirname(file)
  for (const name of readdirSync(folder)) if (isLeft(name, basename(file))) rmSync(join(folder, name), { force: true })
  return join(folder, draftOf(basename(file), process.pid))
}
const draftOf = (name: string, pid: number): string => `.${name}.${pid}.part`

/** Whether it is a draft of the file that nobody writes any more. One with the number of this process is of an earlier
 *  one. */
function isLeft(draft: string, name: string): boolean {
  const pid = Number(/\.(\d{1,9})\.part$/.exec(draft)?.[1])
  return draft === draftOf(name, pid) && (pid === process.pid || !isRunning(pid))
}
function isRunning(pid: number): boolean {
  // Of another user's process it is only said that it may not be signalled.
  try { return process.kill(pid, 0) } catch (cause) { return (cause as NodeJS.ErrnoException).code !== 'ESRCH' }
}
