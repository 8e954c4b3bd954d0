/** Reads what Linux and Xen say of interrupts that no handler takes, or that cannot move (Linux
 *  arch/x86/kernel/irq.c and kernel/irq/spurious.c, Xen arch/x86/irq.c: facts about their texts). Linux writes CPU and
 *  vector in decimal, Xen the vector in hexadecimal. */
import type { Answer, Conclusion, Group, Happening, Known, Line, Reader, Reading } from '../happening.ts'
import { between_s, form, hex, whenOf } from '../text.ts'

const linux = form(String.raw`(?:do_IRQ|common_interrupt): <dec>\.<dec> No irq handler for vector|`
  + String.raw`No irq handler for <dec>\.<dec>`)
const xen = form(String.raw`CPU<dec>: No irq handler for vector <hex> \(IRQ`)
const xenAffinity = /IRQ\d+ a=.* v=([0-9a-f]{2})\[([0-9a-f]{2})\] t=/i
const cared = form('irq <dec>: nobody cared')
const broken = form('irq <dec>: Affinity broken due to vector space exhaustion')
const offline = /IRQ ?(\d{1,6}) no longer affine to CPU(\d+)|spurious APIC interrupt/

interface Lost { readonly cpu: number; readonly vector: number; readonly isXen: boolean; moved: string | null }

export class Vectors implements Reader {
  readonly name = 'message about an interrupt'
  readonly words = /No irq handler|nobody cared|Affinity broken|no longer affine|spurious APIC|IRQ\d+ a=.*\] t=/i
  #last: Lost | null = null

  read(line: Line): Reading {
    const { text } = line
    const ofLinux = linux.exec(text), ofXen = xen.exec(text)
    if (ofLinux !== null || ofXen !== null) return [this.#lost(line, ofLinux, ofXen)]
    const moved = xenAffinity.exec(text)
    if (moved !== null) {
      if (this.#last !== null) this.#last.moved = `from vector ${moved[2]} to ${moved[1]}`
      return 'context'
    }
    const nobody = cared.exec(text)
    if (nobody !== null) return [nobodyCared(line, Number(nobody[1]))]
    const exhausted = broken.exec(text)
    if (exhausted !== null) return [affinityBroken(line, Number(exhausted[1]))]
    return offline.test(text) ? 'context' : 'other'
  }
  end(): readonly Happening[] { this.#last = null; return [] }

  #lost(line: Line, ofLinux: RegExpExecArray | null, ofXen: RegExpExecArray | null): Happening {
    const lost: Lost = ofXen !== null
      ? { cpu: Number(ofXen[1]), vector: Number.parseInt(ofXen[2]!, 16), isXen: true, moved: null }
      : { cpu: Number(ofLinux![1] ?? ofLinux![3]), vector: Number(ofLinux![2] ?? ofLinux![4]), isXen: false,
        moved: null }
    this.#last = lost
    return { line, device: `CPU ${lost.cpu}, vector ${lost.vector}`, access: 'interrupt', address: null,
      kind: 'no handler', answer: (group, known) => lostAnswer(lost, group, known) }
  }
}

function lostAnswer({ cpu, vector, isXen, moved }: Lost, group: Group, known: Known): Answer {
  const { from } = group
  const timeouts = known.after(from, 60).filter(({ text }) => /timeout/i.test(text))
  const first = timeouts[0]
  const gap = first === undefined ? null : between_s(from, first)
  const atBoot = from.stamp?.clock === 'uptime' && from.stamp.s < 5
  return {
    title: `CPU ${cpu} took vector ${vector} (${hex(vector)}), and has no handler there`,
    happened: `CPU ${cpu} took vector ${vector} (${hex(vector)}); its vector table has nothing at that place, and the `
      + `interrupt was dropped.${isXen ? ' (Xen prints the vector in hexadecimal.)' : ''}`,
    hardware: [{ says: 'the message went where its entry or MSI said; what the CPU had at that vector is software',
      clause: null }],
    concludes: [
      { certainty: 'sure', rule: 'No irq handler for CPU.VECTOR', says: 'Whoever sent it got no service for it: for an '
        + 'edge that is an interrupt lost.' },
      ...isXen ? byMessages(vector, known) : known.beside.irqs.conclusions(cpu, vector, from.stamp), ...byEntries(cpu,
        vector, known),
      ...queueOf(first, known),
      ...moved === null ? [] : [{ certainty: 'likely', rule: 'v=NEW[OLD]', says: `It was on its way: its interrupt `
        + `moved `
        + `${moved}.` } as const],
      ...first === undefined || gap === null ? [] : [{ certainty: 'likely', rule: whenOf(first), says: 'A time-out '
        + `follows ${gap.toFixed(1)} s later: the interrupt may have been its completion.` } as const],
      ...unexplained(atBoot && first === undefined, known),
    ],
    next: isXen ? [{ run: 'xl debug-keys i; xl dmesg', says: 'which IRQ has that vector on that CPU' }] : [
      { run: 'trace-cmd record -e irq_vectors -e irq_matrix', says: `which irq had ${cpu}/${vector}: vector_config and `
        + 'vector_update name irq, cpu and vector' },
      { run: 'cat /proc/interrupts; grep . /proc/irq/*/effective_affinity_list', says: 'which interrupts are on '
        + `CPU ${cpu} now` },
    ],
    shows: [{ run: 'remapcheck explain no-lost-edge', says: 'the claim that is broken' },
      { run: 'remapcheck check ring0-strict~migrateInterrupt/awaitOldVectorIdle --scope interrupts',
        says: 'a move that frees the old vector while a message may be on its way' }],
  }
}

/** Causes between which a log alone does not decide; a trace of vectors does. */
function unexplained(isAtBoot: boolean, known: Known): readonly Conclusion[] {
  if (isAtBoot) return [{ certainty: 'likely', rule: 'at boot, on one vector of each CPU',
    says: 'At boot some firmware leaves an interrupt pending: harmless if it does not come again.' }]
  return known.beside.irqs.traces ? [] : [{ certainty: 'open', rule: 'a vector without an interrupt',
    says: 'Either the interrupt had just moved or been freed while a message was on its way, or the sender has an '
      + 'old or '
      + 'wrong CPU or vector (a hypervisor too), or the vector was freed and requested again while it was pending.' }]
}
/** Entries of interrupt tables beside the log with that vector; their destinations are APIC ids, not numbers of
 *  CPUs. */
function byEntries(cpu: number, vector: number, known: Known): readonly Conclusion[] {
  const found = known.beside.entriesOf(vector)
  if (found.length === 0) return []
  const list = found.slice(0, 6).map(({ unit, index, destination, source }) => `entry ${index} of ${unit}`
    + `${destination === null ? '' : `, to APIC id ${destination}`}, for ${source ?? 'any source'}`)
  return [{ certainty: 'open', rule: 'the interrupt tables, as they were when they were taken',
    says: `Vector ${vector} is sent by ${list.join('; ')}${found.length > 6 ? '; …' : ''}: the one whose APIC id is `
      + `that of `
      + `CPU ${cpu} may be meant.` }]
}
/** MSIs with that vector, by Xen's debug key M. */
function byMessages(vector: number, known: Known): readonly Conclusion[] {
  const found = known.beside.texts.xen.messages.get(vector) ?? []
  return found.length === 0 ? [] : [{ certainty: 'open', rule: 'debug key M, when it was pressed',
    says: `Vector ${hex(vector)} is that of ${found.slice(0, 6).map(({ irq, dest }) => `MSI ${irq} (to `
      + `${dest})`).join(', ')}: `
      + 'one of them may have sent it.' }]
}
/** The interrupt of the queue that a driver of NVMe timed out on, by /proc/interrupts. */
function queueOf(timeout: Line | undefined, known: Known): readonly Conclusion[] {
  const [, disk, queue] = /nvme (nvme\d+): I\/O \d+ (?:\([^)]*\) )?QID (\d+)/.exec(timeout?.text ?? '') ?? []
  const row = disk === undefined ? undefined : known.beside.irqs.having(`${disk}q${queue}`)[0]
  return row === undefined ? [] : [{ certainty: 'sure', rule: `/proc/interrupts, ${disk}q${queue}`,
    says: `The queue that timed out is served by irq ${row.irq} (${row.about.trim().replace(/ +/g, ' ')}).` }]
}

const nobodyCared = (line: Line, irq: number): Happening => ({
  line, device: `irq ${irq}`, access: 'interrupt', address: null, kind: 'nobody cared',
  answer: (_, known) => ({
    title: `irq ${irq} came, and none of its handlers took it`,
    happened: `Of the last 100,000 interrupts of irq ${irq} nearly all were taken by no handler; Linux switched it `
      + `off.`,
    hardware: [{ says: 'no fault of the unit: the interrupts arrived', clause: null }],
    concludes: [
      { certainty: 'sure', rule: 'nobody cared', says: 'Interrupts reach a CPU under this number, and none of the '
        + `handlers of ${known.beside.irqs.name(irq)} says that they are of its device.` },
      { certainty: 'likely', rule: 'a line that stays asserted', says: 'Another device shares the line and has no '
        + 'driver, '
        + 'or the line is routed or its polarity set wrongly (ACPI), or a device was left on by firmware.' },
      { certainty: 'sure', rule: 'Disabling IRQ', says: `All devices on irq ${irq} get no interrupts from then on.` },
    ],
    next: [{ run: `grep '^ *${irq}:' /proc/interrupts`, says: 'who has it' },
      { run: 'lspci -vv | grep -B10 "IRQ ' + `${irq}"`, says: 'which devices share it' },
      { run: null, says: 'boot once with irqpoll: if the device works then, the handler is right and the route is '
        + 'not' }],
    shows: [{ run: 'remapcheck explain no-forged-interrupt', says: 'interrupts that nobody is entitled to send' }],
  }),
})
const affinityBroken = (line: Line, irq: number): Happening => ({
  line, device: `irq ${irq}`, access: 'interrupt', address: null, kind: 'affinity broken',
  answer: () => ({
    title: `irq ${irq} could not go to the CPUs that were asked for: their vectors are used up`,
    happened: `Linux moved irq ${irq} to other CPUs.`,
    hardware: [{ says: 'a CPU has 256 vectors, about 200 of them for devices', clause: null }],
    concludes: [{ certainty: 'likely', rule: 'vector space exhaustion', says: 'No interrupt is lost by this: it goes '
      + 'to '
      + 'another CPU.' }],
    next: [{ run: 'cat /sys/kernel/debug/irq/domains/VECTOR', says: 'how many vectors each CPU has left' }],
    shows: [{ run: 'remapcheck explain migrateInterrupt', says: 'moving an interrupt' }],
  }),
})
