/** Numbers that a report rests on, each with what it means. */
import type { JSX } from 'preact'
import type { Parameter } from './figures.ts'
import { Words } from './words.tsx'

export const Parameters = ({ of }: { readonly of: readonly Parameter[] }): JSX.Element =>
  <dl class="parameters">{of.map(({ name, value, says }) =>
    <div><dt>{name}</dt><dd><b>{value}</b> <span class="muted"><Words text={says} /></span></dd></div>)}</dl>
