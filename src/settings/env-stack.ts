import type { SourceLocation } from '../errors.js';

type Vars = Readonly<Record<string, string>>;

/** Variables of one origin; `locate` says where one of them was set, where that is a file. */
export interface EnvLevel {
  vars: Vars;
  locate?: ((name: string) => SourceLocation | undefined) | undefined;
}

/** Levels of variables, the last one winning. Where one was set is looked for only when somebody asks. */
export class EnvStack {
  constructor(readonly levels: readonly EnvLevel[]) {}

  /** These levels below, and further ones above. */
  with(...levels: EnvLevel[]): EnvStack {
    return new EnvStack([...this.levels, ...levels]);
  }

  get(name: string): string | undefined {
    return this.#levelOf(name)?.vars[name];
  }

  locate(name: string): SourceLocation | undefined {
    return this.#levelOf(name)?.locate?.(name);
  }

  /** Where else it is set, the strongest first; what wins is left out, and what says the same in the same place. */
  below(name: string): { value: string; locate: () => SourceLocation | undefined }[] {
    const setting = this.levels.filter(({ vars }) => Object.hasOwn(vars, name)).reverse();
    const places = setting.map((level) => ({ value: level.vars[name] ?? '', locate: () => level.locate?.(name) }));
    const idOf = ({ value, locate }: (typeof places)[number]) => JSON.stringify([value, locate()]);
    const ids = places.map(idOf);
    return places.filter((_, index) => index > 0 && ids.indexOf(ids[index] ?? '') === index);
  }

  /** All levels as one. */
  merged(): Record<string, string> {
    return Object.assign(emptyEnv(), ...this.levels.map(({ vars }) => vars));
  }

  #levelOf(name: string): EnvLevel | undefined {
    return this.levels.findLast(({ vars }) => Object.hasOwn(vars, name));
  }
}

/**
 * For variables whose names differ from plugin to plugin. Without a prototype the engine keeps them as a table at once, instead of
 * learning a shape for each: half the time for a plugin with many settings.
 */
export function emptyEnv(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}
