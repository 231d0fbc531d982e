import { dotenvLine } from '../project/edit/dotenv-edit.js';

/** Variables as lines of a `.env` file, as the original prints them. */
export function formatEnv(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${dotenvLine(name, value)}\n`)
    .join('');
}
