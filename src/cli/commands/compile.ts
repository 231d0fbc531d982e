import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { TaplineError } from '../../errors.js';
import type { OptionsOf } from '../../option-definition.js';
import type { Session } from '../../session/session.js';
import { isMap } from '../../values.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, safe } from '../options/common.js';
import { compileDefinitions } from '../options/project.js';

const options = { ...safe, ...compileDefinitions, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function compile(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText(
      'after',
      `${examples('tapline compile', 'tapline --environment=prod compile --directory build --indent -1')}

Writes one file per environment and one without an environment. Values in \`config\` stay as they are written; those of
sensitive settings are hidden unless they refer to a variable.`,
    )
    .action(async (options: Options) => {
      const first = await context.open({
        policy: 'explicit',
        access: 'read',
        databaseUri: options.databaseUri,
        quiet: true,
      });
      if (options.lint) await lint(first);
      const names = environmentsFor(first);
      const { output } = context;
      const listed = names.map((name) => name ?? 'no environment').join(', ');
      output.line(`Compiling Meltano manifest for environments: ${listed}`);
      const folder = resolve(options.directory ?? join(first.project.root, '.meltano', 'manifests'));
      for (const name of names) output.line(`Compiled ${await compileFor(name, folder, options, context)}`);
    });
}

/** Undefined for none. The one that was asked for; else none and all, as in the original. */
function environmentsFor({ project }: Session): (string | undefined)[] {
  const { environment, environmentChosenBy, defaultEnvironment, environments } = project;
  if (environment !== undefined) return [environment.name];
  if (environmentChosenBy === 'nothing' && defaultEnvironment !== undefined) return [undefined];
  return [undefined, ...environments.map(({ name }) => name)];
}

async function compileFor(
  name: string | undefined,
  folder: string,
  { indent, safe, databaseUri }: Options,
  { open }: CommandContext,
): Promise<string> {
  const options = { access: 'read', databaseUri, quiet: true } as const;
  const session = await open(
    name === undefined ? { ...options, policy: 'none' } : { ...options, policy: 'default', environment: name },
  );
  const [{ compileManifest }, { pythonJson }] = await Promise.all([
    import('../../export/manifest.js'),
    import('../../python-json.js'),
  ]);
  const { project } = session;
  const manifest = compileManifest({
    project,
    plugins: await session.plugins(),
    settings: await session.settings(),
    safe,
  });
  await session.close();
  const file = join(folder, `meltano-manifest${name === undefined ? '' : `.${name}`}.json`);
  const text = `${pythonJson(sortKeys(manifest), indent > 0 ? indent : undefined)}\n`;
  await replaceFile(folder, file, text, safe ? 0o644 : 0o600);
  return file;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isMap(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

async function replaceFile(folder: string, file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(draft, text, { mode });
    await rename(draft, file);
  } catch (error) {
    throw new TaplineError(
      'PROJECT_UNREADABLE',
      `Unable to write Meltano manifest '${file}': ${(error as Error).message}`,
      {
        cause: error,
        hint: 'Use --directory to choose a writable folder.',
      },
    );
  }
}

async function lint(session: Session): Promise<void> {
  const { validateProject } = await import('../../plan/validate.js');
  const log = await session.log();
  const findings = await validateProject({ project: session.project, plugins: await session.plugins() }, []);
  for (const { message, code, hint, at } of findings) log.warning(message, { code, hint, at });
}
