/** A kernel with userland drivers: a server maps for them, under a lock for the tables of each domain. */
import {
  allocateFrame, always, awaitInvalidation, clearPte, design, freeFrame, invalidatePage, linkTables, receiveRequest,
  replyToDriver, sometimes, storePte,
} from 'remapcheck/spec'

/** Your own step: `when` waits, `then` does one thing. `emit.cost` counts it for `npx remapcheck cost ./my-kernel.mjs`. */
const takeTableLock = {
  name: 'takeTableLock', says: 'spin until the lock of the tables is free, and take it',
  when: ({ s, call }) => s.kernel.tableLock[call.domain] === null,
  then: ({ s, call, cpu, emit }) => {
    s.kernel.tableLock[call.domain] = cpu
    emit.cost('lock')
  },
}
const dropTableLock = {
  name: 'dropTableLock', says: 'release it',
  then: ({ s, call }) => { s.kernel.tableLock[call.domain] = null },
}

/** A claim of your own, judged with the built-in ones. The witness must be reached: a claim about locks means nothing
 *  where no lock is ever taken. */
const locksAreHeldByCalls = {
  property: always('locks-are-held-by-calls', { claim: 'a CPU that is in no call holds no lock of tables' },
    ({ state: { kernel: { tableLock, calls } } }) => {
      const domain = tableLock.findIndex(cpu => cpu !== null && calls[cpu] === null)
      return domain < 0 || { because: `CPU ${tableLock[domain]} left its call with the lock`, witness: { domain } }
    }),
  witnesses: [sometimes('a-lock-is-taken', { claim: 'some CPU takes a lock' },
    ({ state }) => state.kernel.tableLock.some(cpu => cpu !== null))],
  appliesTo: (_, b) => b.frames > 0,
}

export default design('my-kernel', {
  says: 'userland drivers; a server maps for them', remapsDma: true, remapsInterrupts: false, userDrivers: true,
  claims: [locksAreHeldByCalls],
}, {
  map: [receiveRequest, allocateFrame, takeTableLock, linkTables, storePte, dropTableLock, replyToDriver],
  unmap: [
    receiveRequest, takeTableLock, clearPte, dropTableLock, invalidatePage, awaitInvalidation, freeFrame, replyToDriver,
  ],
})
