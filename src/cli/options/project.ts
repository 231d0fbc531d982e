/** Options of the commands that change or read a project: its plugins, settings, jobs, schedules. */
import type { OptionDefinition } from '../../option-definition.js';
import type { WritableStore } from '../../settings/edit-settings.js';

export const addDefinitions = {
  inheritFrom: {
    kind: 'text',
    name: 'inherit-from',
    value: 'name',
    help: 'inherit from this plugin of the project or of the hub',
  },
  variant: {
    kind: 'text',
    name: 'variant',
    value: 'variant',
    help: 'variant instead of the default one; `tapline` for plugins shipped with this program',
  },
  as: { kind: 'text', name: 'as', value: 'name', help: 'name to add it under' },
  fromRef: {
    kind: 'text',
    name: 'from-ref',
    value: 'file-or-url',
    help: 'add the plugin that this definition describes',
  },
  python: { kind: 'text', name: 'python', value: 'program', help: 'Python to use for the plugin' },
  custom: { kind: 'flag', name: 'custom', help: 'add a custom plugin; asks for what no option answers' },
  namespace: { kind: 'text', name: 'namespace', value: 'namespace', help: 'with --custom: its namespace' },
  pipUrl: {
    kind: 'text',
    name: 'pip-url',
    value: 'arguments',
    help: 'with --custom: what pip installs; `n` for nothing',
  },
  executable: { kind: 'text', name: 'executable', value: 'program', help: 'with --custom: its executable' },
  capabilities: {
    kind: 'text',
    name: 'capabilities',
    value: 'list',
    help: 'with --custom: its capabilities, e.g. catalog,discover,state',
  },
  settings: {
    kind: 'text',
    name: 'settings',
    value: 'list',
    help: 'with --custom: its settings, as name or name:kind, separated by commas',
  },
  update: {
    kind: 'switch',
    name: 'update',
    default: true,
    hidden: true,
    help: 'update a plugin that exists (default)',
    negated: { name: 'no-update', help: 'leave a plugin that exists as it is', hidden: true },
  },
  install: {
    kind: 'switch',
    name: 'install',
    help: 'install the plugin (default)',
    negated: { name: 'no-install', help: 'install nothing' },
  },
  forceInstall: { kind: 'flag', name: 'force-install', help: 'ignore the Python versions that plugins declare' },
} as const satisfies Record<string, OptionDefinition>;

export const installCommandDefinitions = {
  clean: { kind: 'flag', name: 'clean', help: 'create each virtual environment from scratch' },
  parallelism: {
    kind: 'integer',
    name: 'parallelism',
    short: 'p',
    value: 'count',
    help: 'number of plugins to install in parallel; no limit below 1 (default: one per CPU)',
  },
  force: { kind: 'flag', name: 'force', short: 'f', help: 'ignore the Python versions that plugins declare' },
  schedule: { kind: 'text', name: 'schedule', short: 's', value: 'name', help: 'only what this schedule needs' },
} as const satisfies Record<string, OptionDefinition>;

export const lockUpdate = {
  update: { kind: 'flag', name: 'update', short: 'u', help: 'replace existing lock files' },
} as const satisfies Record<string, OptionDefinition>;

export const initDefinitions = {
  force: { kind: 'flag', name: 'force', help: 'overwrite an existing meltano.yml; all other files stay' },
  usageStats: {
    kind: 'off',
    name: 'no-usage-stats',
    help: 'tell Meltano to send no statistics if it is used in this project',
  },
} as const satisfies Record<string, OptionDefinition>;

export const store = {
  store: {
    kind: 'choice',
    name: 'store',
    value: 'store',
    choices: ['auto', 'dotenv', 'meltano_yml', 'db'] as const satisfies readonly WritableStore[],
    default: 'auto',
    help: 'where to write it; auto keeps secrets in .env and the rest in meltano.yml',
  },
} as const satisfies Record<string, OptionDefinition>;

export const extras = {
  extras: { kind: 'flag', name: 'extras', help: 'show the extras (select, metadata, ...) instead' },
} as const satisfies Record<string, OptionDefinition>;

export const filter = {
  filter: {
    kind: 'text',
    name: 'filter',
    value: 'text',
    help: 'only settings whose name contains this, ignoring case',
  },
} as const satisfies Record<string, OptionDefinition>;

export const fromFile = {
  fromFile: { kind: 'text', name: 'from-file', value: 'file', help: 'read the value from this file; `-` is stdin' },
} as const satisfies Record<string, OptionDefinition>;

export const yes = {
  yes: { kind: 'flag', name: 'yes', help: 'do not ask for confirmation' },
} as const satisfies Record<string, OptionDefinition>;

export const selectDefinitions = {
  list: { kind: 'flag', name: 'list', help: 'list what is selected' },
  json: { kind: 'flag', name: 'json', help: 'list it as JSON' },
  all: { kind: 'flag', name: 'all', help: 'list what is not selected too' },
  explain: { kind: 'flag', name: 'explain', help: 'tell which rule decided on each property' },
  refresh: { kind: 'flag', name: 'refresh', help: 'shorter form of --refresh-catalog', hidden: true },
  exclude: { kind: 'flag', name: 'exclude', command: 'select', help: 'add the pattern as an exclusion' },
  rm: { kind: 'flag', name: 'rm', help: 'remove the pattern' },
  remove: { kind: 'flag', name: 'remove', help: 'same as --rm', hidden: true },
  clear: { kind: 'flag', name: 'clear', help: 'remove all patterns and return to the default' },
} as const satisfies Record<string, OptionDefinition>;

export const invokeDefinitions = {
  dump: {
    kind: 'choice',
    name: 'dump',
    value: 'what',
    choices: ['catalog', 'config'],
    help: 'print what the plugin would get, without starting it',
  },
  listCommands: { kind: 'flag', name: 'list-commands', help: 'list the commands of the plugin' },
  printVar: {
    kind: 'list',
    name: 'print-var',
    value: 'name',
    help: "print a variable of the plugin's environment first (can be repeated)",
  },
  containers: { kind: 'flag', name: 'containers', hidden: true, help: 'ignored: containers are not supported' },
} as const satisfies Record<string, OptionDefinition>;

export const tasks = {
  tasks: {
    kind: 'text',
    name: 'tasks',
    value: 'tasks',
    mandatory: true,
    help: 'the tasks: a line of words, or a YAML list of lines',
  },
} as const satisfies Record<string, OptionDefinition>;

export const scheduleDefinitions = {
  job: { kind: 'text', name: 'job', value: 'job', help: 'job to run' },
  extractor: { kind: 'text', name: 'extractor', value: 'extractor', help: 'extractor, for a schedule of `el`' },
  loader: { kind: 'text', name: 'loader', value: 'loader', help: 'loader, for a schedule of `el`' },
  transform: {
    kind: 'choice',
    name: 'transform',
    value: 'transform',
    choices: ['skip', 'only', 'run'],
    help: 'transform, for a schedule of `elt`',
  },
  interval: {
    kind: 'text',
    name: 'interval',
    value: 'interval',
    help: 'an alias such as @daily, or five fields of cron',
  },
} as const satisfies Record<string, OptionDefinition>;

export const compileDefinitions = {
  directory: {
    kind: 'text',
    name: 'directory',
    value: 'folder',
    help: 'folder for the manifests (default: .meltano/manifests)',
  },
  indent: {
    kind: 'integer',
    name: 'indent',
    value: 'spaces',
    min: -1,
    default: 4,
    help: 'indentation of the JSON; -1 for one line',
  },
  lint: {
    kind: 'switch',
    name: 'lint',
    default: false,
    help: 'warn of faults in the project',
    negated: { name: 'no-lint', help: 'do not warn of faults (default)' },
  },
} as const satisfies Record<string, OptionDefinition>;

export const airflowDefinitions = {
  output: {
    kind: 'text',
    name: 'output',
    value: 'folder',
    help: "folder for the DAG files (default: orchestrate/dags in the project's folder)",
  },
  projectDir: {
    kind: 'text',
    name: 'project-dir',
    value: 'folder',
    help: "the project's folder on the machines of Airflow (default: as here)",
  },
  program: {
    kind: 'text',
    name: 'program',
    value: 'file',
    help: '`tapline` on the machines of Airflow (default: the program that runs now)',
  },
  prefix: {
    kind: 'text',
    name: 'prefix',
    value: 'text',
    default: '',
    defaultText: 'nothing',
    help: 'put this before each DAG ID',
  },
  dryRun: { kind: 'flag', name: 'dry-run', help: 'show what would be written, without writing it' },
  check: { kind: 'flag', name: 'check', help: 'same as --dry-run, and fail when there is anything to write' },
  stdout: { kind: 'flag', name: 'stdout', help: 'print the files instead of writing them' },
} as const satisfies Record<string, OptionDefinition>;

export const strict = {
  strict: { kind: 'flag', name: 'strict', help: 'fail on warnings too' },
} as const satisfies Record<string, OptionDefinition>;

/** Accepted since callers of the original give them. */
export const upgradeDefinitions = {
  pipUrl: { kind: 'text', name: 'pip-url', value: 'url', help: 'ignored: this program is not a Python package' },
  force: { kind: 'flag', name: 'force', help: 'ignored' },
  skipPackage: { kind: 'flag', name: 'skip-package', help: 'do not mention the package' },
} as const satisfies Record<string, OptionDefinition>;
