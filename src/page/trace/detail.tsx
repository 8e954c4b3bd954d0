/** The current step: what it does, what it changed, what the judge learns of it, its rule, its code. */
import type { JSX } from 'preact'
import type { StepData, TraceData } from '../data.ts'
import { ClauseText, sentence, Words } from '../words.tsx'
import { ChangeText } from './lanes.tsx'

export function StepDetail({ trace, step }: { readonly trace: TraceData; readonly step: number }): JSX.Element {
  const data = trace.steps[step - 1]
  if (data === undefined) return (
    <section class="detail"><h3>Before the first step</h3>
      <p>The state that the machine begins in. Nothing has happened yet.</p></section>
  )
  const { action, lane, refused } = data
  const { says, code } = trace.actions[action] ?? { says: null, code: null }
  return (
    <section class="detail">
      <p class="who">step {trace.skipped + step}, taken by <b>{trace.lanes[lane]?.title ?? '?'}</b></p>
      <h3><span>{action}</span> <small>{data.args}</small></h3>
      {says !== null && <p class="says"><Words text={sentence(says)} /></p>}
      {refused !== null && <p class="refusal">Not allowed here: {refused}. The state stays as it was.</p>}
      <Outcome data={data} property={trace.property} />
      <Protocol trace={trace} action={action} />
      {data.clauses.length > 0 && <div class="rules"><h4>By these rules</h4>
        {data.clauses.map(id => <ClauseText id={id} />)}</div>}
      {data.costs.length > 0 && <p class="costs"><span>costs</span> {data.costs.join(', ')}</p>}
      {code !== null && <details class="code"><summary>Its code</summary><pre tabIndex={0}>{code}</pre></details>}
    </section>
  )
}

function Outcome({ data: { seen, changes, violates, faults }, property }: { readonly data: StepData
  readonly property: string }): JSX.Element {
  return <>
    {seen.length > 0 && <div class="learns"><h4>The judge learns</h4><ul>{seen.map(text =>
      <li><code>{text}</code></li>)}</ul></div>}
    {faults.map(id => <div class="rules"><h4>Refused by</h4><ClauseText id={id} /></div>)}
    {violates.map(({ property: name, because }) => <p class="broken"><b>✗ {name}</b>{
      name === property ? ': ' : ' too: '}<Words text={because} /></p>)}
    {changes.length > 0 && <div class="changes"><h4>It changes</h4>{changes.map(change =>
      <ChangeText change={change} />)}</div>}
  </>
}

/** The call that the step belongs to, with its place in it. */
function Protocol({ trace, action }: { readonly trace: TraceData; readonly action: string }): JSX.Element | null {
  const call = action.split('/')[0]!, names = trace.protocols[call]
  if (names === undefined) return null
  return (
    <div class="protocol">
      <h4>Its place in <code>{call}</code></h4>
      <ol>{names.map(name => (
        <li aria-current={name === action ? 'true' : undefined} title={trace.actions[name]?.says ?? ''}>
          {name === call ? `${call} …` : name.slice(call.length + 1)}</li>
      ))}</ol>
    </div>
  )
}
