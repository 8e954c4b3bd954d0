/** Light or dark: as the system has it, or as the reader says. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'

const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]
const key = 'remapcheck-theme'

/** What a page of the file system may keep differs among browsers. */
function kept(): Theme {
  try {
    const found = localStorage.getItem(key)
    return themes.find(one => one === found) ?? 'system'
  } catch { return 'system' }
}
function keep(theme: Theme): void {
  try { localStorage.setItem(key, theme) } catch { /* it lasts as long as the page */ }
}

export function ThemeSwitch(): JSX.Element {
  const [theme, setTheme] = useState(kept)
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
    keep(theme)
  }, [theme])
  return (
    <fieldset class="themes">
      <legend>colours</legend>
      {themes.map(one => (
        <label>
          <input type="radio" name="theme" checked={theme === one} onChange={() => { setTheme(one) }} />
          <span>{one}</span>
        </label>
      ))}
    </fieldset>
  )
}
