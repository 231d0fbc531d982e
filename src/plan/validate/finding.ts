import { closest } from '../../did-you-mean.js';
import { type ErrorCode, type SourceLocation, TaplineError } from '../../errors.js';
import type { Plugins } from '../../plugins/types.js';
import type { Project, ProjectWarning } from '../../project/types.js';
import type { SettingsResolver } from '../../settings/types.js';

export interface Finding {
  /** A note is about this machine, such as a variable that is not set here: it never makes a project invalid. */
  severity: 'error' | 'warning' | 'note';
  /** An error code, or that of a warning. */
  code: string;
  message: string;
  hint?: string | undefined;
  at?: SourceLocation | undefined;
  /** The environment in which it is so; undefined where that does not matter. */
  environment?: string | undefined;
}

/** What is checked: a project as it was read for one environment, or for none. */
export interface ValidationSubject {
  project: Project;
  plugins: Plugins;
  /** By what the variables here say; without it no variable is looked for. */
  settings?: Pick<SettingsResolver, 'plugin'> | undefined;
}

export function finding(code: ErrorCode, message: string, at: SourceLocation | undefined, hint?: string): Finding {
  return { severity: 'error', code, message, hint, at };
}

export function findingOf({ code, message, hint, at }: TaplineError, severity: Finding['severity'] = 'error'): Finding {
  return { severity, code, message, hint, at };
}

/** A run continues despite a warning, unless the warning hides what should run. */
export function warningOf({ hidesPlugins = false, ...warning }: ProjectWarning): Finding {
  return { severity: hidesPlugins ? 'error' : 'warning', ...warning };
}

/** Something names what is not there. */
export function unknown(
  code: ErrorCode,
  message: string,
  name: string,
  names: readonly string[],
  at: SourceLocation | undefined,
): Finding {
  const near = closest(name, names);
  const there = names.length > 0 && names.length <= 20 ? `Available: ${names.join(', ')}.` : undefined;
  return finding(code, `${message}.`, at, near === undefined ? there : `Did you mean '${near}'?`);
}

/** What `check` throws, as a finding. */
export function caught(check: () => void): Finding[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    // It may be had from a hub when it is needed.
    const isFetched = error.code === 'PLUGIN_DEFINITION_MISSING' && !error.message.includes('is bundled with');
    return [findingOf(error, isFetched ? 'warning' : 'error')];
  }
}
