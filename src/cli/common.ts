/** Flags that several verbs share. */
import { clauses } from '../../spec/clauses.ts'
/** How every verb renders a trace: clauses by their text, and no changes that only repeat the op (where a call stands) or its observations (the ledger). */
export const traceStyle = { clause: (id: string): string | null => clauses[id]?.says ?? null, hides: ['kernel.calls', 'ledger'] } as const

export const jsonOption = { json: { says: 'one JSON document on stdout' } } as const
export const fullOption = { full: { says: 'whole traces, and whole states beside what changed' } } as const
export const colorOption = { 'no-color': { says: 'no colours (as NO_COLOR)' } } as const
export const helpOption = { help: { says: 'this help' } } as const
