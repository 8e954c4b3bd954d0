/** Entries of the tables decoded by the layouts, into what the walk reads (AMD 48882 rev 3.05, 2.2). */
import {
  anySet, deviceTableEntry, gcr3Entry, getter, guestPageEntry, hostPage, hostTable, irte128, irte32, irteGuest,
  reservedMask, spanGetter,
} from './index.ts'
import type { Dwords, Getter, Layout, Rules } from './index.ts'
import type {
  DeviceEntry, Gcr3Entry, GuestMap, GuestPageEntry, GuestTarget, InterruptEntry, InterruptMap, PageEntry,
} from '../walk/tables.ts'

/** Each reads the structure whose first dword is at index `at`. */
export interface EntryReader {
  deviceEntry(words: Dwords, at: number): DeviceEntry
  pageEntry(words: Dwords, at: number): PageEntry
  gcr3Entry(words: Dwords, at: number): Gcr3Entry
  guestPageEntry(words: Dwords, at: number): GuestPageEntry
  /** Dwords of an interrupt entry: 4 where GAEn is set, else 1. */
  readonly interruptDwords: 1 | 4
  interruptEntry(words: Dwords, at: number): InterruptEntry
}

const getters = <N extends string>(of: Layout<N>): Readonly<Record<N, Getter>> =>
  Object.fromEntries(of.fields.map(({ name }) => [name, getter(of, name)])) as Record<N, Getter>
const device = getters(deviceTableEntry), page = getters(hostPage)
const narrow = getters(irte32), wide = getters(irte128), avic = getters(irteGuest)
const gcr3 = getters(gcr3Entry), guestPage = getters(guestPageEntry)
const pageSize = 4096
/** Bits of a device table entry that stand side by side, read at once: each request reads an entry. */
const adjacent = {
  validity: spanGetter(deviceTableEntry, 'V', 'TV'), guests: spanGetter(deviceTableEntry, 'GIOV', 'GV'),
  rights: spanGetter(deviceTableEntry, 'IR', 'IW'), faults: spanGetter(deviceTableEntry, 'SE', 'IOCTL'),
  passes: spanGetter(deviceTableEntry, 'INITPASS', 'NMIPASS'),
}
const loggings: readonly DeviceEntry['logging'][] =
  [0, 1, 2, 3].map(bits => ({ none: (bits & 2) !== 0, first: (bits & 1) !== 0 }))
const passes: readonly InterruptMap['passes'][] = [0, 1, 2, 3, 4, 5, 6, 7]
  .map(bits => ({ init: (bits & 1) !== 0, extInt: (bits & 2) !== 0, nmi: (bits & 4) !== 0 }))

/** @param rules what the unit has: it decides which bits are reserved. @param gaEn control register: entries of
 *  interrupts have 128 bits. */
export function entryReader(rules: Rules, gaEn: boolean): EntryReader {
  const reserved = reservedMask(deviceTableEntry, rules), lower = reserved.slice(0, 4), upper = reserved.slice(4)
  const ofPage = reservedMask(hostPage, rules), ofTable = reservedMask(hostTable, rules)
  const ofGcr3 = reservedMask(gcr3Entry, rules), ofGuest = reservedMask(guestPageEntry, rules)
  return {
    deviceEntry: (w, at) => {
      const validity = adjacent.validity(w, at), rights = adjacent.rights(w, at), guests = adjacent.guests(w, at)
      const faults = adjacent.faults(w, at)
      return {
        valid: (validity & 1) !== 0, translates: (validity & 2) !== 0, mode: device.MODE(w, at),
        root: device.ROOT(w, at) * pageSize, domain: device.DOMAIN(w, at), read: (rights & 1) !== 0,
        write: (rights & 2) !== 0, remoteTlb: device.I(w, at) === 1, excluded: device.EX(w, at) === 1,
        logging: loggings[faults & 3]!, portIo: (faults >>> 2) as DeviceEntry['portIo'],
        guest: guests === 0 ? null : guestMap(w, at, guests),
        reserved: anySet(lower, w, at) || device.HAD(w, at) === 2
          || guests > 0 && (device.GLX(w, at) === 3 || device.GPM(w, at) > 1),
        interrupts: interruptMap(w, at, anySet(upper, w, at + 4)),
      }
    },
    pageEntry: (w, at) => {
      const nextLevel = page.NEXT(w, at)
      return {
        present: page.PR(w, at) === 1, nextLevel, address: page.ADDR(w, at) * pageSize, read: page.IR(w, at) === 1,
        write: page.IW(w, at) === 1,
        reserved: anySet(nextLevel === 0 || nextLevel === 7 ? ofPage : ofTable, w, at),
      }
    },
    gcr3Entry: (w, at) => ({ valid: gcr3.V(w, at) === 1, address: gcr3.ADDR(w, at) * pageSize,
      reserved: anySet(ofGcr3, w, at) }),
    guestPageEntry: (w, at) => ({
      present: guestPage.P(w, at) === 1, write: guestPage.RW(w, at) === 1, user: guestPage.US(w, at) === 1,
      noExecute: guestPage.NX(w, at) === 1, isPage: guestPage.PS(w, at) === 1,
      address: guestPage.ADDR(w, at) * pageSize, reserved: anySet(ofGuest, w, at),
    }),
    interruptDwords: gaEn ? 4 : 1, interruptEntry: gaEn ? wideEntry(rules) : narrowEntry(rules),
  }
}

/** The GCR3 table stands in three pieces. */
function guestMap(w: Dwords, at: number, bits: number): GuestMap {
  const table = device.GCR3L(w, at) * 2 ** 12 + device.GCR3M(w, at) * 2 ** 15 + device.GCR3H(w, at) * 2 ** 31
  return { withPasid: (bits & 2) !== 0, withoutPasid: (bits & 1) !== 0, table, levels: device.GLX(w, at) + 1,
    paging: device.GPM(w, at) === 1 ? 5 : 4 }
}

const interruptMap = (w: Dwords, at: number, reserved: boolean): InterruptMap => ({
  valid: device.IV(w, at) === 1, control: device.INTCTL(w, at) as InterruptMap['control'],
  table: device.INTROOT(w, at) * 64, length: device.INTTABLEN(w, at), ignored: device.IG(w, at) === 1, reserved,
  passes: passes[adjacent.passes(w, at)]!,
})

function narrowEntry(rules: Rules): EntryReader['interruptEntry'] {
  const reserved = reservedMask(irte32, rules)
  return (w, at) => ({
    enabled: narrow.REMAPEN(w, at) === 1, suppressed: narrow.SUPIOPF(w, at) === 1, type: narrow.INTTYPE(w, at),
    logical: narrow.DM(w, at) === 1, guestMode: narrow.GUESTMODE(w, at) === 1, guest: null,
    destination: narrow.DEST(w, at),
    vector: narrow.VECTOR(w, at), reserved: anySet(reserved, w, at),
  })
}
const guestTarget = (w: Dwords, at: number): GuestTarget => ({
  backing: avic.BACKING(w, at) * pageSize, core: avic.DESTH(w, at) * 2 ** 24 + avic.DESTL(w, at),
  running: avic.ISRUN(w, at) === 1, logs: avic.GALOGINTR(w, at) === 1, tag: avic.GATAG(w, at),
})
function wideEntry(rules: Rules): EntryReader['interruptEntry'] {
  const remapped = reservedMask(irte128, rules), guest = reservedMask(irteGuest, rules)
  return (w, at) => {
    const guestMode = wide.GUESTMODE(w, at) === 1
    return {
      enabled: wide.REMAPEN(w, at) === 1, suppressed: wide.SUPIOPF(w, at) === 1, type: wide.INTTYPE(w, at),
      logical: wide.DM(w, at) === 1, guestMode, guest: guestMode ? guestTarget(w, at) : null,
      destination: wide.DESTH(w, at) * 2 ** 24 + wide.DESTL(w, at),
      vector: wide.VECTOR(w, at), reserved: anySet(guestMode ? guest : remapped, w, at),
    }
  }
}
