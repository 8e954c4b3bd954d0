/** The shell script that `collect` prints: what a live Linux shows of its IOMMUs and interrupts, into one folder. POSIX
 *  shell and the usual tools; what is missing is passed over. */

/** One thing that it gathers. `says`: for whom reads the script. `scrubbed`: names, addresses and serial numbers are
 *  replaced. */
export interface Gathered {
  readonly file: string
  readonly from: { readonly path: string } | { readonly command: string }
  readonly says: string
  readonly scrubbed: boolean
}
const path = (file: string, at: string, says: string, scrubbed = true): Gathered =>
  ({ file, from: { path: at }, says, scrubbed })
const command = (file: string, run: string, says: string): Gathered =>
  ({ file, from: { command: run }, says, scrubbed: true })

export const gathered: readonly Gathered[] = [
  command('dmesg.txt', 'dmesg || journalctl -k -b --no-pager', 'the kernel log of this boot'),
  command('xl-dmesg.txt', 'xl dmesg', "Xen's log, where there is Xen"),
  command('uname.txt', 'uname -srm', 'version of the kernel'),
  path('cmdline.txt', '/proc/cmdline', 'options of the kernel'),
  path('interrupts.txt', '/proc/interrupts', 'names and counts of interrupts'),
  path('iomem.txt', '/proc/iomem', 'where RAM and reserved memory are'),
  command('lspci.txt', 'lspci -nn', 'devices'), command('lspci-tree.txt', 'lspci -t', 'bridges'),
  command('lspci-caps.txt', "lspci -vv | grep -E '^[0-9a-f:.]+ |ATSC|MSI|Address:|LnkSta:'",
    'ATS, MSI addresses and links of devices'),
  path('DMAR', '/sys/firmware/acpi/tables/DMAR', "the firmware's table of Intel units", false),
  path('IVRS', '/sys/firmware/acpi/tables/IVRS', "the firmware's table of AMD units", false),
  command('units.txt', 'grep -r . $root/sys/class/iommu/*/intel-iommu $root/sys/class/iommu/*/amd-iommu',
    'capabilities of the units'),
  command('groups.txt', 'grep . $root/sys/kernel/iommu_groups/*/type', 'type of the domain of each group'),
  command('affinity.txt', 'grep . $root/proc/irq/*/effective_affinity_list', 'CPU of each interrupt'),
  path('trace.txt', '/sys/kernel/tracing/trace', "the kernel's trace, if one is recorded"),
]
/** Folders of debugfs, whose files are copied one by one. */
export const folders: readonly (readonly [at: string, to: string, says: string])[] = [
  ['/sys/kernel/debug/iommu/intel', 'intel', 'tables and registers of Intel units (CONFIG_INTEL_IOMMU_DEBUGFS)'],
  ['/sys/kernel/debug/iommu/amd', 'amd', 'registers and commands of AMD units (Linux 6.17 on)'],
  ['/sys/kernel/debug/irq/irqs', 'irqs', 'vector and target of each interrupt (CONFIG_GENERIC_IRQ_DEBUGFS)'],
]

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
const lineOf = ({ file, from, scrubbed }: Gathered): string => 'path' in from
  ? `${scrubbed ? 'keep' : 'copy'} ${file} ${quoted(from.path)}` : `run ${file} ${quoted(from.command)}`

/** How things are copied, and what is replaced in them. */
const tools = `set -u
umask 077
root=\${REMAPCHECK_ROOT-}
out=\${1-remapcheck-collected}
mkdir -p "$out" || exit 1
host=$(uname -n | sed 's/[^A-Za-z0-9_-]/./g')
[ \${#host} -gt 2 ] || host=no-name-of-a-host
short=\${host%%.*}

# Replaces what is of a person or of one machine. Neighbours share a blank, so some are done twice.
name="s/(^|[^A-Za-z0-9_-])($host|$short)([^A-Za-z0-9_-]|$)/\\1HOST\\3/g"
mac='s/(^|[^0-9A-Fa-f:])([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}([^0-9A-Fa-f:]|$)/\\1MAC\\3/g'
ip='s/(^|[^0-9.])([0-9]{1,3}\\.){3}[0-9]{1,3}([^0-9.]|$)/\\1IP\\3/g'
scrub() {
  sed -E -e "$name" -e "$name" -e "$mac" -e "$mac" -e "$ip" -e "$ip" \\
    -e 's/([Hh]ostname( set to)?[:=]? *)[^ ]+/\\1HOST/g' \\
    -e 's/[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}/UUID/g' \\
    -e 's/(^|[^0-9A-Fa-f:])([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}/\\1IP/g' \\
    -e 's/((eui|naa|wwn|t10)[.-]?)[0-9A-Za-z]{6,}/\\1SERIAL/g' \\
    -e 's/((S\\/N|[Ss]erial ?([Nn]umber|[Nn]o)?\\.?):? *[:=#]? *)[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*/\\1SERIAL/g' \\
    -e 's/[A-Za-z0-9._-]+@[A-Za-z0-9-]+\\.[A-Za-z.]+/MAIL/g'
}
done_with() {
  if [ -s "$out/$1" ]; then echo "  $1"; else rm -f "$out/$1"; fi
}
# A file, scrubbed; a file as it is; the output of a command, scrubbed.
keep() { [ -r "$root$2" ] && scrub < "$root$2" > "$out/$1" 2> /dev/null; done_with "$1"; }
copy() { [ -r "$root$2" ] && cat "$root$2" > "$out/$1" 2> /dev/null; done_with "$1"; }
run() { (eval "$2") 2> /dev/null | scrub > "$out/$1"; done_with "$1"; }
# All files below a folder, each under its path.
below() {
  [ -d "$root$1" ] || return 0
  (cd "$root$1" && find . -type f) | while IFS= read -r file; do
    to="$2/\${file#./}"
    mkdir -p "$out/$(dirname "$to")"
    cat "$root$1/$file" 2> /dev/null | scrub > "$out/$to"
    [ -s "$out/$to" ] || rm -f "$out/$to"
  done
  [ -d "$out/$2" ] && echo "  $2/"
}
# AMD shows the tables of one device at a time: of that whose name is written into devid.
amd_devices() {
  at=$root/sys/kernel/debug/iommu/amd
  [ -w "$at/devid" ] || return 0
  for device in "$root"/sys/bus/pci/devices/*; do
    basename "$device" > "$at/devid" 2> /dev/null || continue
    cat "$at/devtbl" "$at/irqtbl" 2> /dev/null
  done > "$out/amd-devices.txt"
  done_with amd-devices.txt
}

`

export const collectScript = (): string => `#!/bin/sh
# Gathers what a Linux machine shows of its IOMMUs and interrupts, for \`remapcheck diagnose\`.
#
#   sh collect.sh [FOLDER]     as root; FOLDER is remapcheck-collected
#
# It sends nothing anywhere, and changes nothing outside of the folder; of AMD units it asks for each device by
# writing its number into a file of debugfs. Host name, MAC and IP addresses, UUIDs and serial numbers are
# replaced. Look through the folder before you hand it on. What it reads:
#
${gathered.map(({ file, from, says }) => `#   ${file.padEnd(17)} ${'path' in from ? from.path : from.command}\n`
  + `#                     ${says}\n`).join('')}${folders.map(([at, to, says]) => `#   ${`${to}/`.padEnd(17)} ${at}\n`
  + `#                     ${says}\n`).join('')}#
${tools}[ "$(id -u)" = 0 ] || echo 'not root: kernel log and debugfs may be missing' >&2
echo "gathered in $out:"
${gathered.map(lineOf).join('\n')}
${folders.map(([at, to]) => `below ${at} ${to}`).join('\n')}
amd_devices
echo "now: remapcheck diagnose $out"
`
