/** Flags that several verbs share. */
export const jsonOption = { json: { says: 'one JSON document on stdout' } } as const
export const fullOption = { full: { says: 'whole traces, and whole states beside what changed' } } as const
export const colorOption = { 'no-color': { says: 'no colours (as NO_COLOR)' } } as const
export const helpOption = { help: { says: 'this help' } } as const
