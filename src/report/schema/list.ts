/** The document of `list`: the lists that were asked for, each with its rows; the first cell is the name. */
import * as v from 'valibot'
import { listNames } from '../list.ts'
import type { ListName } from '../list.ts'
import { document, list as listOf, texts } from './parts.ts'

const rows = v.exactOptional(listOf(texts))
export const list = document('list',
  Object.fromEntries(listNames.map(name => [name, rows])) as Readonly<Record<ListName, typeof rows>>)
