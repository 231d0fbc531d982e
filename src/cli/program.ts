/** A command line from words to exit code. */
import { statSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { exitCodes, TaplineError } from '../errors.js';
import { hasColors } from '../observe/colors.js';
import { bugRecord, bugText, errorRecord, errorText } from '../observe/error-report.js';
import { createLog, type Log } from '../observe/log.js';
import { chooseLogSettings, type LogChoice } from '../observe/log-settings.js';
import { createMask } from '../observe/mask.js';
import { createStderrWriter, type StderrWriter } from '../observe/stderr.js';
import type { OptionsOf } from '../option-definition.js';
import type { Schedule } from '../project/types.js';
import { openSession, type Session } from '../session/session.js';
import { arrangeArguments } from './arguments.js';
import type { CommandContext, OpenProject } from './context.js';
import { exitCodesText } from './exit-codes.js';
import { addOptions, examples } from './options/commander.js';
import { globalDefinitions } from './options/global.js';
import { createOutput, type Output } from './output.js';
import { withPasteableCommands } from './pasteable.js';
import { linkProgram } from './program-link.js';
import { type CommandEntry, type CommandGroup, commandSections, isGroup, registry } from './registry.js';

type GlobalOptions = OptionsOf<Omit<typeof globalDefinitions, 'environment' | 'noEnvironment'>> & {
  /** `false` for `--no-environment`. */
  environment?: string | false;
};

/** What one call of the program holds on to. */
interface Call {
  output: Output;
  stderr: StderrWriter;
  version: string;
  env: NodeJS.ProcessEnv;
  globals: GlobalOptions;
  schedule: string | undefined;
  session: Session | undefined;
  exitCode: number;
}

/** Runs a command line to its end: all closed, all written. Never throws. */
export async function runProgram(
  argv: readonly string[],
  version: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const call: Call = {
    output: createOutput(),
    stderr: withPasteableCommands(createStderrWriter(), () => call.globals),
    version,
    env,
    globals: {},
    schedule: undefined,
    session: undefined,
    exitCode: exitCodes.ok,
  };
  catchBugs(call);
  try {
    await execute(argv, call);
  } catch (error) {
    call.exitCode = await report(error, call);
  }
  try {
    await call.session?.close();
    await call.output.flush();
  } catch (error) {
    call.exitCode ||= await report(error, call);
  }
  return call.exitCode;
}

async function execute(argv: readonly string[], call: Call): Promise<void> {
  const line = arrangeArguments(argv, call.env);
  const program = createRoot(call);
  const path = await addCommands(program, line.command, contextOf(call));
  program.hook('preAction', () => {
    call.globals = program.opts<GlobalOptions>();
    if (call.globals.cwd !== undefined) enter(call.globals.cwd);
  });
  try {
    await program.parseAsync(line.argv, { from: 'user' });
  } catch (error) {
    call.globals = program.opts<GlobalOptions>();
    throw error instanceof CommanderError ? usageError(error, path) : error;
  }
}

function createRoot(call: Call): Command {
  const program = new Command('tapline')
    .description('Runs Meltano projects: Singer taps, mappers and targets, and plugin commands.')
    .usage('[options] <command> ...')
    .version(`tapline, version ${call.version}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .enablePositionalOptions();
  addOptions(program, globalDefinitions).addHelpText(
    'after',
    `${examples(
      'tapline run tap-github target-postgres dbt:run',
      'tapline --environment=prod run nightly --jobs 4',
      'tapline invoke dbt:test --fail-fast',
      'tapline config print tap-github',
      'tapline state list',
    )}\n\n${exitCodesText()}`,
  );
  return quiet(program, call);
}

/** Help goes to stdout; errors are thrown and told in our own form. */
function quiet(command: Command, { output, stderr }: Call): Command {
  return command
    .exitOverride()
    .showSuggestionAfterError(true)
    .allowExcessArguments(false)
    .configureOutput({
      writeOut: (text) => output.text(text),
      // Errors are thrown and reported in our own form; this is help that follows an incomplete command line.
      writeErr: (text) => {
        if (!text.startsWith('error:')) stderr.line(text.trimEnd());
      },
      getOutHasColors: () => false,
      getOutHelpWidth: () => (output.isTTY ? output.columns : 100),
    });
}

/** All commands by name, so that help and suggestions know them; the one that is called with its definition. */
async function addCommands(program: Command, called: readonly string[], context: CommandContext): Promise<string[]> {
  for (const [name, entry] of inSections(registry)) {
    const command = child(program, name, entry);
    command.helpGroup(headingOf(name));
    if (isGroup(entry)) await addGroup(command, entry, name === called[0] ? called[1] : undefined, context);
    else if (name === called[0]) await define(command, entry, context);
  }
  return knownPath(called);
}

/** In the order of their headings in `--help`, hidden ones last. */
function inSections(commands: typeof registry): [string, CommandEntry | CommandGroup][] {
  const order = commandSections.flatMap((section) => section.commands);
  const positionOf = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.entries(commands).sort(([a], [b]) => positionOf(a) - positionOf(b));
}

function headingOf(name: string): string {
  return `${commandSections.find(({ commands }) => commands.includes(name))?.heading ?? 'Other'}:`;
}

/** As far as there is such a command. */
function knownPath([name = '', member = '']: readonly string[]): string[] {
  const entry = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (entry === undefined) return ['tapline'];
  return isGroup(entry) && Object.hasOwn(entry.commands, member) ? ['tapline', name, member] : ['tapline', name];
}

async function addGroup(
  group: Command,
  entry: CommandGroup,
  called: string | undefined,
  context: CommandContext,
): Promise<void> {
  for (const [name, member] of Object.entries(entry.commands)) {
    const command = child(group, name, member);
    if (name === called) await define(command, member, context);
  }
}

function child(parent: Command, name: string, entry: CommandEntry | CommandGroup): Command {
  const { summary } = entry;
  const hidden = 'hidden' in entry;
  const command = new Command(name)
    .summary(summary)
    .description(summary)
    .helpOption('-h, --help', 'print help')
    .helpCommand(false);
  command.copyInheritedSettings(parent).exitOverride();
  parent.addCommand(command, { hidden });
  return command;
}

async function define(command: Command, entry: CommandEntry, context: CommandContext): Promise<void> {
  const addTo = await entry.load();
  addTo(command, context);
}

function contextOf(call: Call): CommandContext {
  return {
    commands: registry,
    output: call.output,
    env: call.env,
    schedule: call.schedule,
    open: (options) => openProject(call, options),
    exit: (code) => {
      call.exitCode = code;
    },
    call: (argv, schedule) => callAgain(call, argv, schedule),
    confirm: async (question) => (await import('./confirm.js')).confirm(question),
  };
}

async function callAgain(
  call: Call,
  argv: readonly string[],
  { name, env }: Pick<Schedule, 'name' | 'env'>,
): Promise<void> {
  await call.session?.close();
  call.session = undefined;
  call.schedule = name;
  call.env = { ...call.env, ...env };
  await execute([...globalArguments(call.globals), ...argv], call);
}

/**
 * The global options as they were given; the folder of --cwd is entered already. `--no-environment` is not handed on, as
 * in the original: the other command then takes the default.
 */
function globalArguments({ logLevel, logFormat, logConfig, environment, envFile }: GlobalOptions): string[] {
  const given: [string, string | false | undefined][] = [
    ['--log-level', logLevel],
    ['--log-format', logFormat],
    ['--log-config', logConfig],
    ['--environment', environment],
    ['--env-file', envFile],
  ];
  return given.flatMap(([name, value]) => (typeof value === 'string' ? [`${name}=${value}`] : []));
}

async function openProject(call: Call, options: OpenProject): Promise<Session> {
  const { globals } = call;
  call.session = await openSession({
    cwd: process.cwd(),
    envFile: globals.envFile,
    log: logChoice(globals),
    stderr: call.stderr,
    ...options,
    env: options.env === undefined ? call.env : { ...call.env, ...options.env },
    environment: options.environment ?? (globals.environment === false ? null : globals.environment),
  });
  if (options.access === 'write') linkProgram(call.session.project.sysDir, process.argv[1]);
  if (!options.quiet) await announce(call.session);
  return call.session;
}

/** The log is opened only where there is something to say: `job list` in a scheduler's loop has nothing. */
async function announce(session: Session): Promise<void> {
  const { warnings, environment } = session.project;
  if (warnings.length === 0 && environment === undefined) return;
  const log = await session.log();
  if (environment !== undefined) log.info(`Environment '${environment.name}' is active`);
  for (const { code, message, hint, at } of warnings) log.warning(message, { code, hint, at });
}

function logChoice({ logLevel, logFormat, logConfig }: GlobalOptions): LogChoice {
  return { level: logLevel, format: logFormat, config: logConfig };
}

function enter(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new TaplineError('USAGE', `The folder '${folder}' of --cwd does not exist.`);
  }
  process.chdir(folder);
}

/** Commander's own words, without its prefix; its suggestion and the way to the help as the hint. */
function usageError(error: CommanderError, path: readonly string[]): unknown {
  if (error.exitCode === 0) return new Finished(exitCodes.ok);
  const [message = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n');
  if (error.code === 'commander.help' || error.code === 'commander.helpDisplayed') return new Finished(exitCodes.usage);
  const help = `See \`${path.join(' ')} --help\`.`;
  const said = message.charAt(0).toUpperCase() + message.slice(1);
  return new TaplineError('USAGE', said, {
    hint: suggestion === '' ? help : `${suggestion.replace(/^\((.*)\)$/, '$1')} ${help}`,
  });
}

/** Not an error: help or the version was printed. */
class Finished {
  constructor(readonly exitCode: number) {}
}

async function report(error: unknown, call: Call): Promise<number> {
  if (error instanceof Finished) return error.exitCode;
  const log = await logForErrors(call);
  const format = log.settings.outputs.find((output) => output.file === undefined)?.format;
  const isStructured = format === 'json' || format === 'key-value';
  const isOurs = error instanceof TaplineError;
  if (isStructured) log.write(isOurs ? errorRecord(error) : bugRecord(error));
  else if (isOurs) log.print(errorText(error, { colors: hasColors(call.stderr, call.env), cwd: process.cwd() }));
  else log.print(bugText(error));
  return isOurs ? error.exitCode : exitCodes.failure;
}

/** The session's log, or one from options and variables if no session is open or its settings are the error. */
async function logForErrors({ session, globals, env, stderr }: Call): Promise<Log> {
  const mask = session?.mask ?? createMask();
  const settings = {
    level: env.MELTANO_CLI_LOG_LEVEL,
    format: env.MELTANO_CLI_LOG_FORMAT,
    config: env.MELTANO_CLI_LOG_CONFIG,
  };
  try {
    if (session !== undefined) return await session.log();
    const chosen = await chooseLogSettings({ options: logChoice(globals), settings, cwd: process.cwd() });
    return createLog({ settings: chosen, stderr, mask, env });
  } catch {
    return createLog({ settings: { outputs: [{ level: 'info', format: 'uncolored' }] }, stderr, mask, env });
  }
}

/** An unhandled error is a bug: it is reported, and the program ends with everything that the run started. */
function catchBugs(call: Call): void {
  const end = (error: unknown): void => {
    void report(error, call).finally(() => process.exit(exitCodes.failure));
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
