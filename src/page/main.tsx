/** Where the script of a page begins: it shows the data that the page holds. */
import { render } from 'preact'
import { App } from './app.tsx'
import type { PageDoc } from './data.ts'

const doc = JSON.parse(document.getElementById('data')!.textContent) as PageDoc
render(<App doc={doc} />, document.getElementById('page')!)
