/** Domains in words. */
import type { Domain } from '../model/index.ts'

/** `for each cpu: a list of domain` */
export function kindOf(domain: Domain): string {
  switch (domain.kind) {
    case 'table':
      return `for each ${domain.key.kind === 'scalarset' ? domain.key.name : 'number'}: ${kindOf(domain.of)}`
    case 'optional': return `${kindOf(domain.of)} or nothing`
    case 'list': return `a list of ${kindOf(domain.of)}`
    case 'struct':
      return `{ ${Object.entries(domain.fields).map(([name, of]) => `${name}: ${kindOf(of)}`).join(', ')} }`
    case 'oneOf': return domain.values.join(' | ')
    case 'range': return `${domain.low} to ${domain.high}`
    case 'scalarset': return domain.name
    case 'bool': return 'yes or no'
    case 'variant': return Object.keys(domain.cases).join(' | ')
  }
}
