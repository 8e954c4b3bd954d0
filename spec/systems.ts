/** The systems of the forum thread of 2011 ("x86 IOMMU hardware and userland drivers - performance data?"), and the
 *  designs that stand for them: `list designs`, `list systems`, `explain` and docs/systems.md derive from this. */
export interface System {
  /** What the thread, or somebody today, calls it: any of these finds it. */
  readonly names: readonly string[]
  /** The words of the thread. */
  readonly quote: string
  readonly designs: readonly string[]
}

export const systems: readonly System[] = [
  { names: ['ring0', 'ring 0 drivers', 'monolithic kernel', 'Linux'],
    quote: 'approach or match the performance of their ring0 counterparts',
    designs: ['no-iommu', 'ring0-strict', 'ring0-deferred', 'ring0-deferred-early', 'ring0-register'] },
  { names: ['polling drivers', 'DPDK', 'SPDK', 'VFIO'],
    quote: 'Will the proliferation (in the near future) of IOMMUs on x86 processors allow userland drivers to approach '
      + 'or match',
    designs: ['polling-longlived'] },
  { names: ['ports by system call', 'mediated ports'],
    quote: 'using system calls to write to ports', designs: ['user-port-io'] },
  { names: ['ports by bitmap', 'flexpages', 'ioperm'],
    quote: 'if the kernel is already protecting ports from userland drivers', designs: ['user-port-bitmap'] },
  { names: ['sigma0', 'driver management server', 'userland drivers', 'microkernel', 'device assignment'],
    quote: 'a driver management server could choose userland drivers as interrupt handlers',
    designs: ['driver-server'] },
  { names: ['Io', 'L4Re', 'Io server', 'virtual bus'],
    quote: 'L4RE\'s driver server, called IO', designs: ['l4re-io'] },
  { names: ['L4Ka::Pistachio', 'L4', 'interrupt threads'],
    quote: 'how to incorporate these things into L4::Pistachio',
    designs: ['pistachio-irq', 'pistachio-irq+source-masked'] },
  { names: ['x2APIC', 'interrupt remapping', 'IRQ remapping', 'interrupt latency', 'VT-d'],
    quote: 'trying to understand the details of x2apic and VT-d\'s interrupt remapping', designs: ['ring0-strict'] },
  { names: ['irqbalance', 'load balancing', 'SMP'],
    quote: 'Interrupt migration may be used by OS software for balancing load across processors',
    designs: ['irq-balancer'] },
  { names: ['reprogramming the source', 'mask bit'],
    quote: 're-balancing of interrupts require software to reprogram the interrupt sources',
    designs: ['ring0-strict+source-masked', 'ring0-strict+source-unmasked', 'ring0-strict+table-switch'] },
  { names: ['L4Linux', 'single server', 'FreeBSD', 'paravirtualization'],
    quote: 'L4Linux style "single server" operating systems', designs: ['single-server'] },
  { names: ['driver reuse', 'emulation', 'l4ka.org'],
    quote: 'creating little virtual machines for device drivers to run in',
    designs: ['vm-emulated'] },
  { names: ['VirtualBox', 'KVM', 'virtualisation'],
    quote: 'For virtualisation, IOMMUs are a performance win', designs: ['vm-assigned', 'vm-posted'] },
  { names: ['VMM', 'posted interrupts', 'vCPU migration'],
    quote: 'the VMM when it migrates virtual CPUs of a partition with assigned devices across physical processors',
    designs: ['vcpu-migration', 'vm-posted'] },
  { names: ['Darbat', 'IOKit', 'xnuglue', 'futexes'],
    quote: 'Every IOKit thread would map to an L4 kernel thread running in a shared address space, futexes could (?) '
      + 'be used for synchronization',
    designs: ['darbat-like'] },
  { names: ['IO-Lite', 'immutable buffers', 'zero-copy IPC'],
    quote: 'using immutable buffers to do zero-copy IPC across subsystems',
    designs: ['io-lite'] },
  { names: ['mbufs', 'fbufs'], quote: 'the various I/O buffering mechanisms (mbufs, fbufs, etc) in FreeBSD',
    designs: ['mbuf-copy'] },
  { names: ['UVM', 'pmap', 'NetBSD'],
    quote: 'the NetBSD UVM system because the pmap abstraction is a bit smaller/cleaner', designs: ['pmap-unified'] },
]

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '')
/** Whether some words of the text, one after the other, begin with what is asked. */
const hasWords = (text: string, asked: string): boolean =>
  text.toLowerCase().split(/[^a-z0-9]+/).some((_, i, words) => words.slice(i).join('').startsWith(asked))
/** The systems that somebody may mean: one of their names has the word in it, or else what the thread says of them. */
export function systemsNamed(word: string): readonly System[] {
  const asked = plain(word)
  if (asked.length < 2) return []
  const named = systems.filter(({ names }) => names.some(name => plain(name) === asked
    || asked.length > 2 && hasWords(name, asked)))
  if (named.length > 0 || asked.length < 4) return named
  const told = systems.filter(({ quote }) => hasWords(quote, asked))
  return told.length > 0 ? told : withEachWord(word)
}
/** By several words, in any order, or by a plural: `L4RE Io`, `microkernels`. Short words say nothing alone. */
function withEachWord(word: string): readonly System[] {
  const all = word.toLowerCase().split(/[^a-z0-9]+/).map(one => one.replace(/s$/, '')).filter(one => one.length > 3)
  return all.length === 0 ? []
    : systems.filter(({ names, quote }) => all.every(one => [...names, quote].some(text => hasWords(text, one))))
}
/** Those that a design stands for, on whichever IOMMU. */
export const systemsOf = (design: string): readonly System[] =>
  systems.filter(({ designs }) => designs.includes(design.replace(/@\w+/, '')))
