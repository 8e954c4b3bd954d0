/** What `list` shows: rows for people, whose first cell is the name. */

/** In the order in which they are shown. */
export const listNames = [
  'designs', 'systems', 'migrations', 'properties', 'scopes', 'bounds', 'steps', 'state', 'exports', 'actions',
  'clauses', 'layouts', 'profiles', 'units', 'paths', 'verdicts', 'alarms', 'faults', 'errors', 'terms', 'exits',
] as const
export type ListName = (typeof listNames)[number]

export interface ListedRows {
  readonly name: ListName
  readonly says: string
  readonly rows: readonly (readonly string[])[]
}
