/** The table of exit codes that `--help` and the docs show. */
import { exitCodes } from '../errors.js';

export const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'Success.',
  failure: 'Something failed: a block, a plugin, the project, a setting, a state or the database.',
  usage: 'The command line is invalid, or there is no project.',
  requiresMeltano: 'The project requires another version (requires_meltano).',
  skipped: 'Skipped: another run holds the state ID (--if-running skip).',
  hangup: 'Stopped by a hang-up (SIGHUP), after the state was saved.',
  interrupted: 'Stopped by Ctrl-C (SIGINT), after the state was saved.',
  terminated: 'Stopped by SIGTERM, after the state was saved.',
};

/** For the end of a help text. */
export function exitCodesText(): string {
  const rows = Object.entries(exitCodes).map(([name, code]) => {
    const meaning = exitCodeMeanings[name as keyof typeof exitCodes];
    return `  ${String(code).padStart(3)}  ${meaning}`;
  });
  return ['Exit codes:', ...rows, '  `invoke` exits with the code of the plugin.'].join('\n');
}
