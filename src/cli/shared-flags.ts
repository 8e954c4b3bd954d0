/** Flags that several verbs share. */
export const jsonOption = { json: { says: 'print one JSON document on stdout' } } as const
export const claimsOption = {
  claims: { value: 'FILE', says: 'your module with `claims`, judged with the built-in ones' },
} as const
export const fullOption = { full: { says: 'print whole traces, with whole states beside the changes' } } as const
export const colorOption = { 'no-color': { says: 'no colours (NO_COLOR does the same)' } } as const
export const helpOption = { help: { says: 'this help' } } as const
