/** What `diagnose` found, one sort of fault at a time. */
import type { ReportOf } from '../report.ts'
import type { Finding } from './finding.ts'

export function diagnoseFindings({ diagnosis: { files, faults } }: ReportOf<'diagnose'>): readonly Finding[] {
  const nothing = faults.length === 0 && files.every(({ read }) => read.length === 0)
  return [
    ...faults.map((fault): Finding => ({
      about: fault.file, rule: fault.title, standing: 'bad', file: fault.file, line: fault.lines[0] ?? 1,
      because: `${fault.title} (${fault.count === 1 ? 'once' : `${fault.count} times`}, ${fault.first})`,
      detail: [fault.happened, ...fault.hardware.map(({ says }) => says),
        ...fault.concludes.map(({ certainty, says, rule }) => `${certainty}: ${says} (${rule})`)].join('\n'),
    })),
    ...files.flatMap(({ path, doubts, unread }): Finding[] => [
      ...doubts.map((because): Finding => ({ about: path, rule: 'read whole', standing: 'open', file: path, because })),
      ...unread.count === 0 ? [] : [{ about: path, rule: 'understood', standing: 'open', file: path,
        because: `${unread.count} lines were not understood, the first is line ${unread.first[0]?.line}` } as const],
    ]),
    ...nothing ? files.map(({ path }): Finding => ({ about: path, rule: 'recognised', standing: 'bad', file: path,
      because: 'it holds no message that is known' })) : [],
  ]
}
