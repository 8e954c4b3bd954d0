/** The command line of this process: streams, Ctrl-C, closed pipes. The only file that ends the process. */
import { exitCode } from '../exit.ts'
import { main } from './main.ts'

export async function runProcess(): Promise<void> {
  const interrupt = new AbortController()
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted) process.exit(exitCode('interrupted')) // the second time at once
    interrupt.abort()
  })
  // `remapcheck list | head`: the reader has gone, which is no mistake of anybody.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
      throw error
    })
  const { stdout, stderr, env } = process
  process.exitCode = await main({ argv: process.argv.slice(2), stdout, stderr, env, cwd: process.cwd(), signal: interrupt.signal })
}
