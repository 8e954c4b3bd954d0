/** «Can this go wrong from here?»: asked of a search from the state where one stands. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { many } from '../count.ts'
import type { Op, Searched } from '../live.ts'
import { sentence, Words } from '../words.tsx'
import { ask } from './ask.ts'
import type { Walking } from './walk.ts'

/** States of the first look; each further one visits ten times as many. */
const first = 100_000, most = 10_000_000

type Result = { readonly states: number } & ({ readonly kind: 'asked' }
  | { readonly kind: 'answered'; readonly answer: Searched } | { readonly kind: 'failed'; readonly why: string })

export function Search({ tour: { ground }, way, at, take }: Walking): JSX.Element {
  const [result, setResult] = useState<Result | null>(null)
  // An answer is about one state.
  useEffect(() => { setResult(null) }, [ground, way, at])
  const search = (states: number): void => {
    setResult({ states, kind: 'asked' })
    ask<'search'>({ ask: 'search', ground, way: way.slice(0, at), states }).then(
      answer => { setResult({ states, kind: 'answered', answer }) },
      cause => { setResult({ states, kind: 'failed', why: (cause as Error).message }) })
  }
  return (
    <div class="search">
      <button type="button" class="big" onClick={() => { search(first) }} disabled={result?.kind === 'asked'}>
        Can this go wrong from here?</button>
      <div role="status">
        {result?.kind === 'asked' && <p class="muted">searching up to {result.states.toLocaleString('en-US')}{' '}
          states…</p>}
        {result?.kind === 'failed' && <p class="trouble">{result.why}</p>}
        {result?.kind === 'answered' && <Answered result={result.answer} onTake={take}
          onMore={result.states < most ? () => { search(result.states * 10) } : null} />}
      </div>
    </div>
  )
}

function Answered({ result: { found, states, complete }, onTake, onMore }: { readonly result: Searched
  readonly onTake: (ops: readonly Op[]) => void; readonly onMore: (() => void) | null }): JSX.Element {
  const visited = many(states, 'state')
  if (found.length === 0 && complete)
    return <p class="good"><b>No.</b> All {visited} that can be reached from here keep every safety claim.</p>
  if (found.length === 0) return <p><b>Not within {visited}.</b>{' '}
    {onMore !== null && <button type="button" class="quiet" onClick={onMore}>look at ten times as many</button>}</p>
  return (
    <div class="bad">
      <p><b>Yes</b>, in {found.length === 1 ? 'one way' : `${found.length} ways`}; the shortest of each:</p>
      <ul>{found.map(({ property, because, way }) => (
        <li>
          <p><code>{property}</code>, {way.length === 0 ? 'already here' : `${many(way.length, 'more step')}`}</p>
          <p class="muted"><Words text={sentence(because)} /></p>
          {way.length > 0 && <p><button type="button" class="quiet" onClick={() => { onTake(way) }}>walk there</button>
            {' '}<button type="button" class="quiet" onClick={() => { onTake(way.slice(0, 1)) }}>first step</button>
          </p>}
        </li>
      ))}</ul>
    </div>
  )
}
