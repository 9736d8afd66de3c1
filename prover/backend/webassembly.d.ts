// The part of the WebAssembly JavaScript API that the kernels need, for a build without DOM types.
// Source: W3C WebAssembly JavaScript Interface. Owns declarations only.

export {};

declare global {
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array);
    }
    class Memory {
      constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
      readonly buffer: SharedArrayBuffer;
      grow(pageCount: number): number;
    }
    interface Instance {
      readonly exports: Readonly<Record<string, unknown>>;
    }
    function compile(bytes: Uint8Array): Promise<Module>;
    function instantiate(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Promise<Instance>;
  }
}
