/** docs/oracle.md is made from the table of exceptions: `vitest run test/readme -u` writes it anew. */
import { expect, test } from 'vitest'
import { clauses } from '../../spec/clauses.ts'
import { amdviOracle } from '../../src/qemu/amdvi/oracle/suites.ts'
import { versionsOf } from '../../src/qemu/oracle/exception.ts'
import type { QemuException } from '../../src/qemu/oracle/exception.ts'
import type { Oracle } from '../../src/qemu/oracle/oracle.ts'
import { vtdOracle } from '../../src/qemu/vtd/oracle/suites.ts'
import { modelEdits } from '../mutants/oracle-model.ts'
import { suiteNames } from '../../src/qemu/oracle/suite.ts'
import type { SuiteName } from '../../src/qemu/oracle/suite.ts'

const head = `# The model held against QEMU

\`\`\`sh
npx remapcheck oracle --cases 100000
npx remapcheck oracle --iommu amdvi --cases 50000
npx remapcheck oracle --qemu path/to/another/qemu-system-x86_64
\`\`\`

\`oracle\` draws random cases from a seed (\`--seed S\`), does each to a QEMU (see [qemu.md](qemu.md)) and to the
model, and compares. A case is one request, a DMA or an interrupt. \`oracle\` compares the outcome: what the
request reached, by which page size, or why it was blocked; where the data landed; the fault record and FSTS bit
by bit. The model comes from the manual and never from QEMU. A difference fails the run, unless it is one of the
exceptions below. The same seed gives the same cases and the same counts. The verdict asks for 0 unexplained
differences. It was run with QEMU 7.2.22 and 10.0.2.

## VT-d

| suite | what | machines |
| --- | --- | --- |`
const amdvi = `
## AMD-Vi

| suite | what | machines |
| --- | --- | --- |`

const suites: Readonly<Record<(typeof suiteNames)[number], string>> = {
  walks: 'Root, context and second-stage tables of every kind, reserved bits, superpages, pass-through, FPD, tables '
    + 'nowhere, addresses too wide, permissions. Each request from cold caches, 16 devices at once.',
  sequences: 'Five functions in two domains, three of them beside the first, for function masks; table writes, '
    + 'invalidations of every granularity by the queue or by registers, bad descriptors, fault events masked and '
    + 'pending. QEMU must be within the set of what caches may hold (`spec/vtd/unit/possible-caches.ts`). And it must '
    + 'find in its caches exactly what its own fills have put there and no invalidation has removed: a model that '
    + 'removes too little fails as one that removes too much.',
  interrupts: 'Interrupt tables and messages of every kind, by MSI and by DMA writes; xAPIC and x2APIC destinations. '
    + 'The fault record after each says why it was blocked; QEMU before 9 records none.',
  scalable: 'As walks, by scalable-mode root, context and PASID tables, second stage and pass-through.',
  'first-stage': 'As scalable, by first-stage tables: permissions, U/S, superpages, canonical addresses. After each '
    + 'case the accessed and dirty bits in memory. Between the rounds software clears PASID entries and invalidates '
    + 'by domain, by PASID or by page (types 2, 6 and 7); QEMU must find in its IOTLB exactly what its own fills have '
    + 'put there and no invalidation has removed.',
}
const amdviSuites: Readonly<Partial<Record<(typeof suiteNames)[number], string>>> = {
  walks: 'Device table and host tables of every kind: modes, skipped levels, pages of other sizes, reserved bits, '
    + 'permissions. Each request from cold caches, eight devices at once, one of them beyond the device table.',
  sequences: 'Three devices in two domains; stores to the tables, commands of every kind and size, illegal ones. What '
    + 'QEMU finds in its IOTLB must be what its fills have put there and no command has removed.',
  interrupts: 'Device table entries, interrupt tables and messages of every kind.',
}
const middle = `
fast-check shrinks a difference to the least case that shows it. The report prints both outcomes side by side
with the clause, and saves the case; \`remapcheck oracle --replay FILE\` does it again. The report counts how many
cases reached each fault reason, each state of the caches and each exception, and names those that none reached.

QEMU logs no event of its AMD unit, and its trace does not say why a request is blocked. So of AMD-Vi \`oracle\`
compares whether a request is blocked, where its data lands or comes from, and where its page begins; the report
lists the fault reasons without counts. From QEMU 10 on the unit translates with \`pt=off\` only, which the client
sets.

## Where QEMU leaves the manual

The tables describe QEMU 7.2.22 and 10.0.2; the last column says which major versions leave the manual so. An
exception explains a difference only where QEMU did exactly what the table says. Most exceptions change what the
model reads, and the changed model must then agree with QEMU in everything. Where several meet in one request,
\`oracle\` counts the fewest that together explain it. Each has a test of its own
(\`test/qemu/oracle-exceptions.test.ts\`, \`amdvi-exceptions.test.ts\`) that expects the difference where that
version runs. So a QEMU that follows the manual fails that test.

VT-d:

| exception | QEMU | manual | clause | versions |
| --- | --- | --- | --- | --- |`
const amdviExceptions = `
AMD-Vi:

| exception | QEMU | manual | clause | versions |
| --- | --- | --- | --- | --- |`
const cannot = modelEdits.filter(({ unseen }) => unseen !== null).length
const later = modelEdits.filter(({ unseen, from }) => unseen === null && from !== undefined).length
const tail = `
Our sources leave these open, so \`oracle\` allows both ways: the priority of several faults of one entry; whether
AW counts where PGTT is pass-through; whether the unit records faults of a source that has one pending (QEMU
does not). It does not compare PV in a fault record of a request without PASID.

## What is not compared

- Requests with PASID, ATS, page requests, nested translation, accessed and dirty bits of second stage, posting,
  protected memory: QEMU has none of them, or no device that asks. First stage needs QEMU 10.
- Reads of, and writes of other than four bytes to, FEEx_xxxx; interrupts from the I/O APIC.
- Caches in scalable mode but for those of first stage, and the interrupt entry cache (QEMU has none).
- The data of reads in walks of VT-d: QEMU's trace says where they went. Only in sequences \`oracle\` looks at the
  data too.
- Of AMD-Vi: events and their flags, guest tables, exclusion ranges, devices behind a bridge (QEMU takes them for
  devices of bus 0), addresses of 2^48 and more (its IOTLB mixes their high bits with the DeviceID), the cache of
  interrupt tables and that of the device table (QEMU has neither), tables in a circle (QEMU never ends).

## Faults in the model

\`npm run mutants:oracle\` puts one fault after the other into a copy of the models
(\`test/mutants/oracle-model.ts\`) and compares each with a QEMU, for as many cases as a run of 20,000 gives its
suite. Of ${modelEdits.length} faults
${cannot} are such that no QEMU that was tried can show them: it leaves the manual in the same way, or has no such
cache. Of the others ${later} need a later QEMU: 9 records faults of interrupts, 10 has first stage.

## Speed

\`npm run bench:oracle\` prints cases a second from one QEMU, suite by suite, where the time goes, and how many
cases a second AMD-Vi has beside VT-d.
`

const rowsOf = (all: readonly QemuException[]): readonly string[] => all.map(one =>
  `| \`${one.name}\` | ${one.qemu} | ${one.manual} | ${one.clause} | ${versionsOf(one)} |`)
function suiteRows({ shares, setups }: Oracle, says: Readonly<Partial<Record<SuiteName, string>>>): readonly string[] {
  const all = Object.values(shares).reduce((sum, share) => sum + share, 0)
  return suiteNames.filter(name => shares[name] !== undefined).map(name => {
    const machines = setups.filter(one => one.suite === name)
      .map(one => `\`${one.name}\`${one.from === null ? '' : ` (QEMU ${one.from} or later)`}`).join(', ')
    return `| \`${name}\` (${shares[name]} in ${all}) | ${says[name]} | ${machines} |`
  })
}

test('docs/oracle.md is what the exceptions say', async () => {
  expect([...vtdOracle.exceptions, ...amdviOracle.exceptions]
    .filter(({ clause }) => !Object.hasOwn(clauses, clause))).toEqual([])
  await expect([head, ...suiteRows(vtdOracle, suites), amdvi, ...suiteRows(amdviOracle, amdviSuites), middle,
    ...rowsOf(vtdOracle.exceptions), amdviExceptions, ...rowsOf(amdviOracle.exceptions), tail].join('\n'))
    .toMatchFileSnapshot('../../docs/oracle.md')
})
