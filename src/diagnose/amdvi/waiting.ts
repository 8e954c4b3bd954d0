/** A completion wait that an AMD unit did not end (AMD 48882 rev 3.10, 2.4.1), as Linux and Xen print it. */
import type { Answer, Conclusion, Happening, Known, Line, Look } from '../happening.ts'

/** Xen says whether it waits for device TLBs. */
const ofXen = /\(XEN\)|AMD IOMMU .*completion wait/, forTlb = /iotlb completion wait/
export const waits =
  /AMD-Vi: Completion-Wait loop timed out|AMD-Vi: Command buffer timeout|completion wait taking too long/

export const waiting = (line: Line): Happening => ({
  line, device: null, access: 'unknown', address: null, kind: 'amd completion wait', stops: true,
  answer: (_, known) => answer(line.text, known),
})

function answer(text: string, known: Known): Answer {
  const isXen = ofXen.test(text)
  return {
    title: 'the unit did not complete its commands in time (Completion-Wait)',
    happened: `${isXen ? 'Xen' : 'The driver'} waited for an invalidation${isXen ? ' for too long.' : ' and gave up.'}`,
    hardware: [{ says: 'COMPLETION_WAIT writes a word when all commands before it are done (AMD 48882, 2.4.1)',
      clause: null }],
    concludes: [...causes(text, known), { certainty: 'likely', rule: 'what is unmapped stays cached',
      says: `Until it completes, unmapped pages may still be reached${isXen ? '.'
        : ': the kernel goes on all the same.'}` }],
    next: isXen ? nextOfXen : next,
    shows: [{ run: 'remapcheck explain awaitInvalidation', says: 'the step that waits' },
      { run: 'remapcheck check ring0-strict~unmap/pollStore --scope mapping --iommu amdvi --property no-dma-escape',
        says: 'what happens where a kernel goes on without it' }],
  }
}
function causes(text: string, known: Known): readonly Conclusion[] {
  const of = (kind: string): Known['others'] => known.others.filter(one => one.kind.startsWith(`amd ${kind}`))
  const silent = of('IOTLB_INV_TIMEOUT'), [illegal] = [...of('ILLEGAL_COMMAND'), ...of('COMMAND_HARDWARE')]
  if (silent.length > 0) return [{ certainty: 'likely', rule: silent.slice(0, 6).map(({ at }) => `line ${at.number}`)
    .join(', '), says: `${silent.slice(0, 6).map(({ device }) => device ?? 'a device').join(', ')} did not answer an `
      + 'invalidation of its device TLB (IOTLB_INV_TIMEOUT): that is what the wait waits for.' }]
  if (illegal !== undefined) return [{ certainty: 'likely', rule: `line ${illegal.at.number}`,
    says: 'The unit stopped at a command that it could not execute, so what is behind it is never done.' }]
  if (forTlb.test(text)) return [{ certainty: 'likely', rule: 'iotlb completion wait', says: 'A device does not answer '
    + 'the invalidation of its TLB (ATS): it was reset, is gone or asleep.' }]
  return [{ certainty: 'open', rule: 'a wait without its answer', says: 'A device that does not answer the '
    + 'invalidation of its TLB (then IOTLB_INV_TIMEOUT names it), a unit that stopped at a bad command '
    + '(ILLEGAL_COMMAND_ERROR), or a unit that is off.' }]
}
const next: readonly Look[] = [
  { run: 'dmesg | grep -e IOTLB_INV_TIMEOUT -e ILLEGAL_COMMAND', says: 'which device or command it is' },
  { run: "lspci -vv | grep -B20 'ATSCtl:.*Enable+'", says: 'devices with ATS on' },
  { run: null, says: 'boot with pci=noats: if it is gone, it is the ATS of a device' }]
const nextOfXen: readonly Look[] = [
  { run: 'xl dmesg | grep -e IOTLB_INV_TIMEOUT -e ILLEGAL_COMMAND', says: 'which device or command it is' },
  { run: "lspci -vv | grep -B20 'ATSCtl:.*Enable+'", says: 'devices with ATS on' },
  { run: null, says: 'boot Xen with ats=0: if it is gone, it is the ATS of a device' }]
