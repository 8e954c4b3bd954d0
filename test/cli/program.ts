/** The program of this clone in a process of its own, where a module of a user finds `remapcheck/spec` by the hook of
 *  the loader, which there is none of among the tests. One process for all command lines: to start one takes longer
 *  than most of them. What guards the modules of a user (src/cli/guard.ts) is left out. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { resolve } from 'node:path'

export interface Ended { readonly status: number; readonly out: string; readonly err: string }

/** What it says next. @throws Error where it ends instead. */
const answerOf = (child: ChildProcess): Promise<unknown> => new Promise((settle, fail) => {
  const ended = (code: number | null): void => { fail(new Error(`test/cli/serve.mjs ended with ${code}`)) }
  child.once('exit', ended)
  child.once('message', said => {
    child.off('exit', ended)
    settle(said)
  })
})
async function start(): Promise<ChildProcess> {
  const child = fork(resolve('test/cli/serve.mjs'), { execArgv: [] })
  await answerOf(child)
  return child
}

let started: Promise<ChildProcess> | null = null
let last: Promise<unknown> = Promise.resolve()
/** Node loads a module once: what lies at one path must stay the same. */
export function program(argv: readonly string[], cwd: string): Promise<Ended> {
  const ran = last.then(async () => {
    const child = await (started ??= start())
    child.ref()
    const answer = answerOf(child)
    child.send({ argv, cwd })
    const ended = await answer
    child.unref()
    return ended as Ended
  })
  last = ran.catch(() => {})
  return ran
}
