/** The one table of exit codes, by class of result; the CLI, its help, docs/ci.md and a test derive from it. */

export interface ExitClass { readonly code: number; readonly name: string; readonly meaning: string }

export const exitClasses = [
  { code: 0, name: 'holds', meaning: 'every verdict is the expected one' },
  { code: 1, name: 'violated', meaning: 'a property that should hold is violated' },
  { code: 2, name: 'usage',
    meaning: 'unknown flag, name or bound, a file that cannot be used, or a step of your design that fails' },
  { code: 3, name: 'over-budget', meaning: 'a path costs more than its budget' },
  { code: 4, name: 'vacuous',
    meaning: 'the run shows nothing: it missed something that it must reach, or a known violation is gone' },
  { code: 5, name: 'diverged', meaning: 'a replayed trace no longer does what it recorded, or two dumps differ' },
  { code: 6, name: 'incomplete',
    meaning: 'time, states or memory ran out before a verdict, or what ran or was given shows too little' },
  { code: 69, name: 'unavailable',
    meaning: 'a needed program (QEMU) is missing, too old, or ended before it answered' },
  { code: 70, name: 'internal', meaning: 'a bug of remapcheck or of a model: please report it' },
  { code: 130, name: 'interrupted', meaning: 'stopped by Ctrl-C or SIGTERM; the report shows what was found by then' },
] as const satisfies readonly ExitClass[]

export type ExitName = (typeof exitClasses)[number]['name']

export function exitCode(name: ExitName): number {
  return exitClasses.find(row => row.name === name)!.code
}
