/** Decoded entries as the manual's words, by the layouts (AMD 48882 rev 3.05, 2.2): what read-entries.ts reads back.
 *  `reserved` is not written: which bits are reserved depends on the unit. */
import { deviceTableEntry, encode, hostPage, irte128, irte32 } from './index.ts'
import type { DeviceEntry, InterruptEntry, PageEntry } from '../walk/tables.ts'

const page = (address: number): number => address / 4096

/** Each throws RangeError where a value does not fit its field; addresses are multiples of 4096, those of interrupt
 *  tables of 64. */
export const deviceEntryWords = ({ interrupts: map, ...e }: DeviceEntry): Uint32Array => encode(deviceTableEntry, {
  V: +e.valid, TV: +e.translates, MODE: e.mode, ROOT: page(e.root), IR: +e.read, IW: +e.write, DOMAIN: e.domain,
  I: +e.remoteTlb, EX: +e.excluded, IOCTL: e.portIo, SA: +e.logging.none, SE: +e.logging.first, ...guestFields(e.guest),
  IV: +map.valid, INTTABLEN: map.length, IG: +map.ignored, INTROOT: map.table / 64, INTCTL: map.control,
  INITPASS: +map.passes.init, EINTPASS: +map.passes.extInt, NMIPASS: +map.passes.nmi,
})

const guestFields = (guest: DeviceEntry['guest']) => guest === null ? {} : {
  GV: +guest.withPasid, GIOV: +guest.withoutPasid, GLX: guest.levels - 1, GPM: guest.paging - 4,
  GCR3L: Math.floor(guest.table / 2 ** 12) % 8, GCR3M: Math.floor(guest.table / 2 ** 15) % 2 ** 16,
  GCR3H: Math.floor(guest.table / 2 ** 31),
}

/** The fields of tables and pages stand in the same bits. */
export const pageEntryWords = (e: PageEntry): Uint32Array =>
  encode(hostPage, { PR: +e.present, NEXT: e.nextLevel, ADDR: page(e.address), IR: +e.read, IW: +e.write })

/** @param gaEn entries of 128 bits, else of 32. */
export function interruptEntryWords(e: InterruptEntry, gaEn: boolean): Uint32Array {
  const head = { REMAPEN: +e.enabled, SUPIOPF: +e.suppressed, INTTYPE: e.type, DM: +e.logical,
    GUESTMODE: +e.guestMode, VECTOR: e.vector }
  return gaEn
    ? encode(irte128, { ...head, DESTL: e.destination % 2 ** 24, DESTH: Math.floor(e.destination / 2 ** 24) })
    : encode(irte32, { ...head, DEST: e.destination })
}
