/** The program of this clone, which runs one command line after the other: see program.ts. */
import { sources } from '../../bin/clone.js'

await sources()
const { modules } = await globalThis[Symbol.for('remapcheck.modules')]()
const { main } = modules['src/cli/main.ts']
process.on('message', async ({ argv, cwd }) => {
  process.chdir(cwd)
  let out = '', err = ''
  const status = await main({ argv, cwd, env: { NO_COLOR: '1' }, signal: new AbortController().signal,
    now: () => 0, stdout: { write: text => { out += text } }, stderr: { write: text => { err += text } } })
  process.send({ status, out, err })
})
process.on('disconnect', () => process.exit())
process.send('ready')
