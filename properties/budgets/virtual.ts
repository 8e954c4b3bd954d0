/** Budgets of virtual machines (docs/systems.md). Limits as in budgets.ts. */
import type { UnitCounts } from '../../spec/costs/index.ts'
import { attach, attachWhy, budget, detach, detachWhy, map, mapWhy, remapped, submit, unmap } from './parts.ts'
import type { DesignBudget } from './parts.ts'

const exit = 'an exit (a null hypercall of KVM is 1529 cycles)'
/** The interrupt makes the guest exit, and is entered a second time, in the guest. */
const injected: UnitCounts = { ...remapped, 'irq-entry': 2, 'vm-exit': 1 }
const injectedWhy = `the host takes the interrupt of the device, ${exit}, and the guest takes what is injected; `
  + 'handler and EOI as of a remapped MSI'

const sleeps: UnitCounts = { 'vm-exit': 1, 'irq-entry': 1, 'handler': 1 }
const sleepsWhy = `${exit} by HLT, then the entry with the interrupt that wakes`
const posted: UnitCounts = { ...remapped, 'interrupt-post': 1 }
const postedWhy = 'as a remapped MSI (Pan 2024), which the CPU takes in the guest, without an exit; the update of the '
  + 'descriptor is taken as one access of a walk'

export const virtualBudgets: readonly DesignBudget[] = [
  budget('vm-emulated', 'port-io', 5270, { 'vm-exit': 1, 'port-io': 1 },
    `${exit} to the monitor, which does the access: about 1 us on a legacy bus`),
  budget('vm-emulated', 'map', 2560, { 'vm-exit': 1, ...map }, `${exit}; ${mapWhy}`),
  budget('vm-emulated', 'unmap', 6000, { 'vm-exit': 1, 'buffer-copy': 1, ...unmap },
    `${exit}, then as ring0-strict, and the copy of the page for the guest`),
  budget('vm-emulated', 'irq-deliver', 4340, injected, injectedWhy),
  budget('vm-emulated', 'vm-run', 2200, sleeps, sleepsWhy),

  budget('vm-assigned', 'map', 3160, { 'vm-exit': 1, 'frame-alloc': 1, 'pte-store': 2 },
    `${exit}; an entry for the CPUs and one for the device`),
  budget('vm-assigned', 'unmap', 5120, { 'vm-exit': 1, 'pte-clear': 2, ...submit(2), 'frame-free': 1 },
    `${exit}; the entries of the CPUs and of the device cleared, one round through the invalidation queue`),
  budget('vm-assigned', 'attach', 50, attach, attachWhy),
  budget('vm-assigned', 'detach', 2420, detach, detachWhy),
  budget('vm-assigned', 'irq-deliver', 4340, injected, injectedWhy),
  budget('vm-assigned', 'vm-run', 2200, sleeps, sleepsWhy),

  budget('vm-posted', 'irq-deliver', 2720, posted, postedWhy),
  budget('vm-posted', 'vm-run', 2280, { ...sleeps, 'lock': 3 },
    `${sleepsWhy}; three updates of the descriptor, each one atomic access`),
  budget('vcpu-migration', 'irq-deliver', 2720, posted, postedWhy),
  budget('vcpu-migration', 'vm-run', 2300, { ...sleeps, 'lock': 4 },
    `${sleepsWhy}; four updates of the descriptor, one of them for the move`),
]
