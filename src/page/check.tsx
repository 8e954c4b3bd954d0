/** Verdicts of `check`: of one design with its counterexamples, or of many as a table. */
import type { JSX } from 'preact'
import { many } from './count.ts'
import type { CheckData, DesignData, VerdictData } from './data.ts'
import { Traces, showTrace } from './trace/traces.tsx'
import { Scroll } from './scroll.tsx'
import { sentence, Words } from './words.tsx'

export function CheckView({ check }: { readonly check: CheckData }): JSX.Element {
  const { designs, notes } = check
  const [only] = designs
  return <>
    {notes.length > 0 && <ul class="notes">{notes.map(note => <li>{note}</li>)}</ul>}
    {designs.length === 1 && only !== undefined ? <OneDesign design={only} check={check} />
      : <Matrix check={check} />}
  </>
}

function OneDesign({ design, check }: { readonly design: DesignData; readonly check: CheckData }): JSX.Element {
  const { says, traces, scopes, failures } = design
  return <>
    <p class="lead"><Words text={sentence(says)} /></p>
    <Summary design={design} />
    {failures.map(text => <pre class="failure">{text}</pre>)}
    {traces.length > 0 && <Traces traces={traces} />}
    <section>
      <h2>Claims</h2>
      <Verdicts design={design} check={check} />
    </section>
    <section>
      <h2>Within these bounds</h2>
      <p class="muted"><Words text={'A verdict is a proof for these small machines, and says nothing of larger '
        + 'ones. Each scope is one of them.'} /></p>
      <dl class="scopes">{scopes.map(({ name, says: about, bounds, searched }) => (
        <div><dt>{name}</dt><dd><p>{about}</p><p class="muted">{searched}</p><p class="bounds">{bounds}</p></dd></div>
      ))}</dl>
    </section>
  </>
}

function Summary({ design: { verdicts, states, witnesses: [reached, all] } }: {
  readonly design: DesignData }): JSX.Element {
  const count = (standing: VerdictData['standing']): number =>
    verdicts.filter(one => one.standing === standing).length
  const rows = [
    ['good', count('good'), 'claims hold'], ['bad', count('bad'), 'unexpected'], ['known', count('known'),
      count('known') === 1 ? 'known violation' : 'known violations'], ['open', count('open'), 'not decided'],
  ] as const
  return (
    <ul class="figures">
      {rows.filter(([standing, n]) => n > 0 || standing === 'good').map(([standing, n, word]) =>
        <li class={standing}><b>{n}</b> {word}</li>)}
      <li><b>{states.toLocaleString('en-US')}</b> states visited</li>
      {all > 0 && <li><b>{reached} of {all}</b> situations reached that the claims need</li>}
    </ul>
  )
}

function Verdicts({ design, check }: { readonly design: DesignData; readonly check: CheckData }): JSX.Element {
  return (
    <ul class="verdicts">
      {design.verdicts.map(({ property, standing, mark, word, scope, ops, trace, accepted }) => (
        <li class={standing}>
          <span class={`sign ${standing}`} aria-hidden="true">{mark}</span>
          <div>
            <p><b>{property}</b> <small>{word}{ops === null ? '' : `, ${many(ops, 'step')}, scope ${scope}`}</small></p>
            <p><Words text={check.claims.find(({ name }) => name === property)?.says ?? ''} /></p>
            {accepted !== null && <p class="muted">accepted: {accepted}</p>}
          </div>
          {trace !== null && design.traces.some(({ id }) => id === trace)
            && <a class="quiet" href={`#${trace}`} onClick={() => { showTrace(trace) }}>see how</a>}
        </li>
      ))}
    </ul>
  )
}

function Matrix({ check: { designs, claims } }: { readonly check: CheckData }): JSX.Element {
  const marks = new Map(designs.flatMap(({ verdicts }) =>
    verdicts.map(({ mark, word, standing }) => [mark, { word, standing }] as const)))
  return (
    <section>
      <p class="lead">{many(designs.length, 'design')}, {many(claims.length, 'claim')}: a mark says whether the design
        keeps the claim.</p>
      <ul class="legend">{[...marks].map(([mark, { word, standing }]) =>
        <li><span class={`sign ${standing}`}>{mark}</span> {word}</li>)}</ul>
      <Scroll label="verdicts">
        <table class="matrix">
          <thead><tr>
            <th scope="col">design</th>
            {claims.map(({ name, says }) => <th scope="col" title={says}><span>{name}</span></th>)}
            <th scope="col" class="number">states</th>
          </tr></thead>
          <tbody>{designs.map(design => <MatrixRow design={design} claims={claims} />)}</tbody>
        </table>
      </Scroll>
    </section>
  )
}
function MatrixRow({ design: { design, file, says, verdicts, states }, claims }: {
  readonly design: DesignData; readonly claims: CheckData['claims'] }): JSX.Element {
  return (
    <tr>
      <th scope="row" title={says}>{file === null ? design : <a href={file}>{design}</a>}</th>
      {claims.map(({ name }) => {
        const one = verdicts.find(({ property }) => property === name)
        if (one === undefined) return <td class="unasked"><span class="spoken">not asked</span></td>
        const mark = <><span aria-hidden="true">{one.mark}</span><span class="spoken">{one.word}</span></>
        return <td class={one.standing} title={`${name}: ${one.word}`}>
          {one.trace === null || file === null ? mark : <a href={`${file}#${one.trace}`}>{mark}</a>}</td>
      })}
      <td class="number">{states.toLocaleString('en-US')}</td>
    </tr>
  )
}
