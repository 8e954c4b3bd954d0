/** A page as a whole: what was asked, how it ended, what was found, and how to make it again. */
import type { JSX } from 'preact'
import { AblateView } from './ablate.tsx'
import { AuditView } from './audit.tsx'
import { CheckView } from './check.tsx'
import { CompareView } from './compare.tsx'
import { Copied } from './copied.tsx'
import { CostView } from './cost.tsx'
import { ComposeView } from './cost/compose.tsx'
import { DerivationView } from './cost/derivation.tsx'
import { TimedView } from './cost/timed.tsx'
import { WorstView } from './cost/worst.tsx'
import type { Body, PageDoc } from './data.ts'
import { FindingsView } from './findings.tsx'
import { DiagnosisView } from './diagnose.tsx'
import { ExploreView } from './explore/view.tsx'
import { ReplayView } from './replay.tsx'
import { ThemeSwitch } from './theme.tsx'
import { ThroughputView } from './throughput.tsx'
import { BootView } from './validate.tsx'
import { DocContext, Tip } from './words.tsx'

export function App({ doc }: { readonly doc: PageDoc }): JSX.Element {
  const { tool, verb, version, exit, title, links, repeat } = doc
  return (
    <DocContext.Provider value={doc}>
      <a class="skip" href="#main">to the report</a>
      <header class="top">
        <p class="brand"><b>{tool}</b> <span>{verb}</span></p>
        <ThemeSwitch />
      </header>
      <main id="main" tabIndex={-1} class={doc.body.kind === 'explore' ? 'exploring' : ''}>
        <div class="title">
          <h1>{title}</h1>
          {exit !== null && <p class={`exit ${exit.code === 0 ? 'good' : 'bad'}`}>
            <span aria-hidden="true">{exit.code === 0 ? '✓' : '✗'}</span> {exit.meaning}
            <small> exit {exit.code}</small>
          </p>}
        </div>
        {links.length > 0 && <nav class="links" aria-label="other pages">
          {links.map(({ file, title: name, says }) => <a href={file} title={says}>{name}</a>)}
        </nav>}
        <BodyView body={doc.body} />
      </main>
      <footer>
        <p>Make it again: <Copied text={repeat} /></p>
        <p>{tool} {version}. {doc.body.kind === 'explore' ? 'This page is served by this machine, to this machine.'
          : 'This page is one file, and asks nothing of the network.'}</p>
      </footer>
      <Tip />
    </DocContext.Provider>
  )
}

function BodyView({ body }: { readonly body: Body }): JSX.Element {
  switch (body.kind) {
    case 'check': return <CheckView {...body} />
    case 'replay': return <ReplayView {...body} />
    case 'ablate': return <AblateView {...body} />
    case 'cost': return <CostView {...body} />
    case 'timed': return <TimedView {...body} />
    case 'derivation': return <DerivationView {...body} />
    case 'worst': return <WorstView {...body} />
    case 'compose': return <ComposeView {...body} />
    case 'compare': return <CompareView {...body} />
    case 'throughput': return <ThroughputView {...body} />
    case 'validate': return <BootView {...body} />
    case 'audit': return <AuditView {...body} />
    case 'diagnose': return <DiagnosisView {...body} />
    case 'explore': return <ExploreView {...body} />
    case 'findings': return <FindingsView {...body} />
  }
}
