import type { Command } from 'commander';
import picocolors from 'picocolors';
import { installMode } from '../../actions/install-mode.js';
import { logEvents } from '../../actions/log-events.js';
import { didYouMean } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import { hasColors } from '../../observe/colors.js';
import type { Log } from '../../observe/log.js';
import type { OptionsOf } from '../../option-definition.js';
import type { Plugin, Plugins } from '../../plugins/types.js';
import type { Session } from '../../session/session.js';
import type { CommandContext } from '../context.js';
import { installChoice } from '../install-choice.js';
import { addOptions, examples } from '../options/commander.js';
import { all, databaseUri, described, installDefinitions } from '../options/common.js';
import type { Output } from '../output.js';

const options = { ...described(all, 'run all tests of all plugins'), ...installDefinitions, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

const aTestIs = "A test is a command of a plugin whose name starts with 'test'.";

interface PluginTest {
  plugin: Plugin;
  /** A command of it. */
  name: string;
}

export function test(command: Command, { open, output, exit, env }: CommandContext): Command {
  addOptions(command, options);
  command
    .usage('[options] [plugin[:test]...]')
    .argument('[tests...]', 'a plugin for all its tests, or plugin:test for one');
  return command
    .addHelpText(
      'after',
      `${examples('tapline test --all', 'tapline test dbt', 'tapline test dbt:test great-expectations')}

${aTestIs} It passes if it exits with 0.`,
    )
    .action(async (names: string[], options: Options) => {
      const session = await open({ policy: 'default', access: 'read', databaseUri: options.databaseUri });
      await session.fetchMissingLocks(options.all ? undefined : names);
      const tests = chooseTests(await session.plugins(), names, options.all === true);
      if (tests.length === 0) (await session.log()).warning('no tests to run', { hint: aTestIs });
      const results = await runTests(tests, options, session, output);
      if (options.onlyInstall) return;
      exit(report(results, output, hasColors(output, env)) ? 0 : 1);
    });
}

/** In the project's order, as the original runs them. */
function chooseTests(plugins: Plugins, names: readonly string[], all: boolean): PluginTest[] {
  const wanted = names.map((name) => named(plugins, name));
  const every = all
    ? plugins
        .list()
        .filter(({ type }) => type !== 'files')
        .flatMap(testsOf)
    : [];
  const chosen = new Map([...every, ...wanted.flat()].map((test) => [`${test.plugin.name}:${test.name}`, test]));
  const order = plugins.list().map(({ name }) => name);
  return [...chosen.values()].sort((a, b) => order.indexOf(a.plugin.name) - order.indexOf(b.plugin.name));
}

function testsOf(plugin: Plugin): PluginTest[] {
  const names = [...plugin.commands.keys()].filter((name) => name.startsWith('test'));
  return names.map((name) => ({ plugin, name }));
}

function named(plugins: Plugins, text: string): PluginTest[] {
  const parts = text.split(':');
  const [pluginName = '', name] = parts.length === 2 ? parts : [text];
  const plugin = plugins.get(pluginName);
  if (name === undefined) return testsOf(plugin);
  if (plugin.commands.has(name)) return [{ plugin, name }];
  throw new TaplineError('PLUGIN_COMMAND_UNKNOWN', `${plugin.singular} '${plugin.name}' has no test '${name}'`, {
    at: plugin.at,
    hint: didYouMean(name, plugin.commands.keys()) ?? aTestIs,
  });
}

/** Returns the exit code of each test. */
async function runTests(
  tests: readonly PluginTest[],
  options: Options,
  session: Session,
  output: Output,
): Promise<Map<string, number>> {
  const [{ invoke }, log] = [await import('../../run/alone/invoke.js'), await session.log()];
  const install = await installMode(installChoice(options), session);
  const subscribers = [await logEvents(log)];
  const results = new Map<string, number>();
  let interrupted = false;
  const note = () => {
    interrupted = true;
  };
  process.on('SIGINT', note);
  try {
    for (const { plugin, name } of tests) {
      const title = `${plugin.name}:${name}`;
      if (install !== 'only') output.line(separator(title, output.columns));
      await output.flush();
      const isFirst = ![...results.keys()].some((key) => key.startsWith(`${plugin.name}:`));
      const invocation = {
        command: name,
        args: [],
        install: isFirst ? install : ('skip' as const),
        print: output.line,
        terminal: session.stderr.isTTY,
      };
      results.set(title, await exitCodeOf(invoke(plugin, invocation, await session.world(), subscribers), log));
      if (interrupted) throw new TaplineError('INTERRUPTED', `interrupted while ${title} was running`);
    }
  } finally {
    process.off('SIGINT', note);
  }
  return results;
}

/** A test that can't be started counts as failed; the others still run. */
async function exitCodeOf(invoked: Promise<number>, log: Log): Promise<number> {
  try {
    return await invoked;
  } catch (error) {
    if (!(error instanceof TaplineError) || error.code === 'INTERRUPTED') throw error;
    log.error(error.message, { code: error.code, hint: error.hint, at: error.at });
    return error.exitCode;
  }
}

/** The original pads the name to 60, including invisible marks for bold. */
const resultWidth = 52;

/** True where all passed. */
function report(results: ReadonlyMap<string, number>, output: Output, colors: boolean): boolean {
  const paint = picocolors.createColors(colors);
  output.line('');
  for (const [title, code] of results) {
    const outcome = code === 0 ? paint.green('success') : paint.red('failure');
    output.line(`${title.padEnd(resultWidth, '.')} ${outcome}`);
  }
  const failed = [...results.values()].filter((code) => code !== 0).length;
  const how = failed === 0 ? 'successfully' : 'with failures';
  const passed = results.size - failed;
  const message = `Testing completed ${how}. ${passed} test(s) successful. ${failed} test(s) failed.`;
  output.line(separator(message, output.columns));
  return failed === 0;
}

/** A title in a line of `=`, an empty line before it, as wide as the terminal. */
function separator(title: string, columns: number): string {
  const fill = '='.repeat(Math.max(1, Math.floor((columns - title.length - 2) / 2)));
  const line = `\n${fill} ${title} ${fill}`;
  return line.length + 1 <= columns ? `${line}=` : line;
}
