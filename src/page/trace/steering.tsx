/** Going through steps: buttons, a slider, keys. */
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { useMedia } from '../media.ts'

export function Steering({ step, last, go }: { readonly step: number; readonly last: number
  readonly go: (to: number) => void }): JSX.Element {
  const button = (label: string, sign: string, to: number): JSX.Element =>
    <button type="button" aria-label={label} title={label} disabled={to < 0 || to > last || to === step}
      onClick={() => { go(to) }}>{sign}</button>
  return (
    <div class="steering" role="group" aria-label="steps">
      {button('first state', '⇤', 0)}{button('back', '←', step - 1)}
      {button('on', '→', step + 1)}{button('last step', '⇥', last)}
      <input type="range" min={0} max={last} value={step} aria-label="step"
        onInput={event => { go(Number(event.currentTarget.value)) }} />
      <output>{step === 0 ? 'start' : `step ${step}`} <small>of {last}</small></output>
      <p class="keys"><kbd>←</kbd> <kbd>→</kbd> step</p>
    </div>
  )
}

/** Arrow keys, but where they belong to a field. */
export function useStepKeys(asked: { readonly current: number }, last: number, go: (to: number) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
      if (event.target instanceof HTMLElement && event.target.closest('input, select, textarea, pre, .scroll')) return
      const to = { ArrowLeft: asked.current - 1, ArrowRight: asked.current + 1, Home: 0, End: last }[event.key]
      if (to === undefined) return
      event.preventDefault()
      if (to >= 0 && to <= last) go(to)
    }
    document.addEventListener('keydown', onKey)
    return () => { document.removeEventListener('keydown', onKey) }
  }, [asked, last, go])
}

/** There is no room for two columns. */
export const useNarrow = (): boolean => useMedia('(max-width: 62rem)')
