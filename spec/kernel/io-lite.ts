/** Two ways to hand what a device has received to its consumers. IO-Lite (Pai, Druschel, Zwaenepoel, OSDI 1999) passes
 *  immutable buffers by reference and counts the references: a buffer is sealed before it is passed, and recycled when
 *  nobody holds it. The mbufs of BSD are copied out of the pages that the device writes, which stay mapped. Memory
 *  calls are those of drivers in the kernel. */
import { bool, optional, range, table } from '../../src/model/index.ts'
import type { Bounds } from '../bounds.ts'
import type { Vocabulary } from '../iommu/vocabulary.ts'
import type { Entry, Own, OwnCost, OwnScope, Sizes, Step } from '../step.ts'
import { design } from './design.ts'
import type { Design } from './design.ts'
import { builtInCalls, call } from './entries.ts'
import { ring0StrictOn } from './ring0.ts'

interface Counts extends Own { readonly state: { references: number[] } }
interface Copies extends Own {
  readonly state: { copies: boolean[] }
  /** The frame of the page that is copied. */
  readonly registers: { buffer: number | null }
}
interface Page { readonly domain: number; readonly iova: number; readonly cpu: number }
type Of<O extends Own, A> = Entry<unknown, O, A>

const hasReadOnly = (b: Bounds): boolean => b.readOnly === 1
const hasFrames = (b: Bounds): boolean => b.frames > 0
const mappingAt = ({ s, args }: Of<Own, Page>) => s.kernel.mappings[args.domain]![args.iova]!
const pageOnly = ({ id }: Sizes) => ({ domain: id.domain, iova: id.iova })
const frameOnly = ({ id }: Sizes) => ({ frame: id.frame })

const passReference: Step<unknown, Counts> = {
  name: 'passReference', says: 'count the reference, and pass it to the next consumer',
  then: ({ s, call: of, emit }) => {
    s.own.references[of.frame!]!++
    emit.cost('lock')
    emit.observe({ what: 'shared', frame: of.frame! })
  },
}
const dropReference: Step<unknown, Counts> = {
  name: 'dropReference', says: 'take the consumer\'s reference back',
  then: ({ s, call: of, emit }) => {
    s.own.references[of.frame!]!--
    emit.cost('lock')
    emit.observe({ what: 'dropped', frame: of.frame! })
  },
}

/** As the built-in call asks, and nobody holds a reference. */
const mayRecycle = (k: Of<Counts, never>): boolean => builtInCalls.unmap.rules!['pageIsMapped']!(k as never)
  && (!hasReadOnly(k.b) || k.s.own.references[mappingAt(k).frame] === 0)
const sharing: OwnScope = {
  name: 'sharing', says: 'two CPUs pass buffers of one device on, take them back and recycle them',
  bounds: { cpus: 2, callers: 2, frames: 2, iovas: 2, readOnly: 1 },
}
const page = { cpu: 0, domain: 0, iova: 0 }
const oneMap = { action: 'map', args: { ...page, frame: 0, write: true } }
const sealing: OwnCost = {
  name: 'sealing', bounds: { frames: 1, iovas: 1, readOnly: 1 }, paths: ['protect', 'pass', 'drop'],
  ops: [oneMap, { action: 'protect', args: page }, { action: 'pass', args: page },
    { action: 'drop', args: { cpu: 0, frame: 0 } }],
}
export const ioLiteOn = <U>(v: Vocabulary<U>): Design<U> => design<unknown, Counts, 'pass' | 'drop'>('io-lite', {
  says: 'as ring0-strict; buffers are sealed, passed on by reference and counted (IO-Lite)',
  remapsDma: true, remapsInterrupts: true, scopes: ['mapping', sharing], costs: [sealing],
  state: ({ id, b }) => hasReadOnly(b) ? { references: table([id.frame], range(0, 2)) } : {},
  calls: {
    unmap: { rules: { pageIsMapped: mayRecycle } },
    pass: call<ReturnType<typeof pageOnly>, Counts>({
      says: 'pass a sealed buffer to one more consumer', offered: hasReadOnly, params: pageOnly,
      rules: {
        isLive: k => mappingAt(k)?.phase === 'live',
        isSealed: k => !mappingAt(k)!.write,
        countFits: k => k.s.own.references[mappingAt(k)!.frame]! < 2,
      },
      registers: k => ({ frame: mappingAt(k)!.frame }),
    }),
    drop: call<ReturnType<typeof frameOnly>, Counts>({
      says: 'a consumer is done with a buffer', offered: hasReadOnly, params: frameOnly,
      rules: { isHeld: ({ s, args }) => s.own.references[args.frame]! > 0 },
    }),
  },
}, { ...ring0StrictOn(v).protocols, pass: [passReference], drop: [dropReference] } as never) as Design<U>

const copyBuffer: Step<unknown, Copies> = {
  name: 'copyBuffer', says: 'copy the page into a frame that no device reaches, and pass that on',
  then: ({ call: { domain, iova, buffer, frame }, emit }) => {
    emit.cost('frame-alloc')
    emit.cost('buffer-copy')
    emit.observe({ what: 'copied', domain: domain!, iova: iova!, frame: buffer!, into: frame })
    emit.observe({ what: 'shared', frame: frame! })
  },
}
const freeCopy: Step<unknown, Copies> = {
  name: 'freeCopy', says: 'free the copy',
  then: ({ s, call: of, emit }) => {
    s.own.copies[of.frame!] = false
    emit.cost('frame-free')
    emit.observe({ what: 'dropped', frame: of.frame! })
  },
}
const copying: OwnScope = {
  name: 'copying', says: 'two CPUs copy what one device writes, and map and unmap its pages',
  bounds: { cpus: 2, callers: 2, frames: 2, iovas: 2 },
}
const copyingOut: OwnCost = {
  name: 'copying', bounds: { frames: 2, iovas: 1 }, paths: ['copyOut', 'drop'],
  ops: [oneMap, { action: 'copyOut', args: { ...page, frame: 1 } }, { action: 'drop', args: { cpu: 0, frame: 1 } }],
}
const isFree = ({ s }: Pick<Of<Copies, never>, 's'>, frame: number): boolean =>
  s.kernel.frames[frame] === null && !s.own.copies[frame]
export const mbufCopyOn = <U>(v: Vocabulary<U>): Design<U> => design<unknown, Copies, 'copyOut' | 'drop'>('mbuf-copy', {
  says: 'as ring0-strict; what a device has written is copied, and the copy is passed on (mbufs of BSD)',
  remapsDma: true, remapsInterrupts: true, scopes: [copying], costs: [copyingOut],
  state: ({ id }) => ({ copies: table([id.frame], bool) }), registers: ({ id }) => ({ buffer: optional(id.frame) }),
  calls: {
    map: { rules: { frameIsFree: k => isFree(k, (k.args as { frame: number }).frame) } },
    copyOut: call<ReturnType<typeof pageOnly> & ReturnType<typeof frameOnly>, Copies>({
      says: 'copy a page for a consumer', offered: hasFrames, params: of => ({ ...pageOnly(of), ...frameOnly(of) }),
      rules: { isLive: k => mappingAt(k)?.phase === 'live', frameIsFree: k => isFree(k, k.args.frame) },
      takes: { frame: ({ s, args }) => { s.own.copies[args.frame] = true } },
      registers: k => ({ buffer: mappingAt(k)!.frame }),
    }),
    drop: call<ReturnType<typeof frameOnly>, Copies>({
      says: 'a consumer is done with a buffer', offered: hasFrames, params: frameOnly,
      rules: {
        isHeld: ({ s, args }) => s.own.copies[args.frame]!
          && s.kernel.calls.every(one => one?.call !== 'copyOut' || one.frame !== args.frame),
      },
    }),
  },
}, { ...ring0StrictOn(v).protocols, copyOut: [copyBuffer], drop: [freeCopy] } as never) as Design<U>
