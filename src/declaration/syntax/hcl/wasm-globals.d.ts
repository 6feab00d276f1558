// Names of the platform that web-tree-sitter's types mention and neither es2023 nor @types/node declares.
interface EmscriptenModule {
  locateFile: (path: string, folder: string) => string
}

declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: string
  }
}
