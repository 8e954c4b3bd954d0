/** `diagnose` as a page: what each sort of fault means, how sure that is, and what to look at. */
import type { Body } from '../../page/data.ts'
import type { DiagnosisData } from '../../page/reports.ts'
import { counted } from '../../text/count.ts'
import type { ReportOf } from '../report.ts'

export const diagnoseBody = ({ diagnosis: { files, faults, beyond } }: ReportOf<'diagnose'>): Body => ({
  kind: 'diagnose', diagnosis: {
    beyond,
    files: files.map(({ path, lines, read, kinds, doubts, unread }) => ({
      path, doubts: [...kinds.map(({ what, next }) => `it is ${what}; ${next}`), ...doubts],
      facts: [counted(lines, 'line'), ...read.map(({ what, count }) => `${what} (${counted(count, 'line')})`)]
        .join(', '),
      unread: unread.count === 0 ? [] : [`not understood: ${counted(unread.count, 'line')}`,
        ...unread.first.map(({ line, text }) => `line ${line}: ${text}`)],
    })),
    faults: faults.map(({ title, happened, count, first, last, hardware, concludes, next, shows, lines, file }) => ({
      title, count, happened: happened.split('\n'), concludes, next, shows,
      hardware: hardware.map(({ says, clause }) => ({ says, clause })),
      when: [count === 1 ? `once: ${first}` : `${count} times, first ${first}, last ${last} (from line ${lines[0]} on)`,
        ...files.length > 1 ? [file] : []].join(', '),
    })),
  } satisfies DiagnosisData,
})
