/** The steps of a trace from top to bottom, and a lane for each who acts and each place that changes: a dot for who
 *  takes the step, a mark where it changes something. */
import { Component } from 'preact'
import type { ComponentChildren, JSX } from 'preact'
import type { ChangeData, Lane, StepData, TraceData } from '../data.ts'
import { Term } from '../words.tsx'

export function Lanes({ trace, step, onStep, children }: { readonly trace: TraceData; readonly step: number
  readonly onStep: (step: number) => void; readonly children: ComponentChildren }): JSX.Element {
  const { lanes, steps, loop, at, skipped, reproduced, wanted } = trace
  const shown = wanted ? 'reached' : 'violates'
  return (
    <div class="lanes" style={{ '--lanes': lanes.length }}>
      <Heads lanes={lanes} />
      <ol class="steps" start={skipped + 1}>
        {steps.map((one, i) => (
          <Row key={i} data={one} number={skipped + i + 1} current={i + 1 === step} to={i + 1} onStep={onStep}
            shows={at === skipped + i + 1 && reproduced ? shown : null}
            loops={loop !== null && i >= loop - skipped}>
            {i + 1 === step && children}
          </Row>
        ))}
      </ol>
      {loop !== null && <p class="forever">{loop === steps.length + skipped ? 'and so it stays for ever'
        : `↺ from here back to step ${loop + 1}, for ever`}</p>}
    </div>
  )
}

function Heads({ lanes }: { readonly lanes: readonly Lane[] }): JSX.Element {
  return <div class="heads" role="group" aria-label="lanes">
    {lanes.map(({ title, says, acts }) => <span class={acts ? 'acts' : ''}><Term says={says}>{title}</Term></span>)}
  </div>
}

interface RowProps {
  readonly data: StepData
  readonly number: number
  readonly to: number
  readonly current: boolean
  readonly shows: 'violates' | 'reached' | null
  readonly loops: boolean
  readonly onStep: (step: number) => void
  readonly children?: ComponentChildren
}
/** A row is drawn anew only where it becomes the current one, or is it no longer: a trace may have thousands. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { current, data, shows, children, loops } = this.props
    return current !== next.current || data !== next.data || shows !== next.shows || children !== next.children
      || loops !== next.loops
  }
  override render({ data, number, to, current, shows, loops, onStep, children }: RowProps): JSX.Element {
    const { action, args, refused, seen, changes, violates } = data
    const kind = [current ? 'current' : '', shows ?? '', refused === null ? '' : 'refused', loops ? 'loops' : '']
    return (
      <li class={kind.filter(word => word !== '').join(' ')}>
        <button type="button" class="row" aria-current={current ? 'step' : undefined} onClick={() => { onStep(to) }}>
          <span class="number">{number}</span>
          <Tracks data={data} />
          <span class="told">
            <span class="op"><b>{action}</b> {args}</span>
            {refused !== null && <span class="refusal">refused: {refused}</span>}
            {seen.map(text => <span class="seen">» {text}</span>)}
            {changes.map(change => <ChangeText change={change} />)}
            {shows === 'reached' && <span class="shows">✓ reached</span>}
            {shows === 'violates' && violates.length === 0 && <span class="shows">✗ violates the claim</span>}
            {violates.length > 0 && <span class="shows">✗ violates {
              violates.map(({ property }) => property).join(', ')}</span>}
          </span>
        </button>
        {children}
      </li>
    )
  }
}

export function ChangeText({ change: { sign, path, before, after } }: { readonly change: ChangeData }): JSX.Element {
  return <span class="change"><span class="sign">{sign}</span> {path} {before !== null && <del>{before}</del>}
    {sign === '~' && ' → '}{after !== null && <ins>{after}</ins>}</span>
}

/** Who acts, and where: the words beside say the same. */
function Tracks({ data: { lane, changes } }: { readonly data: StepData }): JSX.Element {
  const touched = new Map<number, string>()
  for (const change of changes) touched.set(change.lane, touched.has(change.lane) ? '±' : change.sign)
  const all = [lane, ...touched.keys()], from = Math.min(...all), to = Math.max(...all)
  return (
    <span class="tracks" aria-hidden="true">
      {from < to && <i class="wire" style={{ '--from': from, '--to': to }} />}
      <i class="actor" style={{ '--at': lane }} />
      {[...touched].map(([at, sign]) =>
        <i class={`touch ${at === lane ? 'own' : ''}`} style={{ '--at': at }}>{sign}</i>)}
    </span>
  )
}
