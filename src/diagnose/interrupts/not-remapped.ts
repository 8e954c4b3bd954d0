/** What follows where a kernel leaves interrupt remapping off, whoever makes the unit. No manual: the range of
 *  interrupt messages is the same on all of them. */
import type { Conclusion, Look } from '../happening.ts'

const sure: Conclusion = { certainty: 'sure', rule: 'interrupt remapping is off',
  says: 'A device, and a guest that has one, can send any interrupt to any CPU.' }
const shows: Look = { run: 'remapcheck explain no-forged-interrupt', says: 'the claim that needs it' }

export const unremapped = {
  title: 'interrupts are not remapped', happened: 'Linux left interrupt remapping off.',
  hardware: 'without remapping a write of a device to FEEx_xxxx is an interrupt as it stands', sure, shows,
} as const
