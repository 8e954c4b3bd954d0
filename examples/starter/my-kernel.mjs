/** A kernel with userland drivers: a server maps for them, under a lock for the tables of each domain. */
import {
  allocateFrame, awaitInvalidation, clearPte, design, freeFrame, invalidatePage, linkTables, receiveRequest,
  replyToDriver, storePte,
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

export default design('my-kernel', {
  says: 'userland drivers; a server maps for them', remapsDma: true, remapsInterrupts: false, userDrivers: true,
}, {
  map: [receiveRequest, allocateFrame, takeTableLock, linkTables, storePte, dropTableLock, replyToDriver],
  unmap: [
    receiveRequest, takeTableLock, clearPte, dropTableLock, invalidatePage, awaitInvalidation, freeFrame, replyToDriver,
  ],
})
