/** What may be wider than the page: it scrolls by itself, and says so where it does. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

export function Scroll({ label, children }: { readonly label: string
  readonly children: ComponentChildren }): JSX.Element {
  const box = useRef<HTMLDivElement>(null), [left, setLeft] = useState(0), [wide, setWide] = useState(false)
  useEffect(() => {
    const measure = (): void => {
      const { scrollWidth, clientWidth, scrollLeft } = box.current!
      setWide(scrollWidth > clientWidth + 1)
      setLeft(scrollWidth - clientWidth - scrollLeft)
    }
    const watch = new ResizeObserver(measure)
    watch.observe(box.current!)
    watch.observe(box.current!.firstElementChild!)
    box.current!.addEventListener('scroll', measure, { passive: true })
    return () => { watch.disconnect() }
  }, [])
  return (
    <div class={`wide ${wide && left > 1 ? 'more' : ''}`}>
      {wide && <p class="hint" aria-hidden="true">the table is wider than the page: scroll it →</p>}
      <div class="scroll" ref={box} role="region" aria-label={label} tabIndex={0}>{children}</div>
    </div>
  )
}
