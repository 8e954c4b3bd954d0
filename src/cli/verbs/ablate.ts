/** `ablate`: which steps of a design are needed, on which hardware, and what happens without each. */
import { ablate as ablateProtocols, occurs, smallestFirst } from '../../check/ablate.ts'
import type { AblationPlan } from '../../check/ablate.ts'
import { reasonsEvidence, saveReasons } from '../../check/ablation-traces.ts'
import { boundsOf, checkCapabilities } from '../../check/bounds-text.ts'
import { withDesignErrors, withDesignErrorsAsync } from '../../check/design-errors.ts'
import type { Subject } from '../../check/subject.ts'
import type { ExitName } from '../../exit.ts'
import { ablationExit } from '../../report/ablation.ts'
import type { AblationReport, ProtocolReport } from '../../report/ablation.ts'
import { suggest, usage } from '../../errors.ts'
import { shellWord } from '../../text/shell.ts'
import { iommuOf, iommus } from '../../../spec/iommus.ts'
import { hardwaresOf } from '../../../spec/variants.ts'
import { partsOfCall, sharedWith } from '../../../spec/sharing.ts'
import { scopesFor, scopesOn, worlds } from '../../../spec/scopes.ts'
import type { Scope } from '../../../spec/scopes.ts'
import type { Design } from '../../../spec/kernel/design.ts'
import { protocolsOf } from '../../../spec/kernel/calls.ts'
import { parse, seconds, wholeNumber } from '../args.ts'
import type { Command, Flags } from '../args.ts'
import { claimsOption, colorOption, fullOption, iommuOption, reportOptions } from '../shared-flags.ts'
import { subjectsOf } from '../designs.ts'
import { placed, shown, spinner } from '../io.ts'
import type { Io } from '../io.ts'
import { print } from '../print.ts'

const options = {
  ...iommuOption,
  call: { value: 'NAME', says: 'only the protocol of this call; several with commas' },
  hardware: { value: 'NAME',
    says: `only this hardware; several with commas: ${iommus.map(one =>
      `${hardwaresOf(one).map(({ name }) => name).join(' ')} (${one.name})`).join(', ')}` },
  scope: { value: 'NAME', says: 'only this scope (small ones included); several with commas' },
  bounds: { value: 'NAME=N,…', says: 'use these bounds instead of the scopes' },
  time: { value: '5m', says: 'stop after this time; what was not searched is undecided' },
  states: { value: 'N', says: 'stop a search after this many states' },
  ...claimsOption,
  save: { value: 'DIR', says: 'write the counterexample of each needed step to DIR, one trace a file' },
  ...fullOption, ...reportOptions, ...colorOption,
} as const

export const ablate = {
  name: 'ablate', operands: 'DESIGN', options, run: runAblate,
  says: 'Remove each step of each protocol in turn, and swap the stores that hardware could see in another order. '
    + 'Shows which steps and orders are needed, on which hardware. DESIGN as in check.',
  examples: [
    ['remapcheck ablate ring0-strict', 'a matrix for each protocol: steps by hardware'],
    ['remapcheck ablate ring0-strict --call unmap --full', 'one protocol, with whole counterexamples'],
    ['remapcheck ablate ./mine.mjs --hardware standard,cm=1 --save traces/needed', 'your own design, traces saved'],
  ],
} as const satisfies Command<typeof options>

async function runAblate(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(ablate, args)
  const plan = await planOf(flags, operands, io)
  const line = spinner(io)
  let protocols: ProtocolReport[]
  const { subject } = plan
  try {
    protocols = await withDesignErrorsAsync(subject, () => ablateProtocols(plan, { signal: io.signal, say: line.say }))
  } finally { line.end() }
  const report: AblationReport = {
    design: subject.design.name, says: subject.design.says, unasked: unaskedOf(plan, flags),
    protocols: flags.save === undefined ? protocols
      : saveReasons(protocols, subject, placed(io, flags.save), path => shown(io, path)),
    interrupted: io.signal.aborted, repeat: ['npx remapcheck ablate', ...args.map(word => shellWord(word))].join(' '),
  }
  return await print(io, flags,
    { kind: 'ablate', exit: ablationExit(report), ablation: report, evidence: reasonsEvidence(subject) })
}

async function planOf(flags: Flags<typeof options>, operands: readonly string[], io: Io): Promise<AblationPlan> {
  if (operands.length !== 1)
    throw usage('ablate', operands.length === 0 ? 'needs a design' : 'takes one design',
      'for example remapcheck ablate ring0-strict')
  const subjects = await subjectsOf(io, operands, { claims: flags.claims, iommu: flags.iommu })
  if (subjects.length > 1)
    throw usage(operands[0]!, `the module has ${subjects.length} designs`,
      'export the one to ablate as default, from a module of its own', 'DESIGN')
  const [subject] = subjects as [Subject]
  const { design } = subject
  const where = scopesOf(flags, design), hardwares = hardwaresOf(iommuOf(design))
  if (flags.bounds !== undefined) checkCapabilities(where[0]!.bounds, subjects)
  const offered = protocolsOf(design).filter(call => (design.protocols[call] ?? []).length > 0)
  const asked = chosen('--call', flags.call, offered)
  // What is another design's unchanged is asked there, unless it is named.
  const called = asked.filter(call =>
    where.some(scope => occurs(design, call, scope)) && (flags.call !== undefined || elsewhere(design, call) === null))
  if (called.length === 0)
    throw usage(flags.call ?? design.name,
      `no such call is made ${flags.bounds === undefined ? 'in these scopes' : 'at these bounds'}`,
      elsewhere(design, asked[0]!) ?? 'leave --scope, --bounds and --call out', 'CALL')
  const { time, states } = flags
  return {
    subject, calls: called,
    hardware: chosen('--hardware', flags.hardware, hardwares.map(({ name }) => name))
      .map(name => hardwares.find(one => one.name === name)!),
    scopes: withDesignErrors(subject, () => smallestFirst(design, scopesOn(design, where))),
    maxStates: states === undefined ? undefined : wholeNumber('--states', states, 1, 2 ** 31),
    maxSeconds: time === undefined ? undefined : seconds('--time', time),
  }
}

function scopesOf({ bounds, scope }: Flags<typeof options>, design: Design): readonly Scope[] {
  if (bounds !== undefined && scope !== undefined)
    throw usage('--bounds', 'cannot be combined with --scope', 'give one of the two')
  if (bounds !== undefined)
    return [{ name: 'custom', says: 'bounds of the command line', bounds: boundsOf(bounds), appliesTo: () => true }]
  const all = [...worlds, ...scopesFor([design])]
  return chosen('--scope', scope, all.map(({ name }) => name)).map(name => all.find(one => one.name === name)!)
}

/** The names of a list with commas, in the order of the known ones; all where nothing is asked. */
function chosen<T extends string>(flag: string, text: string | undefined, known: readonly T[]): readonly T[] {
  const names = text?.split(',') ?? known
  for (const name of names)
    if (!known.includes(name as T))
      throw usage(flag, `nothing is named '${name}'`, suggest(name, known, `there are ${known.join(', ')}`))
  return known.filter(name => names.includes(name))
}

/** Calls that a design has from another are asked about there. */
function elsewhere(design: Subject['design'], call: string): string | null {
  const [part, ...rest] = partsOfCall(call)
  const from = rest.length > 0 ? null : sharedWith(design, part!)
  return from === null ? null : `the same as in ${from.name}: remapcheck ablate ${from.name} --call ${call}`
}
function unaskedOf({ subject: { design }, calls }: AblationPlan,
  flags: Flags<typeof options>): AblationReport['unasked'] {
  if (flags.call !== undefined) return []
  return protocolsOf(design).filter(call => (design.protocols[call] ?? []).length > 0 && !calls.includes(call))
    .map(call => ({ call, why: elsewhere(design, call) ?? 'not called in these scopes' }))
}
