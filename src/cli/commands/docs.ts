import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { didYouMean } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import type { CommandContext } from '../context.js';
import { examples } from '../options/commander.js';

/** Beside the built program, in a checkout and in the package. */
const folder = join(import.meta.dirname, '..', 'docs');

/** Prints the pages instead of opening a browser as the original does, since a server has none. */
export function docs(command: Command, { output }: CommandContext): Command {
  return command
    .argument('[page]', 'the page to print; without it the pages are listed')
    .addHelpText('after', examples('tapline docs', 'tapline docs getting-started', 'tapline docs run | less'))
    .action(async (page: string | undefined) => {
      const names = await pages();
      if (page !== undefined) return output.text(await read(page, names));
      const width = Math.max(...names.map((name) => name.length));
      for (const name of names) output.line(`${name.padEnd(width)}  ${title(await read(name, names))}`);
      output.line('');
      output.line('`tapline docs PAGE` prints one; `tapline COMMAND --help` explains a command.');
      output.line('Projects, settings and plugins are those of Meltano: https://docs.meltano.com/');
    });
}

async function pages(): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.md'));
  return files.map((file) => file.replace(/\.md$/, '')).sort();
}

async function read(page: string, names: readonly string[]): Promise<string> {
  const name = page.toLowerCase().replace(/\.md$/, '');
  if (names.includes(name)) return readFile(join(folder, `${name}.md`), 'utf8');
  throw new TaplineError('USAGE', `page '${page}' not found`, {
    hint: didYouMean(name, names) ?? `Pages: ${names.join(', ')}.`,
  });
}

function title(text: string): string {
  return text.slice(0, text.indexOf('\n')).replace(/^#+ */, '').replaceAll('`', '');
}
