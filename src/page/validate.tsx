/** A recorded boot: what it kept, how long unmapped pages stayed reachable, and when. */
import type { JSX } from 'preact'
import { digits, n } from './count.ts'
import type { BinData, BootData, BootVerdict, Facts, WindowData } from './reports.ts'
import { Axis, scaleOf, Spread } from './scale.tsx'
import { Words } from './words.tsx'

export function FactList({ facts }: { readonly facts: Facts }): JSX.Element {
  return <ul class="figures">{facts.map(([name, value]) => <li><b>{value}</b> {name}</li>)}</ul>
}

export function BootView({ boot }: { readonly boot: BootData }): JSX.Element {
  const { files, facts, verdicts, refused, windows, timeline, notes } = boot
  return <>
    <p class="lead">{files.map((file, i) => <>{i > 0 && ', '}<code>{file}</code></>)}</p>
    <FactList facts={facts} />
    {refused !== null && <p class="notes">Unmaps were not paired with what answered them: {refused}.</p>}
    {windows.length > 0 && <section>
      <h2>Windows</h2>
      <p class="muted">From the moment the kernel unmaps a page to the invalidation that makes the IOMMU forget it.
        Meanwhile a device may still reach the page.</p>
      <Windows windows={windows} />
      <ul class="plain">{notes.map(note => <li class="muted">{note}</li>)}</ul>
    </section>}
    {timeline.length > 0 && <section>
      <h2>Timeline</h2>
      <p class="muted">Unmaps in the order of the kernel log: below, how many were answered by an invalidation of their
        own, or by a flush; above, the longest window among them.</p>
      <Timeline bins={timeline} />
    </section>}
    <section><h2>Verdicts</h2><Verdicts verdicts={verdicts} /></section>
  </>
}

const signs = { true: ['✓', 'good', 'true'], false: ['✗', 'bad', 'false'], 'not-shown': ['–', 'unasked', 'not shown'] }
function Verdicts({ verdicts }: { readonly verdicts: readonly BootVerdict[] }): JSX.Element {
  return <ul class="verdicts">{verdicts.map(({ claim, says, verdict, rule, because }) => {
    const [sign, tone, word] = signs[verdict] as [string, string, string]
    const fact = verdict === 'false' && !rule
    return <li class={fact ? 'known' : tone}>
      <span class={`sign ${fact ? 'known' : tone}`} aria-hidden="true">{fact ? '·' : sign}</span>
      <div><p><b>{claim}</b> <small>{word}{fact ? ', a fact of this boot and no breach of the manual' : ''}</small></p>
        <p><Words text={says} /></p><p class="muted">{because}</p></div>
    </li>
  })}</ul>
}

const time = (us: number): string => {
  if (us < 1000) return `${Math.round(us)} µs`
  return us < 1_000_000 ? `${digits(us / 1000)} ms` : `${digits(us / 1_000_000)} s`
}

function Windows({ windows }: { readonly windows: readonly WindowData[] }): JSX.Element {
  const waits = windows.flatMap(({ wait_us }) => wait_us === null ? [] : [wait_us])
  const scale = scaleOf([1, 1000, ...waits.map(({ max }) => Math.max(1, max))])
  return <>
    <ul class="legend">
      <li><span class="key mark" aria-hidden="true" /> median: half of them are no longer</li>
      <li><span class="key spread" aria-hidden="true" /> up to p90: 9 of 10 are no longer</li>
      <li><span class="key line" aria-hidden="true" /> up to the longest of all</li>
    </ul>
    <ul class="bars windows">{windows.map(({ answer, basis, unmaps, held, hit, later, wait_us }) => (
      <li>
        <p class="designs"><b>{n(unmaps)}</b> unmaps, answered {answer} <small>({basis})</small></p>
        {wait_us === null ? <p class="muted">no common clock</p> : <Spread scale={scale}
          from={Math.max(1, wait_us.median)} to={Math.max(1, wait_us.p90)} most={Math.max(1, wait_us.max)} says={
            `median ${time(wait_us.median)}, 90 % within ${time(wait_us.p90)}, at most ${time(wait_us.max)}`} />}
        <p class="value">{wait_us !== null && <><b>{time(wait_us.median)}</b> <small>median, {time(wait_us.p90)} for
          90 %, at most {time(wait_us.max)}</small></>}</p>
        <p class="muted">{n(later.median)} later unmaps meanwhile (median; at most {n(later.max)}), {n(held)} of them
          cached, {hit} hit by a device</p>
      </li>
    ))}{waits.length > 0 && <Axis scale={scale} unit="length of the window, by powers of ten" text={time} />}</ul>
  </>
}

function Timeline({ bins }: { readonly bins: readonly BinData[] }): JSX.Element {
  const tallest = Math.max(1, ...bins.map(({ own, flushed, unanswered }) => own + flushed + unanswered))
  const longest = Math.log10(Math.max(10, ...bins.map(({ longest_us }) => longest_us ?? 0)))
  const flushed = bins.reduce((sum, bin) => sum + bin.flushed, 0), own = bins.reduce((sum, bin) => sum + bin.own, 0)
  return (
    <figure class="timeline">
      <ul class="legend"><li><span class="piece p0" aria-hidden="true" /> own invalidation</li>
        <li><span class="piece p3" aria-hidden="true" /> flush</li>
        <li><span class="piece p8" aria-hidden="true" /> no answer in the log</li></ul>
      <div class="columns" role="img" aria-label={`${n(own)} unmaps with an invalidation of their own, ${
        n(flushed)} answered by a flush`}>
        {bins.map(bin => (
          <div title={`kernel lines ${bin.from} to ${bin.to}: ${bin.own} own, ${bin.flushed} flushed, ${
            bin.unanswered} unanswered${bin.longest_us === null ? '' : `, longest window ${time(bin.longest_us)}`}`}>
            <span class="above">{bin.longest_us !== null && <i style={{ bottom: `${
              100 * Math.log10(Math.max(1, bin.longest_us)) / longest}%` }} />}</span>
            <span class="below">
              <i class="piece p8" style={{ height: `${100 * bin.unanswered / tallest}%` }} />
              <i class="piece p3" style={{ height: `${100 * bin.flushed / tallest}%` }} />
              <i class="piece p0" style={{ height: `${100 * bin.own / tallest}%` }} />
            </span>
          </div>
        ))}
      </div>
      <figcaption class="muted"><span>kernel line {bins[0]?.from}</span><span>longest window, 1 µs to{' '}
        {time(10 ** longest)}, on a scale of powers of ten</span><span>line {bins.at(-1)?.to}</span></figcaption>
    </figure>
  )
}
