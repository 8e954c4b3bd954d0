/** What a path costs, price by price down to the published figures. */
import type { JSX } from 'preact'
import { digits, n } from '../count.ts'
import type { DerivationData, DerivedData, DerivedStep, Range3 } from '../figures.ts'
import { sentence, Term, Words } from '../words.tsx'

const statuses: Readonly<Record<string, string>> = {
  verified: 'read in the source', derived: 'computed from figures that are cited',
  recalled: 'from memory of a paper that was not at hand', assumed: 'no published figure isolates it',
  own: 'a price of the user\'s own',
}
const range = ({ min, typ, max }: Range3): JSX.Element =>
  <><b>{n(typ)}</b>{min === max ? '' : <small> {n(min)}–{n(max)}</small>}</>

export function DerivationView({ derivation: { profile, clock_ghz, says, designs } }: {
  readonly derivation: DerivationData }): JSX.Element {
  // A price that two designs pay is taken apart once.
  const first = new Map<string, string>()
  for (const { design, rows } of designs) for (const { unit } of rows)
    if (!first.has(unit)) first.set(unit, design)
  return <>
    <p class="lead">{says !== '' && <><Words text={sentence(says)} />{' '}</>}Cycles at {clock_ghz} GHz, typical, with
      the least and the most. Profile <code>{profile}</code>.</p>
    <p class="muted">Each price is a sum or another formula of published figures. <em>Weighs</em> says what the whole
      path would cost with that one price at its least, and at its most.</p>
    {designs.map(({ design, cycles, rows }) => (
      <section>
        <h2>{design} <span class="sum">{range(cycles)} cycles</span></h2>
        <Shares rows={rows} />
        <table class="list derived">
          <thead><tr><th scope="col">price</th><th scope="col" class="number">value</th>
            <th scope="col">how it is made, or what was measured</th><th scope="col">source</th></tr></thead>
          {rows.map((row, i) => <Unit row={row} at={i}
            before={first.get(row.unit) === design ? null : first.get(row.unit)!} />)}
        </table>
      </section>
    ))}
  </>
}

const colour = (i: number): string => `piece p${Math.min(i, 8)}`
function Shares({ rows }: { readonly rows: readonly DerivedData[] }): JSX.Element {
  const all = Math.max(1, rows.reduce((sum, { cycles }) => sum + cycles.typ, 0))
  return (
    <div class="bar" role="img" aria-label={rows.map(({ unit, cycles }) => `${unit} ${n(cycles.typ)}`).join(', ')}>
      {rows.map(({ unit, cycles: { typ } }, i) => typ > 0 && <span class={colour(i)} title={`${unit}: ${n(typ)} cycles`}
        style={{ width: `${100 * typ / all}%` }} />)}
    </div>
  )
}

function Unit({ row, at, before }: { readonly row: DerivedData; readonly at: number
  readonly before: string | null }): JSX.Element {
  const { unit, says, count, cycles, status, note, weighs, steps } = row
  return (
    <tbody>
      <tr class="unit">
        <th scope="row"><span class={colour(at)} aria-hidden="true" /> {count !== 1 && `${n(count)} `}
          {says === '' ? unit : <Term says={says}>{unit}</Term>}</th>
        <td class="number">{range(cycles)}</td>
        <td>{status === null ? 'its time is in another price' : <Status name={status} />}
          {cycles.min !== cycles.max && <small> weighs {n(weighs.min)}–{n(weighs.max)}</small>}
          {note !== null && <small class="note">{note}</small>}</td>
        <td>{before !== null && <small>taken apart at {before}</small>}</td>
      </tr>
      {before === null && steps.map(step => <Step {...step} />)}
    </tbody>
  )
}
const Status = ({ name }: { readonly name: string }): JSX.Element =>
  <Term says={statuses[name] ?? name}>{name}</Term>
const Step = ({ depth, name, value, measure, says, status, source }: DerivedStep): JSX.Element => (
  <tr>
    <th scope="row" style={{ '--depth': depth + 1 }}><code>{name}</code></th>
    <td class="number">{digits(value)} <small>{measure}</small></td>
    <td>{source === null ? <code>{says}</code> : says}</td>
    <td>{source !== null && <small>{source} (<Status name={status} />)</small>}</td>
  </tr>
)
