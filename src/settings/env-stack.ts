import type { SourceLocation } from '../errors.js';

type Vars = Readonly<Record<string, string>>;

/** Variables of one origin; `locate` says where one of them was set, where that is a file. */
export interface EnvLevel {
  vars: Vars;
  locate?: ((name: string) => SourceLocation | undefined) | undefined;
}

/** Levels of variables, the last one winning. Asking where one was set costs nothing until somebody asks. */
export class EnvStack {
  readonly #levels: readonly EnvLevel[];
  /** All levels as one. */
  readonly merged: Vars;

  constructor(levels: readonly EnvLevel[]) {
    this.#levels = levels;
    const merged: Record<string, string> = {};
    for (const { vars } of levels) Object.assign(merged, vars);
    this.merged = merged;
  }

  with(...levels: EnvLevel[]): EnvStack {
    return new EnvStack([{ vars: this.merged, locate: (name) => this.locate(name) }, ...levels]);
  }

  get(name: string): string | undefined {
    return Object.hasOwn(this.merged, name) ? this.merged[name] : undefined;
  }

  locate(name: string): SourceLocation | undefined {
    return this.#levels.findLast(({ vars }) => Object.hasOwn(vars, name))?.locate?.(name);
  }
}
