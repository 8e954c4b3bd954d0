/** Which QEMU to run, and whether it will do. */
import { spawnSync } from 'node:child_process'
import type { UserError } from '../errors.ts'
import { howToGet, qemuError } from './errors.ts'

export interface Version { readonly major: number; readonly minor: number; readonly micro: number }
export interface Qemu {
  /** A path, or a name to be looked for in PATH. */
  readonly binary: string
  readonly version: Version
}

/** The oldest whose conduct was looked at. */
export const oldest: Version = { major: 7, minor: 2, micro: 0 }
const usual = 'qemu-system-x86_64'
/** No machine is so busy that a program takes this long to say what it is. */
const patience_ms = 600_000

export const versionText = ({ major, minor, micro }: Version): string => `${major}.${minor}.${micro}`
export const atLeast = (version: Version, major: number, minor = 0): boolean =>
  version.major > major || version.major === major && version.minor >= minor

const known = new Map<string, Qemu>()

/** The one named, else the one of REMAPCHECK_QEMU, else the one in PATH. Asked for its version once.
 *  @throws UserError E-QEMU-MISSING, E-QEMU-OLD, E-QEMU-UNKNOWN. */
export function findQemu(named?: string, env: NodeJS.ProcessEnv = process.env): Qemu {
  const binary = named ?? (env['REMAPCHECK_QEMU'] || usual)
  const key = `${binary}\n${env['PATH']}`
  const before = known.get(key)
  if (before !== undefined) return before
  const found = { binary, version: judge(binary, versionSaid(binary, env)) }
  known.set(key, found)
  return found
}

function versionSaid(binary: string, env: NodeJS.ProcessEnv): string {
  const { error, stdout } = spawnSync(binary, ['--version'],
    { encoding: 'latin1', timeout: patience_ms, killSignal: 'SIGKILL', env, stdio: ['ignore', 'pipe', 'ignore'] })
  if (error !== undefined) throw missing(binary, (error as NodeJS.ErrnoException).code ?? error.message)
  return stdout.split('\n')[0]!.trim()
}
function missing(binary: string, code: string): UserError {
  if (code === 'ETIMEDOUT')
    return qemuError('UNKNOWN', `did not tell its version within ${patience_ms / 60_000} minutes`, howToGet, binary)
  return qemuError('MISSING', problems[code] ?? `cannot be run (${code})`, howToGet, binary)
}
const problems: Readonly<Record<string, string>> = { ENOENT: 'there is no such program', EACCES: 'may not be run' }
function judge(binary: string, said: string): Version {
  const found = /^QEMU emulator version (\d+)\.(\d+)(?:\.(\d+))?/.exec(said)
  if (found === null) throw qemuError('UNKNOWN',
    said === '' ? 'does not tell a version of QEMU' : `tells no version of QEMU: '${said.slice(0, 80)}'`, howToGet,
    binary)
  const version = { major: Number(found[1]), minor: Number(found[2]), micro: Number(found[3] ?? 0) }
  if (!atLeast(version, oldest.major, oldest.minor))
    throw qemuError('OLD', `is QEMU ${versionText(version)}, older than ${oldest.major}.${oldest.minor}`, howToGet,
      binary)
  return version
}
