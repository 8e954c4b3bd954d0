/** Files of this package that help and messages name: samples, pages, sources of claims. In a project that has the
 *  package installed they lie below node_modules. */
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { placed, shown } from './io.ts'
import type { Io } from './io.ts'
import { packageRoot } from './package.ts'

/** Where a file, folder or pattern of the user lies. A sample of the package that they do not have is taken from there,
 *  which is said on stderr. */
export function sampled(io: Io, path: string): string {
  const here = placed(io, path)
  const [fixed = ''] = path.split(/[^\\/]*[*?]/)
  if (isAbsolute(path) || existsSync(placed(io, fixed)) || !/^(?:\.[\\/])?traces[\\/]/.test(path)) return here
  const packed = join(packageRoot, path)
  if (!existsSync(join(packageRoot, fixed))) return here
  const found = shown(io, packed)
  io.stderr.write(`${path}: not here, so the sample of the package: ${found}\n`)
  return placed(io, found)
}

const named = /(?<![\w./\\-])(?:docs|spec\/costs|properties)\/[\w./-]*\.(?:md|json|ts)\b/g
/** The text with files of the package as the user finds them. */
export const located = (io: Io, text: string): string => text.replace(named, path => {
  const packed = join(packageRoot, path)
  return existsSync(placed(io, path)) || !existsSync(packed) ? path : shown(io, packed)
})
