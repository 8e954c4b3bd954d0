/** A list of findings: what every kind of report has. */
import type { JSX } from 'preact'
import type { FindingData, Standing } from './data.ts'
import { Words } from './words.tsx'

export const signs: Readonly<Record<Standing, readonly [sign: string, word: string]>> = {
  good: ['✓', 'as it should be'], bad: ['✗', 'wrong'], known: ['✗', 'known'], open: ['…', 'not decided'],
  unasked: ['–', 'not judged'],
}
export function Sign({ standing }: { readonly standing: Standing }): JSX.Element {
  const [sign, word] = signs[standing]
  return <span class={`sign ${standing}`} title={word}><span aria-hidden="true">{sign}</span>
    <span class="spoken">{word}</span></span>
}

export function FindingsView({ findings }: { readonly findings: readonly FindingData[] }): JSX.Element {
  const groups = [...new Set(findings.map(({ about }) => about))]
  if (findings.length === 0) return <p class="lead">This report judges nothing.</p>
  return <>{groups.map(about => (
    <section>
      <h2>{about}</h2>
      <FindingList findings={findings.filter(one => one.about === about)} />
    </section>
  ))}</>
}

export function FindingList({ findings }: { readonly findings: readonly FindingData[] }): JSX.Element {
  return (
    <ul class="findings">
      {findings.map(({ about, rule, standing, because, says, detail, file, line }) => (
        <li class={standing}>
          <Sign standing={standing} />
          <div>
            <p><b>{rule}</b>{says !== undefined && <> <Words text={says} /></>}</p>
            {because !== '' && <p class="muted">{because}</p>}
            {file !== undefined && file !== '' && (file !== about || line !== undefined)
              && <p class="muted"><code>{file}{line === undefined ? '' : `:${line}`}</code></p>}
            {detail !== undefined && <details><summary>all of it</summary><pre>{detail}</pre></details>}
          </div>
        </li>
      ))}
    </ul>
  )
}
