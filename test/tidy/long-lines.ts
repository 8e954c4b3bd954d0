/** Files that may have lines of more than 120 columns still, and folders, which end with a slash. It only shrinks. */
export const filesWithLongLines: readonly string[] = [
  'bench/peers/classic.ts', 'bench/peers/promela.ts', 'bench/soak.ts', 'src/explore/javascript.ts',
  'src/explore/threads.ts', 'src/qemu/events.ts', 'test/models/reference.ts',
  'test/mutants/capabilities.test.ts', 'test/mutants/checker-model.ts', 'test/naive/random/machines.ts',
  'test/qemu/counterexamples.test.ts',
  'test/unit/audit-boots.test.ts', 'test/unit/audit-walk.test.ts', 'test/unit/bench-peers.test.ts',
  'test/unit/cost-budgets.test.ts', 'test/unit/cost-count.test.ts', 'test/unit/cost-profile.test.ts',
  'test/unit/explore-asymmetric.test.ts', 'test/unit/explore-exhaustive.test.ts', 'test/unit/explore-keys.test.ts',
  'test/unit/explore-mistakes.test.ts', 'test/unit/explore-progress.test.ts', 'test/unit/explore-random.test.ts',
  'test/unit/explore-renaming.test.ts', 'test/unit/explore-symmetry.test.ts', 'test/unit/linux-boots.test.ts',
  'test/unit/linux-pairing.test.ts', 'test/unit/linux-tables.test.ts', 'test/unit/plain-meaning.test.ts',
  'test/unit/qemu-client.test.ts', 'test/unit/qemu-oracle.test.ts', 'test/unit/report-schemas.test.ts',
  'test/unit/slow-input.test.ts', 'test/unit/unit-support.ts', 'test/unit/vtd-layout.test.ts',
  'test/unit/vtd-mutants.ts', 'test/unit/vtd-refinement-full.test.ts', 'test/unit/vtd-scalable.test.ts',
  'test/unit/vtd-unit-control.test.ts', 'test/unit/vtd-unit-invariants.test.ts', 'test/unit/vtd-unit-queue.test.ts',
  'test/unit/vtd-worlds.ts',
]
