/** Interrupt controllers and MSI on their own: `import … from 'remapcheck/spec/apic'`. */
export * from './clauses.ts'
export * from './ioapic.ts'
export * from './lapic.ts'
export * from './msi.ts'
export * from './x2apic.ts'
