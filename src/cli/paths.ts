/** Which operands of a command line are modules of the user, and not names of what is built in. */
import { everyDesign } from '../../spec/designs.ts'
import { protocolsOf } from '../../spec/kernel/calls.ts'
import { editedName } from '../../spec/kernel/edits.ts'

const calls = [...new Set(everyDesign.flatMap(protocolsOf))]
const script = /\.[cm]?[jt]s$/
/** Clause ids hold a slash too, behind the name of their manual, and so do actions, behind that of their call, and the
 *  edits of a design, behind its name or path. */
const isId = (text: string): boolean =>
  /^[A-Z]{2,}:/.test(text) || calls.some(call => text.startsWith(`${call}/`)) && !script.test(text)

/** "I/O permission bitmap" is no path. */
const isWords = (text: string): boolean => text.includes(' ') && !/^[.~]?[\\/]|^\.\./.test(text)

export function isPath(text: string): boolean {
  const name = editedName(text)?.base ?? text
  return !isId(name) && (script.test(name) || /[\\/]/.test(name) && !isWords(name))
}
