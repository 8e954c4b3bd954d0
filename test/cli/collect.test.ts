/** The script that `collect` prints, run by sh against a root made for it: what it gathers, what it leaves out, and
 *  that `diagnose` reads the folder. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync,
  writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folders, gathered } from '../../src/cli/collect-script.ts'
import { dmar, drhd, rmrr, scope } from '../unit/acpi-tables.ts'
import { run } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-collect-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
const root = join(dir, 'root'), out = join(dir, 'out'), bin = join(dir, 'bin')
const place = (path: string, content: string | Uint8Array): void => {
  const at = join(root, path)
  mkdirSync(dirname(at), { recursive: true })
  writeFileSync(at, content)
}
const tool = (name: string, prints: string): void => {
  writeFileSync(join(bin, name), `#!/bin/sh\ncat <<'END'\n${prints}\nEND\n`)
  chmodSync(join(bin, name), 0o755)
}
const log = [
  'Command line: root=UUID=0f3b6c1e-8d2a-4f0b-9d11-0a1b2c3d4e5f ro intel_iommu=on',
  'systemd[1]: Hostname set to <annes-laptop>.',
  'e1000e 0000:00:1f.6 eth0: (PCI Express:2.5GT/s) 3c:97:0e:aa:bb:cc', 'bond: 3c:97:0e:aa:bb:cc 3c:97:0e:aa:bb:cd up',
  'usb 1-1: SerialNumber: 4C530001130424118471', 'annes-laptop annes-laptop dhcpd: lease of 192.168.7.23 to '
    + 'anne@example.org',
  'DMAR: DRHD: handling fault status reg 2',
  'DMAR: [DMA Read NO_PASID] Request device [00:02.0] fault addr 0x8d802000 [fault reason 0x06] PTE Read access is '
    + 'not set',
  '__common_interrupt: 4.36 No irq handler for vector',
].map((text, i) => `[   40.00000${i}] ${text}`).join('\n')
const secrets = ['annes-laptop', '3c:97:0e', '4C5300', '192.168.7.23', 'anne@', '0f3b6c1e']
let script = '', printed = ''

beforeAll(async () => {
  mkdirSync(bin)
  script = (await run('collect')).out
  tool('dmesg', log)
  tool('uname', 'annes-laptop')
  tool('lspci', '00:02.0 VGA compatible controller [0300]: Intel Corporation Device [8086:3e92]')
  place('proc/interrupts', '            CPU0       CPU4\n  25:   0   1200  IR-PCI-MSI-0000:00:02.0  0-edge   i915\n')
  place('proc/iomem', '00100000-8cffffff : System RAM\n8d800000-8fffffff : Reserved\n')
  place('proc/irq/25/effective_affinity_list', '4\n')
  place('sys/firmware/acpi/tables/DMAR', dmar(1, drhd(0xfed90000, 1), rmrr(0x8d800000, 0x8fffffff, scope(1, 0, 0, 2,
    0))))
  const cases = 'test/real-machines/cases/22'
  place('sys/kernel/debug/iommu/intel/ir_translation_struct',
    readFileSync(`${cases}-debugfs-ir_translation_struct.txt`))
  place('sys/kernel/debug/iommu/intel/0000:00:02.0/domain_translation_struct',
    readFileSync(`${cases}c-debugfs-domain_translation_struct.txt`))
  place('sys/kernel/debug/irq/irqs/25', 'handler:  handle_edge_irq\n Vector:    36\n Target:     4\n')
  const path = join(dir, 'collect.sh')
  writeFileSync(path, script)
  printed = execFileSync('sh', [path, out], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, REMAPCHECK_ROOT: root, PATH: `${bin}:${process.env['PATH'] ?? ''}` } })
})

describe('the script of collect', () => {
  it('lists all that it reads, and is not long', () => {
    for (const { from, file } of gathered)
      expect(script).toContain(`#   ${file.padEnd(17)} ${'path' in from ? from.path : from.command}`)
    for (const [at] of folders) expect(script).toContain(at)
    expect(script.split('\n').filter(line => line.length > 120)).toEqual([])
    expect(script.split('\n').length).toBeLessThan(150)
  })
  it('gathers what is there, each file under its name', () => {
    expect(readdirSync(out, { recursive: true }).map(String).sort()).toEqual(['DMAR', 'affinity.txt', 'dmesg.txt',
      'intel',
      'intel/0000:00:02.0', 'intel/0000:00:02.0/domain_translation_struct', 'intel/ir_translation_struct',
      'interrupts.txt', 'iomem.txt', 'irqs', 'irqs/25', 'lspci-caps.txt', 'lspci-tree.txt', 'lspci.txt', 'uname.txt'])
    expect(printed).toContain(`now: remapcheck diagnose ${out}`)
  })
  it('leaves tables as they are', () => {
    expect(readFileSync(join(out, 'DMAR'))).toEqual(readFileSync(join(root, 'sys/firmware/acpi/tables/DMAR')))
    expect(readFileSync(join(out, 'intel/ir_translation_struct'), 'utf8'))
      .toBe(readFileSync(join(root, 'sys/kernel/debug/iommu/intel/ir_translation_struct'), 'utf8'))
  })
  it('replaces names, addresses and serial numbers, and nothing else', () => {
    const text = readFileSync(join(out, 'dmesg.txt'), 'utf8')
    expect(secrets.filter(secret => text.includes(secret))).toEqual([])
    expect(text).toContain('bond: MAC MAC up')
    expect(text).toContain('HOST HOST dhcpd: lease of IP to MAIL')
    expect(text).toContain('SerialNumber: SERIAL')
    for (const line of log.split('\n').slice(6)) expect(text).toContain(line)
  })
  it('makes a folder that diagnose reads and joins', async () => {
    const { code, out: text } = await run(`diagnose ${out} --full`)
    expect(code).toBe(1)
    for (const words of ['in memory that firmware reserves for it', 'The tables agree with the log',
      'irq 25 (i915) has CPU 4, vector 36 there', 'Vector 36 is sent by entry 0 of dmar0'])
      expect(text.replace(/\s+/g, ' ')).toContain(words)
  })
  it('does no harm where nothing is there', () => {
    const empty = join(dir, 'empty')
    const path = join(dir, 'collect.sh')
    execFileSync('sh', [path, empty], { stdio: 'ignore',
      env: { ...process.env, REMAPCHECK_ROOT: join(dir, 'no-root'), PATH: `${bin}:${process.env['PATH'] ?? ''}` } })
    expect(existsSync(join(empty, 'iomem.txt'))).toBe(false)
  })
})

it('collect takes no operand', async () => {
  const { code, err } = await run('collect folder')
  expect([code, err]).toEqual([2, expect.stringContaining('sh collect.sh FOLDER')])
})
