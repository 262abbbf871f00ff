// Crashes the package's WebAssembly engine for real: a trap is thrown through its frames, as by a defect in its code.
// The package is the built one, and knows nothing of this.

/** Stands between the package's module and what it imports. It must be set before the package starts its engine. */
export class EngineTrap {
  #armed = false;

  constructor() {
    // switched off in some browsers
    if (typeof WebAssembly === "undefined") return;
    WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
      construct: (Instance, [module, imports]: [WebAssembly.Module, WebAssembly.Imports]) =>
        new Instance(module, this.#guarded(imports)),
    });
  }

  /** Does something that enters the engine. True when that ran into the trap. */
  spring(enter: () => unknown): boolean {
    this.#armed = true;
    enter();
    const sprung = !this.#armed;
    this.#armed = false;
    return sprung;
  }

  #guarded(imports: WebAssembly.Imports): WebAssembly.Imports {
    const guard =
      (imported: CallableFunction) =>
      (...args: unknown[]) => {
        if (!this.#armed) return imported(...args);
        this.#armed = false;
        throw new WebAssembly.RuntimeError("unreachable");
      };
    const modules = Object.entries(imports).map(([name, members]) => [
      name,
      Object.fromEntries(
        Object.entries(members).map(([key, value]) => [key, typeof value === "function" ? guard(value) : value]),
      ),
    ]);
    return Object.fromEntries(modules) as WebAssembly.Imports;
  }
}
