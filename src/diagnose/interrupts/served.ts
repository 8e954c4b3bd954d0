/** Interrupts of a device, by /proc/interrupts, whose chips name their device from Linux 6.2 on. */
import type { Conclusion, Known } from '../happening.ts'

export function servedInterrupts(device: string | null, known: Known): readonly Conclusion[] {
  if (device === null) return []
  const rows = known.beside.irqs.having(device.split(':').length > 2 ? device : `0000:${device}`)
  if (rows.length === 0) return []
  const list = rows.slice(0, 6).map(({ irq, counts }) => `${known.beside.irqs.name(Number(irq))}, `
    + `${counts.reduce((sum, count) => sum + count, 0).toLocaleString('en-US')} served`)
  return [{ certainty: 'sure', rule: '/proc/interrupts', says: `Interrupts of ${device}: ${list.join('; ')}`
    + `${rows.length > 6 ? '; …' : ''}.` }]
}
