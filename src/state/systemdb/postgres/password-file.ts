/** Passwords as libpq keeps them: `host:port:database:user:password` a line, `*` for any, `\\` before a colon or a backslash. */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Login {
  host: string;
  port: number;
  database: string;
  user: string;
}

/** Of the first line that fits. As libpq does, a file that others may read is left alone. */
export function passwordFromFile(file: string | undefined, login: Login, home: string = homedir()): string | undefined {
  const path = file ?? join(home, '.pgpass');
  let text: string;
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) return undefined;
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const host = login.host.startsWith('/') ? 'localhost' : login.host;
  const wanted = [host, String(login.port), login.database, login.user];
  for (const line of text.split(/\r?\n/)) {
    const fields = (line.match(/(?:\\.|[^:\\])*(?::|$)/g) ?? []).map((field) =>
      field.replace(/:$/, '').replace(/\\(.)/g, '$1'),
    );
    if (line.startsWith('#') || fields.length < 5) continue;
    if (wanted.every((value, index) => fields[index] === '*' || fields[index] === value)) return fields[4];
  }
  return undefined;
}
