/** As much of the WebAssembly JavaScript interface as the search uses: Node has it, its types come only with those of a
 *  browser. */
declare namespace WebAssembly {
  class Memory {
    constructor(of: { initial: number; maximum: number; shared: boolean })
    readonly buffer: SharedArrayBuffer
  }
  class Global { constructor(of: { value: 'i32'; mutable?: boolean }, value: number) }
  class Module { constructor(bytes: Uint8Array) }
  class Instance {
    constructor(module: Module, imports: { readonly env: Readonly<Record<string, unknown>> })
    readonly exports: Readonly<Record<string, unknown>>
  }
}
