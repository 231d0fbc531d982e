import { readFileSync } from 'node:fs';

if (process.argv[2] === '--version') {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  process.stdout.write(`tapline ${version}\n`);
} else {
  process.stderr.write('tapline: no command is built yet\n');
  process.exitCode = 2;
}
