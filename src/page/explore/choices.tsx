/** What can happen next: by who would do it, and what it would be. */
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Lane } from '../data.ts'
import type { Choice, Op } from '../live.ts'
import { Term } from '../words.tsx'

interface Props {
  readonly choices: readonly Choice[] | null
  readonly lanes: readonly Lane[]
  readonly onTake: (ops: readonly Op[]) => void
}
export function Choices({ choices, lanes, onTake }: Props): JSX.Element {
  const ordered = lanes.flatMap((_, i) => (choices ?? []).filter(({ lane }) => lane === i))
  useNumberKeys(ordered, onTake)
  const [some] = ordered
  return (
    <section class="choices" aria-label="what can happen next" aria-busy={choices === null}>
      <h3>What can happen next</h3>
      {choices !== null && some === undefined && <p class="muted">Nothing: here it stays for ever.</p>}
      {lanes.map((lane, i) => {
        const of = ordered.filter(one => one.lane === i)
        if (of.length === 0) return null
        return <div class="chooser" key={lane.id}>
          <h4><Term says={lane.says}>{lane.title}</Term></h4>
          {[...new Set(of.map(({ action }) => action))].map(action =>
            <ActionChoices key={action} of={of.filter(one => one.action === action)} all={ordered} onTake={onTake} />)}
        </div>
      })}
    </section>
  )
}

function ActionChoices({ of, all, onTake }: { readonly of: readonly Choice[]; readonly all: readonly Choice[]
  readonly onTake: Props['onTake'] }): JSX.Element {
  const { action, says } = of[0]!
  return (
    <div class="action">
      <p>{says === null ? action : <Term says={says}>{action}</Term>}</p>
      <ul>{of.map(choice => {
        const number = all.indexOf(choice) + 1, broken = choice.breaks.length > 0
        return (
          <li><button type="button" class={broken ? 'breaks' : ''} onClick={() => { onTake([choice.op]) }}
            title={broken ? `violates ${choice.breaks.join(', ')}` : undefined}>
            {number < 10 && <kbd aria-hidden="true">{number}</kbd>}
            <span class="spoken">{action} </span>{choice.args === '' ? 'do it' : choice.args}
            {broken && <b> ✗<span class="spoken"> violates {choice.breaks.join(', ')}</span></b>}
          </button></li>
        )
      })}</ul>
    </div>
  )
}

/** 1 to 9 take the first choices. */
function useNumberKeys(choices: readonly Choice[], onTake: Props['onTake']): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey) return
      if (event.target instanceof HTMLElement && event.target.closest('select, textarea')) return
      const choice = /^[1-9]$/.test(event.key) ? choices[Number(event.key) - 1] : undefined
      if (choice !== undefined) onTake([choice.op])
    }
    document.addEventListener('keydown', onKey)
    return () => { document.removeEventListener('keydown', onKey) }
  }, [choices, onTake])
}
