/** What a kernel log says went wrong, and what follows from it. */
import type { JSX } from 'preact'
import { Copied } from './copied.tsx'
import type { DiagnosisData, FaultData, LookData } from './reports.ts'
import { Term, Words } from './words.tsx'

export function DiagnosisView({ diagnosis: { files, faults, beyond } }: {
  readonly diagnosis: DiagnosisData }): JSX.Element {
  return <>
    {files.map(({ path, facts, doubts, unread }) => (
      <section class="source">
        <p><code>{path}</code> <small>{facts}</small></p>
        {doubts.map(doubt => <p class="notes">{doubt}</p>)}
        {unread.length > 0 && <details><summary>{unread[0]}</summary>
          <pre tabIndex={0}>{unread.slice(1).join('\n')}</pre></details>}
      </section>
    ))}
    {faults.length === 0 && <p class="lead">No fault in it. That is no proof that there was none: kernels print few of
      them, and only where the driver of the unit is on.</p>}
    {faults.map((fault, i) => <FaultView fault={fault} number={i + 1} />)}
    {beyond > 0 && <p class="muted">and {beyond.toLocaleString('en-US')} more</p>}
  </>
}

const certainties = {
  sure: 'the message itself proves it', likely: 'it rests on a fact that the message does not hold',
  open: 'the message leaves it open',
} as const
function FaultView({ fault: { title, happened, when, hardware, concludes, next, shows }, number }: {
  readonly fault: FaultData; readonly number: number }): JSX.Element {
  return (
    <section class="fault">
      <h2><span class="muted">{number}</span> {title}</h2>
      <p class="muted">{when}</p>
      {happened.map(text => <p><Words text={text} /></p>)}
      {hardware.map(({ says, clause }) => <p class="hardware"><Words text={says} />
        {clause !== null && <small> {clause}</small>}</p>)}
      <ul class="concludes">{concludes.map(({ certainty, says, rule }) => (
        <li class={certainty}><b><Term says={certainties[certainty]}>{certainty}</Term></b>
          <p>{says} <small>{rule}</small></p></li>
      ))}</ul>
      {next.length > 0 && <div class="looks"><h3>Look at</h3><Looks looks={next} /></div>}
      {shows.length > 0 && <div class="looks"><h3>The same in the model</h3><Looks looks={shows} /></div>}
    </section>
  )
}
const Looks = ({ looks }: { readonly looks: readonly LookData[] }): JSX.Element =>
  <ul class="plain">{looks.map(({ run, says }) => <li>{run === null ? says
    : <><Copied text={run} /> <small>{says}</small></>}</li>)}</ul>
