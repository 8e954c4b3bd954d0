/** Diagnosing text in tests, without files. */
import { Readable } from 'node:stream'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import type { DiagnosisReport, Fault } from '../../src/diagnose/report.ts'

export const stream = (content: string | Uint8Array): Readable => Readable.from([Buffer.from(content)])
export const diagnosed = (content: string | Uint8Array): Promise<DiagnosisReport> =>
  diagnose({ files: ['-'], stdin: stream(content) })
export const faultsOf = async (content: string | Uint8Array): Promise<readonly Fault[]> =>
  (await diagnosed(content)).faults
/** All that is said of one, with how certain it is. */
export const saidOf = ({ title, happened, hardware, concludes, next, shows }: Fault): string => [
  title, happened, ...hardware.map(({ says, clause }) => `${says} ${clause ?? ''}`),
  ...concludes.map(({ certainty, says, rule }) => `${certainty}: ${says} (${rule})`),
  ...[...next, ...shows].map(({ run, says }) => `${run ?? ''} ${says}`),
].join('\n')
