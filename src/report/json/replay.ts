/** The document of `replay`: what each step of each trace did, and what QEMU did. */
import type { QemuDone, QemuReport, RemapReplayed, ReplayedTrace } from '../replay.ts'
import type { ReportOf } from '../report.ts'
import type { BodyOf } from '../schema/index.ts'

type Body = BodyOf<'replay'>

export const replayBody = ({ traces }: ReportOf<'replay'>): Body => ({ traces: traces.map(traceOf) })

function traceOf({ path, trace, replayed, asExpected, onQemu }: ReplayedTrace): Body['traces'][number] {
  const { reproduced, at, loop, because, witness, refusedCount, specChanged, steps } = replayed
  return {
    path, design: trace.design, bounds: trace.bounds, property: trace.property, asExpected, reproduced, at,
    ...loop === null ? {} : { loop },
    because, recorded: trace.because, witness, refused: refusedCount, specChanged,
    steps: steps.map(({ op, agent, events, refused, violated }) => ({ op, agent, refused, events: events.map(eventOf),
      violated })),
    ...onQemu === null ? {} : { qemu: qemuOf(onQemu) },
  }
}

const eventOf = (event: RemapReplayed['steps'][number]['events'][number]) =>
  event.kind === 'observation' ? { kind: event.kind, seen: { ...event.observation } } : event

/** Words are for people. */
const doneOf = ({ kind, says, qemu, cached, note, model, same }: QemuDone) => ({ kind, says, qemu, cached, note, model,
  same })
const qemuOf = ({ steps, ...about }: QemuReport) => ({
  ...about,
  steps: steps.map(({ limits, done }) => ({ limits: limits.map(({ name }) => name), done: done.map(doneOf) })),
})
