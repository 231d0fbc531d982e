/**
 * Variables as lines of a `.env` file, as the original writes and prints them: `KEY='value'`, single quotes escaped,
 * everything else, line breaks included, as it is.
 */
export function formatEnv(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${formatEnvLine(name, value)}\n`)
    .join('');
}

export function formatEnvLine(name: string, value: string): string {
  return `${name}='${value.replaceAll("'", "\\'")}'`;
}
