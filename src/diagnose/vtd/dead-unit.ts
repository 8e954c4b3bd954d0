/** Registers of a unit that read all ones: no device decodes their address (PCI answers an unclaimed read so). */
import type { Answer, Line } from '../happening.ts'

interface FaultRecord { readonly device: string | null; readonly reason: { readonly code: number } | null }
/** Reason ffh is none of the manual's, and ff:1f.7 is source id ffff: a fault record of all ones. */
export const isDeadRecord = ({ device, reason }: FaultRecord): boolean =>
  reason?.code === 0xff && (device === null || device.endsWith('ff:1f.7'))

/** `printed`: the registers as the message has them, and which they are. */
export function deadUnit(printed: string, line: Line): Answer {
  return {
    title: 'the registers of the unit read all ones: nothing answers there',
    happened: 'The driver read the error registers of a unit and got ones in every bit.',
    hardware: [{ says: `${printed} when no device decodes the address`, clause: null }],
    concludes: [
      { certainty: 'sure', rule: 'reason and source id of all ones, or FSTS of all ones',
        says: 'This is no invalidation error and no DMA fault: the registers of the unit cannot be reached.' },
      { certainty: 'likely', rule: 'a bridge window or BAR over the page of the registers',
        says: 'Something was mapped over the register page (a bridge or BAR set up last before line '
          + `${line.number}), or the unit is powered off or was never there.` },
    ],
    next: [
      { run: "dmesg | grep -e 'reg_base_addr' -e 'DRHD base'", says: 'where the registers are' },
      { run: "grep -i -e dmar -e PCI /proc/iomem; dmesg | grep -e 'bridge window'", says: 'which bridge window or BAR '
        + 'covers that address; the one written last is the suspect' },
    ],
    shows: [{ run: 'remapcheck explain FSTS=0xffffffff', says: 'the fault status, bit by bit' }],
  }
}
