/** Lines a second of CPU time of `diagnose` beside those of `validate`, and the memory that it takes however long
 *  the log is; printed, not gated. The log begins as a boot of Linux does; then come ordinary lines, with faults
 *  among them. Run: npx tsx bench/diagnose.ts [LINES] */
import { Readable } from 'node:stream'
import { diagnose } from '../src/diagnose/diagnose.ts'
import { validateLog } from '../src/logs/validate.ts'

const boot = [
  'Linux version 6.12.0 (gcc 12.2.0)', 'BIOS-e820: [mem 0x0000000000100000-0x000000001ffdffff] usable',
  'DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c22260206 ecap f00f4a', 'pci 0000:00:02.0: [8086:10d3] type 00',
]
const ordinary = [
  'x86/fpu: Supporting XSAVE feature 0x001: x87 floating point registers', 'ACPI: RSDP 0x00000000000F5AA0 000014 (v00)',
  'pcieport 0000:00:1c.0: AER: enabled with IRQ 25', 'clocksource: tsc: mask: 0xffffffffffffffff max_cycles: 0x3fa2',
  'usb 1-1: new high-speed USB device number 2 using xhci_hcd', 'EXT4-fs (vda1): mounted filesystem with ordered '
    + 'data mode',
  'systemd[1]: Started Journal Service.', 'e1000e 0000:00:02.0 eth0: NIC Link is Up 1000 Mbps Full Duplex',
  'audit: type=1400 audit(1700000000.123:42): apparmor="STATUS" operation="profile_load"', 'input: Power Button',
  'virtio_net virtio1 enp0s3: renamed from eth1', 'random: crng init done', 'IPv6: ADDRCONF(NETDEV_UP): eth0: link',
  'nvme nvme0: 4/0/0 default/read/poll queues', 'loop0: detected capacity change from 0 to 8',
]
const faults = [
  'DMAR: DRHD: handling fault status reg 2',
  'DMAR: [DMA Read NO_PASID] Request device [00:02.0] fault addr 0xfff00000 [fault reason 0x06] PTE Read access is not '
    + 'set',
]
/** One line of 200 is of a fault, as in a bad hour. */
function* logOf(lines: number): Generator<Buffer> {
  let part = ''
  for (let i = 0; i < lines; i++) {
    const text = boot[i] ?? (i % 400 < 2 ? faults[i % 400]! : ordinary[i % ordinary.length]!)
    part += `[${(i / 1000).toFixed(6).padStart(12)}] ${text}\n`
    if (i % 5000 === 4999) { yield Buffer.from(part); part = '' }
  }
  yield Buffer.from(part)
}

const shown = (label: string, lines: number, took_ms: number): void => {
  const rate = Math.round(lines / took_ms * 1000).toLocaleString('en-US')
  const peak = Math.round(process.resourceUsage().maxRSS / 1024)
  console.log([label.padEnd(36), `${lines.toLocaleString('en-US')} lines`.padStart(18), `${rate} lines/s`.padStart(20),
    `at most ${peak} MB`.padStart(16)].join(' '))
}

/** Of this process, whatever else the machine does. */
const used_ms = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
async function diagnosed(lines: number): Promise<void> {
  // Made first, so that only the reading counts: up to a million lines.
  const chunks = lines <= 1_000_000 ? [...logOf(lines)] : logOf(lines)
  const start = used_ms()
  await diagnose({ files: ['-'], stdin: Readable.from(chunks) })
  const took_ms = used_ms() - start
  shown(`diagnose${Array.isArray(chunks) ? '' : ', making the log included'}`, lines, took_ms)
}
async function validated(): Promise<void> {
  const log = new URL('../traces/linux/vtd-strict-timed.trace.log.gz', import.meta.url).pathname
  const start = used_ms()
  const { log: { lines } } = await validateLog({ log })
  shown('validate, vtd-strict-timed', lines, used_ms() - start)
}

const most = Number(process.argv[2] ?? 10_000_000)
for (let turn = 0; turn < 3; turn++) {
  await validated()
  await diagnosed(Math.min(most, 1_000_000))
}
if (most > 1_000_000) await diagnosed(most)
