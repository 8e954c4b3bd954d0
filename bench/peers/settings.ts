/** The flags of the comparison with Spin. */
import { parse } from '../../src/cli/args.ts'
import type { Verb } from '../../src/cli/args.ts'
import { nearest, usage } from '../../src/errors.ts'
import { cases } from './cases.ts'

export const verb = {
  name: 'bench:peers', operands: '', says: 'compares the search with Spin', examples: [],
  options: {
    configs: { value: 'NAMES', says: `some of ${Object.keys(cases).join(',')}; all when left out` },
    rounds: { value: 'N', says: '3 when left out' },
    workers: { value: 'LIST', says: "numbers of workers to try, or 'default'; 1,2 when left out" },
    symmetry: { says: 'also with symmetry and the most workers: fewer states, the same verdict' },
    'every-mode': { says: "also pan's depth-first and parallel searches, once each" },
  },
} as const satisfies Verb

export interface Settings {
  readonly configs: readonly string[]; readonly rounds: number; readonly workers: readonly string[]
  readonly symmetry: boolean; readonly everyMode: boolean
}
/** @throws UserError E-USAGE. */
export function settingsOf(argv: readonly string[]): Settings {
  const { flags, operands } = parse(verb, argv)
  const options = Object.entries<{ readonly value?: string; readonly says: string }>(verb.options)
  if (operands.length > 0)
    throw usage(operands[0]!, 'is no flag', `flags are ${options.map(([name]) => `--${name}`).join(' ')}`)
  const configs = (flags.configs ?? Object.keys(cases).join(',')).split(',')
  for (const name of configs) if (!Object.hasOwn(cases, name)) {
    const meant = nearest(name, Object.keys(cases))
    throw usage('--configs', `there is no '${name}'`,
      meant === null ? `there are ${Object.keys(cases).join(' ')}` : `did you mean '${meant}'?`)
  }
  const workers = (flags.workers ?? '1,2').split(',')
  const rounds = flags.rounds ?? '3'
  if (!workers.every(one => /^(?:default|[1-9]\d?)$/.test(one)))
    throw usage('--workers', `'${flags.workers}' is no list of numbers`, 'for example --workers 1,2')
  if (!/^[1-9]\d?$/.test(rounds)) throw usage('--rounds', `'${rounds}' is no number of rounds`, 'give 1 to 99')
  return { configs, rounds: Number(rounds), workers, symmetry: flags.symmetry ?? false,
    everyMode: flags['every-mode'] ?? false }
}
