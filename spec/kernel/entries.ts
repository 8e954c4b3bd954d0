/** The calls that every kernel may offer: who may enter them when, and what the kernel takes at once with the entry.
 *  Each part has a name; a design replaces it by that name, or drops it (docs/designs.md). */
import type { Fields, Value } from '../../src/model/index.ts'
import type { CallName, State } from '../state.ts'
import type { CallSpec, Entry, Own, Sizes } from '../step.ts'

/** The arguments of a call, and the CPU that makes it. */
type Args<P extends Fields> = { readonly [K in keyof P]: Value<P[K]> } & { readonly cpu: number }

/** A call, with the types of its arguments. `O`: what its design keeps. */
export const call = <P extends Fields, O extends Own = Own>(spec: TypedCall<P, O>): CallSpec<unknown, O> => spec
/** The same for a design that keeps state of its own: `callOn<{ state: …, registers: … }>()({ says, params, … })`. */
export const callOn = <O extends Own>() => <P extends Fields>(spec: TypedCall<P, O>): CallSpec<unknown, O> => spec
/** The parameters alone say what the arguments are. */
interface TypedCall<P extends Fields, O extends Own> extends Pick<CallSpec, 'says' | 'path' | 'offered' | 'fair'> {
  readonly params: (of: Sizes) => P
  readonly rules?: Readonly<Record<string, (k: Entry<unknown, O, Args<NoInfer<P>>>) => boolean>>
  readonly takes?: Readonly<Record<string, (k: Entry<unknown, O, Args<NoInfer<P>>>) => void>>
  readonly registers?: (k: Entry<unknown, O, Args<NoInfer<P>>>) => Readonly<Record<string, unknown>>
}

type Of<A> = Entry<unknown, Own, A>
const isBusy = (s: State, test: (call: NonNullable<State['kernel']['calls'][number]>) => boolean): boolean =>
  s.kernel.calls.some(one => one !== null && test(one))
const mappingAt = ({ s, args }: Of<{ readonly domain: number; readonly iova: number }>) =>
  s.kernel.mappings[args.domain]![args.iova]!
const isLive = (k: Of<{ readonly domain: number; readonly iova: number }>): boolean => mappingAt(k)?.phase === 'live'
const isOpen = ({ s, args }: Of<{ readonly domain: number }>): boolean => !s.kernel.closed[args.domain]!

const memoryCalls = {
  map: call({
    says: 'make a frame reachable by the devices of a domain, at one I/O virtual page',
    path: 'map', offered: b => b.frames > 0,
    params: ({ id }) => ({ domain: id.domain, iova: id.iova, frame: id.frame, write: { kind: 'bool' } as const }),
    rules: {
      addressIsFree: k => mappingAt(k) === null,
      frameIsFree: ({ s, args }) => s.kernel.frames[args.frame] === null,
      permissionIsModelled: ({ args, b }) => args.write || b.readOnly === 1,
      domainIsOpen: k => isOpen(k),
    },
    // The allocators hand out frame and address to one caller only, whatever the protocol does before it takes them.
    takes: {
      frame: ({ s, args }) => { s.kernel.frames[args.frame] = args.domain },
      address: ({ s, args: { domain, iova, frame, write } }) => {
        s.kernel.mappings[domain]![iova] = { frame, write, phase: 'mapping' }
      },
    },
  }),
  unmap: call({
    says: 'take one page back from the devices of a domain',
    path: 'unmap', offered: b => b.frames > 0, params: ({ id }) => ({ domain: id.domain, iova: id.iova }),
    rules: { pageIsMapped: k => isLive(k), domainIsOpen: k => isOpen(k) },
    takes: { phase: k => { mappingAt(k)!.phase = 'unmapping' } },
    registers: k => ({ frame: mappingAt(k)!.frame, write: mappingAt(k)!.write }),
  }),
  protect: call({
    says: 'make a live mapping read-only',
    path: 'protect', offered: b => b.readOnly === 1, params: ({ id }) => ({ domain: id.domain, iova: id.iova }),
    rules: { pageIsMapped: k => isLive(k), pageIsWritable: k => mappingAt(k)!.write, domainIsOpen: k => isOpen(k) },
    takes: { phase: k => { mappingAt(k)!.phase = 'changing' } },
    registers: k => ({ frame: mappingAt(k)!.frame }),
  }),
  flush: call({
    says: 'flush what the unmaps of a domain have deferred',
    path: 'flush', offered: b => b.frames > 0, params: ({ id }) => ({ domain: id.domain }),
    rules: {
      pagesAreDeferred: ({ s, args }) => s.kernel.mappings[args.domain]!.some(one => one?.phase === 'deferred'),
      oneFlushAtATime: ({ s, args }) => !isBusy(s, one => one.call === 'flush' && one.domain === args.domain),
      domainIsOpen: k => isOpen(k),
    },
  }),
}
const deviceCalls = {
  attach: call({
    says: 'give a device that no domain has to a domain',
    path: 'attach', offered: b => b.reassign === 1, params: ({ id }) => ({ device: id.device, domain: id.domain }),
    rules: {
      deviceIsFree: ({ s, args }) => s.kernel.attached[args.device] === null,
      deviceIsIdle: ({ s, args }) => !isBusy(s, one => one.device === args.device),
    },
  }),
  detach: call({
    says: 'take a device from its domain',
    path: 'detach', offered: b => b.reassign === 1, params: ({ id }) => ({ device: id.device }),
    rules: {
      deviceIsAttached: ({ s, args }) => s.kernel.attached[args.device] !== null,
      // The memory of a domain is at rest while the driver is taken down.
      domainIsQuiet: ({ s, args }) =>
        !isBusy(s, one => one.device === args.device || one.domain === s.kernel.attached[args.device]),
    },
    registers: ({ s, args }) => ({ domain: s.kernel.attached[args.device]! }),
  }),
  portAccess: call({
    says: 'a driver asks for the ports of a device',
    // A driver may ask for anything: the protocol has to look.
    path: 'port-io', offered: b => b.ports === 1, params: ({ id }) => ({ domain: id.domain, device: id.device }),
  }),
  migrateInterrupt: call({
    says: 'move an interrupt source to another CPU and vector',
    path: 'irq-migrate', offered: b => b.migrate > 0,
    params: ({ id }) => ({ source: id.source, toCpu: id.cpu, toVector: id.vector }),
    rules: {
      sourceMayMove: ({ args, b }) => args.source < b.migrate,
      vectorIsFree: ({ s, args }) => s.kernel.vectors[args.toCpu]![args.toVector] === null,
      // A second move before the first has ended would leave two old vectors behind: it is refused, as Linux does.
      oneMoveAtATime: ({ s, args }) => !isBusy(s, one => one.source === args.source),
      // A source without a vector has nothing to move.
      sourceHasVector: ({ s, args }) => placeOf(s, args.source) !== null,
      cpuIsReachable: ({ args, reaches }) => reaches(args.toCpu),
    },
    registers: ({ s, args: { source, toCpu, toVector } }) =>
      ({ to: { cpu: toCpu, vector: toVector }, from: placeOf(s, source) }),
  }),
}
export const builtInCalls: Readonly<Record<CallName, CallSpec>> = { ...memoryCalls, ...deviceCalls }

/** The one place that a source's handler is installed while it is not moving; null where a kernel has lost it. */
function placeOf(s: State, source: number): { cpu: number; vector: number } | null {
  for (const [cpu, row] of s.kernel.vectors.entries()) {
    const vector = row.indexOf(source)
    if (vector >= 0) return { cpu, vector }
  }
  return null
}
