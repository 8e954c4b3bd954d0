/** Interrupts moved under load, as irqbalance has Linux do it: a move ends for its caller's purpose once the remapping
 *  entry is in force, and the old vector is cleaned up after it (Linux `arch/x86/kernel/apic/vector.c`, where
 *  `move_in_progress` and `prev_vector` stand for that; Linux refuses the next move until then). Here the next move may
 *  begin while the last one cleans up: it has to leave the place that the last one went to, not the one it left. Memory
 *  is that of drivers in the kernel. */
import { bool, struct, table } from '../../src/model/index.ts'
import type { Bounds } from '../bounds.ts'
import type { Vocabulary } from '../iommu/vocabulary.ts'
import type { Own, OwnScope, Sizes, Step } from '../step.ts'
import type { Design } from './design.ts'
import { design } from './design.ts'
import { ring0StrictOn } from './ring0.ts'
import { awaitOldVectorIdle, claimVector, releaseOldVector } from './steps/index.ts'

interface Place { cpu: number; vector: number }
interface Balancer extends Own {
  readonly state: {
    /** By source: where its entry sends it, and whether a move of it is between its two locks. */
    place: Place[]; moving: boolean[]
  }
}
type MoveStep = Step<unknown, Balancer>

const state = ({ id, b }: Sizes) => b.migrate === 0 ? {}
  : { place: table([id.source], struct({ cpu: id.cpu, vector: id.vector })), moving: table([id.source], bool) }
function start({ own, b }: { readonly own: Balancer['state']; readonly b: Bounds }): void {
  if (b.migrate === 0) return
  own.place = own.place.map((_, source) => ({ cpu: source % b.cpus, vector: Math.floor(source / b.cpus) }))
}

/** Two moves of one source would both leave the same place. */
const lockSource: MoveStep = {
  name: 'lockSource', says: 'take the lock of the source', endedBy: 'unlockSource',
  when: ({ s, call }) => !s.own.moving[call.source!],
  then: ({ s, call, emit }) => { s.own.moving[call.source!] = true; emit.cost('lock') },
}
const readPlace: MoveStep = {
  name: 'readPlace', says: 'read where the last move has sent the source: that is the place to leave',
  then: ({ s, call }) => {
    const { cpu, vector } = s.own.place[call.source!]!
    call.from = { cpu, vector }
  },
}
const unlockSource: MoveStep = {
  name: 'unlockSource', says: 'record the new place, and release the lock of the source',
  then: ({ s, call }) => {
    s.own.place[call.source!] = { ...call.to! }
    s.own.moving[call.source!] = false
  },
}

const balancing: OwnScope = {
  name: 'balancing', says: 'two CPUs move one source at any time, one move before the clean-up of the last',
  bounds: { cpus: 2, callers: 2, sources: 1, vectors: 2, migrate: 1 },
}
export const irqBalancerOn = <U>(v: Vocabulary<U>): Design<U, never> => design('irq-balancer', {
  says: 'as ring0-strict; an interrupt may move again while its last move cleans up (irqbalance on Linux)',
  remapsDma: true, remapsInterrupts: true, memoryOf: 'ring0-strict', state, start,
  scopes: ['interrupts', balancing],
  calls: {
    migrateInterrupt: {
      rules: { oneMoveAtATime: null },
      registers: ({ args }) => {
        const { toCpu, toVector } = args as { toCpu: number; toVector: number }
        return { to: { cpu: toCpu, vector: toVector } }
      },
    },
  },
}, {
  ...ring0StrictOn(v).protocols,
  migrateInterrupt: [claimVector, lockSource, readPlace, v.storeInterrupt, v.writeBackInterrupt, v.invalidateInterrupt,
    v.awaitInvalidation, unlockSource, awaitOldVectorIdle, releaseOldVector],
} as never)
