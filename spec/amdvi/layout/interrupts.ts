/** Interrupt entries and messages (AMD 48882 rev 3.05, 2.2.5). */
import { bit, bits, ignored, layout } from '../../iommu/layout.ts'

const head = { REMAPEN: bit(0, 'enabled'), SUPIOPF: bit(1, 'a refusal is not logged') }
const kind = {
  INTTYPE: bits(4, 2, '0 fixed, 1 arbitrated; others are illegal'), RQEOI: bit(5, 'EOI goes back to the source'),
  DM: bit(6, 'destination mode: 1 logical'), GUESTMODE: bit(7, '0 in this form'),
}
export const irte32 = layout('interrupt entry, 32 bits', '2.2.5.1', 32,
  { ...head, ...kind, DEST: bits(15, 8, 'destination'), VECTOR: bits(23, 16, 'vector') })
export const irte128 = layout('interrupt entry, 128 bits', '2.2.5', 128, {
  ...head, ...kind, DESTL: bits(31, 8, 'destination [23:0]; [7:0] where XTEn=0'), VECTOR: bits(71, 64, 'vector'),
  DESTH: bits(127, 120, 'destination [31:24]'),
})
export const irteGuest = layout('interrupt entry, guest mode', '2.2.5', 128, {
  ...head, GALOGINTR: bit(2, 'log to the GA log where the guest does not run'),
  GAPPIDIS: bit(5, 'no physical interrupt', { needs: 'EFR2.GAPPIDisSup' }), ISRUN: bit(6, 'the guest runs'),
  GUESTMODE: bit(7, '1 in this form', { needs: 'EFR.GASup' }), DESTL: bits(31, 8, 'core of the doorbell [23:0]'),
  GATAG: bits(63, 32, 'tag for the GA log'), VECTOR: bits(71, 64, 'guest vector'),
  BACKING: bits(115, 76, 'virtual APIC page [51:12]', { from: 12 }),
  DESTH: bits(127, 120, 'core of the doorbell [31:24]'),
})
/** The data of a message to FEEx_xxxx. The address is that of a message which is not remapped. */
export const messageData = layout('remapped message data', '2.2.5', 32,
  { INDEX: bits(10, 0, 'index: vector and delivery mode of one that is not remapped'), ignored11: ignored(31, 11) })
export const ioapicEntry = layout('IO-APIC entry, remapped', '2.2.5', 64, {
  INDEXL: bits(7, 0, 'index [7:0]'), INDEXH: bits(10, 8, 'index [10:8]'), ignored11: ignored(11),
  DS: bit(12, 'delivery status', { access: 'ro' }), POL: bit(13, 'polarity: 1 active low'),
  IRR: bit(14, 'remote IRR', { access: 'ro' }), TM: bit(15, 'trigger mode: 1 level'), MASK: bit(16, 'masked'),
  ignored17: ignored(63, 17),
})
