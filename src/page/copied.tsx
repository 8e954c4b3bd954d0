/** A command that can be copied. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'

export function Copied({ text }: { readonly text: string }): JSX.Element {
  const [done, setDone] = useState(false)
  const copy = (): void => {
    // Not every browser lets a page of the file system write there; then the text can be selected.
    navigator.clipboard?.writeText(text).then(() => { setDone(true) }, () => {})
  }
  return (
    <span class="copied">
      <code>{text}</code>
      <button type="button" class="quiet" onClick={copy}>{done ? 'copied' : 'copy'}</button>
    </span>
  )
}
