/** docs/oracle.md is made from the table of exceptions: `vitest run test/readme -u` writes it anew. */
import { expect, test } from 'vitest'
import { clauses } from '../../spec/clauses.ts'
import { versionsOf } from '../../src/qemu/oracle/exception.ts'
import { exceptions } from '../../src/qemu/vtd/oracle/exceptions.ts'
import { vtdOracle } from '../../src/qemu/vtd/oracle/suites.ts'
import { suiteNames } from '../../src/qemu/oracle/suite.ts'

const head = `# The model held against QEMU

\`\`\`sh
npx remapcheck oracle --cases 100000
\`\`\`

\`oracle\` draws random cases from a seed (\`--seed S\`), does each to a QEMU (see [qemu.md](qemu.md)) and to the
model, and compares. A case is one request, a DMA or an interrupt. \`oracle\` compares the outcome: what the
request reached, by which page size, or why it was blocked; where the data landed; the fault record and FSTS bit
by bit. The model comes from the manual and never from QEMU. A difference fails the run, unless it is one of the
exceptions below. The same seed gives the same cases and the same counts. The verdict asks for 0 unexplained
differences.

| suite | what | machines |
| --- | --- | --- |`

const suites: Readonly<Record<(typeof suiteNames)[number], string>> = {
  walks: 'Root, context and second-stage tables of every kind, reserved bits, superpages, pass-through, FPD, tables '
    + 'nowhere, addresses too wide, permissions. Each request from cold caches, 16 devices at once.',
  sequences: 'Three devices in two domains; table writes, invalidations of every granularity by the queue or by '
    + 'registers, bad descriptors, fault events masked and pending. QEMU must be within the set of what caches may '
    + 'hold (`spec/vtd/unit/possible-caches.ts`).',
  interrupts: 'Interrupt tables and messages of every kind, by MSI and by DMA writes; xAPIC and x2APIC destinations. '
    + 'The fault record after each says why it was blocked; QEMU before 9 records none.',
  scalable: 'As walks, by scalable-mode root, context and PASID tables, second stage and pass-through.',
}
const middle = `
fast-check shrinks a difference to the least case that shows it. The report prints both outcomes side by side
with the clause, and saves the case; \`remapcheck oracle --replay FILE\` does it again. The report counts how many
cases reached each fault reason, each state of the caches and each exception, and names those that none reached.

## Where QEMU leaves the manual

The table describes QEMU 7.2.22 and 10.0.2; its last column says which major versions leave the manual so. An
exception explains a difference only where QEMU did exactly what the table says. Most exceptions change what the
model reads, and the changed model must then agree with QEMU in everything. Where several meet in one request,
\`oracle\` counts the fewest that together explain it. Each has a test of its own
(\`test/qemu/oracle-exceptions.test.ts\`) that expects the difference where that version runs. So a QEMU that
follows the manual fails that test.

| exception | QEMU | manual | clause | versions |
| --- | --- | --- | --- | --- |`
const tail = `
Our sources leave these open, so \`oracle\` allows both ways: the priority of several faults of one entry; whether
AW counts where PGTT is pass-through; whether the unit records faults of a source that has one pending (QEMU
does not). It does not compare PV in a fault record of a request without PASID.

## What is not compared

- Requests with PASID, ATS, page requests, first-stage and nested translation, accessed and dirty bits, posting,
  protected memory: QEMU 7.2 has none of them, or no device that asks.
- Reads of, and writes of other than four bytes to, FEEx_xxxx; interrupts from the I/O APIC.
- Caches in scalable mode (QEMU ignores PASID-cache invalidations), and the interrupt entry cache (it has none).
- The data of reads in walks: QEMU's trace says where they went. Only in sequences \`oracle\` looks at the data
  too.

## Speed

\`npm run bench:oracle\` prints cases a second from one QEMU, suite by suite, and where the time goes.
`

const { setups, shares } = vtdOracle

test('docs/oracle.md is what the exceptions say', async () => {
  const machines = (suite: string): string =>
    setups.filter(one => one.suite === suite).map(({ name }) => `\`${name}\``).join(', ')
  const of = suiteNames.map(suite =>
    `| \`${suite}\` (${shares[suite]} in 10) | ${suites[suite]} | ${machines(suite)} |`)
  const rows = exceptions.map(one =>
    `| \`${one.name}\` | ${one.qemu} | ${one.manual} | ${one.clause} | ${versionsOf(one)} |`)
  expect(exceptions.filter(({ clause }) => clauses[clause] === undefined)).toEqual([])
  await expect([head, ...of, middle, ...rows, tail].join('\n')).toMatchFileSnapshot('../../docs/oracle.md')
})
