/** The classic models of test/models in Promela, in the same cheapest form as the reference protocol. */
import { promela, upTo } from './promela.ts'
import type { Step } from './promela.ts'

/** Managers are working 0, prepared 1, committed 2, aborted 3; the transaction manager is init 0, committed 1, aborted
 *  2. */
export function twoPhaseCommitPromela(managers: number, { careless = false } = {}): string {
  const all = upTo(managers)
  const none = (stage: number): string => `assert(${all.map(r => `rm[${r}] != ${stage}`).join(' && ')})`
  const everyPrepared = careless ? '' : all.map(r => ` && tmPrepared[${r}] == 1`).join('')
  return promela({
    fields: [`rm[${managers}]`, 'tm', `tmPrepared[${managers}]`, `prepared[${managers}]`, 'commit', 'abort'],
    initial: '',
    steps: [
      [`tm == 0${everyPrepared}`, 'tm = 1; commit = 1'],
      ['tm == 0', 'tm = 2; abort = 1'],
      ...all.flatMap((r): Step[] => [
        [`tm == 0 && prepared[${r}] == 1`, `tmPrepared[${r}] = 1`],
        [`rm[${r}] == 0`, `rm[${r}] = 1; prepared[${r}] = 1`],
        [`rm[${r}] == 0`, `rm[${r}] = 3; ${none(2)}`],
        ['commit == 1', `rm[${r}] = 2; ${none(3)}`],
        ['abort == 1', `rm[${r}] = 3; ${none(2)}`],
      ]),
    ],
  })
}

/** A process is idle 0, setTurn 1, wait 2, critical 3. */
export function petersonPromela({ gentle = true } = {}): string {
  return promela({
    fields: ['at[2]', 'wants[2]', 'turn'], initial: '',
    steps: upTo(2).flatMap((p): Step[] => [
      [`at[${p}] == 0`, `wants[${p}] = 1; at[${p}] = 1`],
      [`at[${p}] == 1`, `turn = ${gentle ? 1 - p : p}; at[${p}] = 2`],
      [`at[${p}] == 2 && (wants[${1 - p}] == 0 || turn == ${p})`, `assert(at[${1 - p}] != 3); at[${p}] = 3`],
      [`at[${p}] == 3`, `wants[${p}] = 0; at[${p}] = 0`],
    ]),
  })
}

/** A step that changes nothing counts, as in our model. */
export function dieHardPromela(): string {
  const pour = (from: string, to: string, size: number): string =>
    `if :: small + big <= ${size} -> ${to} = small + big; ${from} = 0 :: else -> ${from} = small + big - ${size}; `
      + `${to} = ${size} fi`
  const steps: Step[] = [
    ['1', 'small = 3'], ['1', 'big = 5'], ['1', 'small = 0'], ['1', 'big = 0'], ['1', pour('small', 'big', 5)],
    ['1', pour('big', 'small', 3)],
  ]
  return promela({ fields: ['small', 'big'], initial: '',
    steps: steps.map(([guard, body]): Step => [guard, `${body}; assert(big != 4)`]) })
}
