/** Whether a media query holds, as the window changes. */
import { useEffect, useState } from 'preact/hooks'

export function useMedia(asked: string): boolean {
  const [query] = useState(() => matchMedia(asked))
  const [holds, setHolds] = useState(query.matches)
  useEffect(() => {
    const onChange = (): void => { setHolds(query.matches) }
    query.addEventListener('change', onChange)
    return () => { query.removeEventListener('change', onChange) }
  }, [query])
  return holds
}
