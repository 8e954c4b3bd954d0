/** How far `check --deep` came: per scope the largest bounds proved, and the first that were not finished. */
import type { Climb } from '../check.ts'
import { counted } from '../../text/count.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'

export function climbLines(climbs: readonly Climb[], theme: Theme): string[] {
  if (climbs.length === 0) return []
  const indent = Math.max(...climbs.map(({ scope }) => scope.length)) + 6
  const designs = [...new Set(climbs.map(({ design }) => design))]
  return [theme.strong('the largest bounds decided'), ...designs.flatMap(design => [
    `  ${design}`, ...climbs.filter(climb => climb.design === design).flatMap(climb =>
      hang(`    ${climb.scope}`.padEnd(indent), indent,
        says(climb).flatMap(line => wrapWords(line, theme.width - indent)))),
  ])]
}

const ends: Readonly<Record<Climb['ended'], string | null>> = {
  unfinished: null, top: 'no bound is left to raise', violated: 'ended where a claim that should hold is violated',
  interrupted: 'ended by Ctrl-C',
}
function says({ proved, rungs, unfinished, ended }: Climb): string[] {
  const shown = (bounds: string): string => bounds.replaceAll(',', ', ')
  const states = (n: number): string => counted(n, 'state')
  return [
    proved === null ? 'none'
      : `${shown(proved.bounds)}: ${states(proved.states)} in ${proved.seconds.toFixed(1)} s, `
        + `${rungs === 1 ? 'the scope itself' : `${rungs - 1} ${rungs === 2 ? 'step' : 'steps'} above the scope`}`,
    ...unfinished === null ? []
      : [`not finished: ${shown(unfinished.bounds)}, stopped by `
        + `${unfinished.stopped === 'interrupted' ? 'Ctrl-C' : unfinished.stopped} after ${states(unfinished.states)}`],
    ...ends[ended] === null ? [] : [ends[ended]],
  ]
}
