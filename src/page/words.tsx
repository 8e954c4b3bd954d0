/** Text whose terms explain themselves where they stand: pointed at, tapped or focused, each says what it means. */
import { createContext } from 'preact'
import type { ComponentChildren, JSX } from 'preact'
import { useContext, useEffect, useMemo } from 'preact/hooks'
import type { PageDoc } from './data.ts'

export const DocContext = createContext<PageDoc | null>(null)
export const useDoc = (): PageDoc => useContext(DocContext)!

/** Words of the glossary that are read in their everyday sense: to mark each would hide those that need it. */
const everyday = new Set(['call', 'step', 'state', 'unit', 'path', 'report', 'range', 'space', 'image', 'layout',
  'known', 'because', 'trace', 'claim', 'design', 'fault', 'op', 'action', 'rule', 'edit', 'machine', 'clause',
  'replay',
  'finding', 'facts', 'null', '!write', 'policy', 'alarm', 'violated', 'holds', 'passed', 'tree', 'draft', 'profile',
  'oracle', 'exception', 'boot', 'recipe', 'deep', 'worker', 'lane', 'source', 'scenario', 'strength', 'variant',
  'vendor', 'checkpoint', 'vocabulary', 'not checked', 'not decided', 'also violates', 'gives up', 'page'])

/** The first place of each term in the text is marked. */
export function Words({ text }: { readonly text: string }): JSX.Element {
  const { terms } = useDoc()
  const known = useMemo(() => patternOf(Object.keys(terms)), [terms])
  const used = new Set<string>()
  const parts = text.split(known)
  return <>{parts.map((part, i) => {
    const term = i % 2 === 1 ? termIn(part, terms) : null
    if (term === null || used.has(term)) return part
    used.add(term)
    return <Term says={terms[term]!}>{part}</Term>
  })}</>
}
function termIn(word: string, terms: PageDoc['terms']): string | null {
  return [word, word.replace(/s$/, ''), word.toLowerCase(), word.toLowerCase().replace(/s$/, '')]
    .find(one => Object.hasOwn(terms, one)) ?? null
}
function patternOf(terms: readonly string[]): RegExp {
  const names = terms.filter(term => !everyday.has(term) && /^[\w -]+$/.test(term))
    .toSorted((a, b) => b.length - a.length)
  return new RegExp(`\\b((?:${names.join('|')})s?)\\b`, 'i')
}

export const sentence = (text: string): string =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`

/** Something that is explained. No button element: browsers leave those out of the head that a table repeats on each
 *  page of paper. */
export function Term({ says, children }: { readonly says: string; readonly children: ComponentChildren }): JSX.Element {
  const show = (event: Event): void => { showTip(event.currentTarget as HTMLElement, says) }
  return <span role="button" tabIndex={0} class="term" aria-describedby="tip" onMouseEnter={show} onFocus={show}
    onClick={show} onMouseLeave={hideTip} onBlur={hideTip}>{children}</span>
}

/** The one box that all of them use. */
export function Tip(): JSX.Element {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => { if (event.key === 'Escape') hideTip() }
    document.addEventListener('keydown', onKey)
    return () => { document.removeEventListener('keydown', onKey) }
  }, [])
  return <div id="tip" role="tooltip" hidden />
}
const gap_px = 8
function showTip(by: HTMLElement, says: string): void {
  const tip = document.getElementById('tip')!
  tip.textContent = says
  tip.hidden = false
  const { left, bottom, top } = by.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = tip
  const below = bottom + gap_px + height < innerHeight
  tip.style.left = `${Math.max(gap_px, Math.min(left, innerWidth - width - gap_px))}px`
  tip.style.top = `${below ? bottom + gap_px : top - gap_px - height}px`
}
function hideTip(): void { document.getElementById('tip')!.hidden = true }

/** A rule of a manual, with what it says. */
export function ClauseText({ id }: { readonly id: string }): JSX.Element {
  const { clauses } = useDoc()
  const clause = clauses[id]
  return (
    <p class="clause">
      <code>{id}</code>
      {clause !== undefined && <> <Words text={clause.says} /> <small>({clause.section}{
        clause.strength === undefined ? '' : `, as known from ${clause.strength}`})</small></>}
    </p>
  )
}
