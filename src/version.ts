import { readFileSync } from 'node:fs';

/** The version of the package. Its file lies one folder up, from src/ as from dist/. */
export const programVersion: string = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
