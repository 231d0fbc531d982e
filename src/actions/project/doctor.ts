/** Checks what a project needs on this machine, with a cure for each problem. Changes, installs and downloads nothing. */
import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { TaplineError } from '../../errors.js';
import { findProgram } from '../../install/find-program.js';
import { defaultInterpreter, interpreterVersion } from '../../install/interpreter.js';
import { Requirements } from '../../install/requirements.js';
import type { Installer } from '../../install/types.js';
import type { Plugin } from '../../plugins/types.js';
import { pluginTypes } from '../../project/types.js';
import type { Session } from '../../session/session.js';
import { isMadeByRun } from '../../settings/env-names.js';
import { missingSettings } from '../../settings/required.js';
import { isAlive } from '../../state/owner.js';

export interface Check {
  /** `python`, `uv`, `plugin`, `venv`, `executable`, `variable`, `setting`, `database`, `lease` ... */
  check: string;
  /** What was checked, e.g. a plugin's name. */
  subject: string;
  status: 'ok' | 'warning' | 'error';
  message: string;
  cure: string | null;
}

const minFreeBytes = 200 * 1024 * 1024;

/** Checks that work even if the project is broken. */
export async function checkMachine(env: NodeJS.ProcessEnv, version: string): Promise<Check[]> {
  const python = defaultInterpreter(env.PATH);
  const pythonVersion = python === undefined ? undefined : await interpreterVersion(python);
  const uv = findProgram('uv', env.PATH);
  return [
    ok('version', 'tapline', `${version}, on Node ${process.versions.node}, ${process.platform} ${process.arch}`),
    pythonVersion === undefined
      ? note('python', 'python3', 'no Python on PATH', 'Install Python 3, or uv, which can download it.')
      : ok('python', 'python3', `${pythonVersion} (${python})`),
    uv === undefined
      ? note(
          'uv',
          'uv',
          'no uv on PATH; plugins are installed with pip, which is slower',
          'Install uv: https://docs.astral.sh/uv',
        )
      : ok('uv', 'uv', uv),
  ];
}

export async function checkProject(session: Session): Promise<Check[]> {
  const { project } = session;
  const checks: Check[] = [ok('project', project.file, `${project.files.length} files, ${countOf(session)} plugins`)];
  for (const { message, hint } of project.warnings) checks.push(note('project', project.file, message, hint));
  checks.push(...(await checkPlugins(session)));
  checks.push(await checkDisk(session));
  checks.push(...(await attempt('database', 'database_uri', () => checkDatabase(session))));
  checks.push(...(await attempt('lease', 'leases', () => checkLeases(session))));
  return checks;
}

async function checkPlugins(session: Session): Promise<Check[]> {
  const { project, env, mask } = session;
  const [plugins, settings, installer] = [await session.plugins(), await session.settings(), await session.installer()];
  const requirements = new Requirements({ project, settings, env, mask: mask.text });
  const checks: Check[] = [];
  for (const type of pluginTypes) {
    for (const { name } of project.pluginEntries[type]) {
      const found = await attempt('plugin', name, async () => {
        const plugin = plugins.get(name, type);
        const install = await checkVenv(plugin, requirements);
        const problems = [
          ...install,
          ...(install.length > 0 ? [] : await checkProgram(plugin, installer)),
          ...checkVariables(session, plugin, settings.projectEnv()),
          ...checkSettings(session, plugin, settings.plugin(plugin).settings),
        ];
        return problems.length > 0 ? problems : [ok('plugin', name, plugin.bundled ? 'bundled with Tapline' : 'ready')];
      });
      checks.push(...found);
    }
  }
  return checks;
}

async function checkVenv(plugin: Plugin, requirements: Requirements): Promise<Check[]> {
  if (plugin.bundled || !plugin.pipUrl || plugin.type === 'transforms') return [];
  const { current, unset, venv } = await requirements.of(plugin, 'auto');
  const install = `tapline install --plugin-type ${plugin.singular} ${plugin.venvOwner}`;
  if (unset !== undefined) {
    return [
      bad(
        'variable',
        plugin.name,
        `pip_url refers to the variable ${unset}, which is not set`,
        `Set ${unset}, for example in .env.`,
      ),
    ];
  }
  if (current) return [];
  return existsSync(venv.root)
    ? [bad('venv', plugin.name, 'virtual environment does not match the project', install)]
    : [bad('venv', plugin.name, 'not installed', install)];
}

function checkProgram(plugin: Plugin, installer: Installer): Promise<Check[]> {
  return attempt('executable', plugin.name, async () => {
    if (plugin.type !== 'files' && plugin.type !== 'transforms') installer.executable(plugin);
    return [];
  });
}

/** References `$NAME` in the configuration of a plugin, if nothing sets NAME. */
function checkVariables({ project }: Session, plugin: Plugin, env: Readonly<Record<string, string>>): Check[] {
  const places = [plugin.config, plugin.extras, plugin.env, plugin.environmentConfig, plugin.environmentExtras];
  const names = new Set(
    places.flatMap((place) =>
      [...JSON.stringify(place).matchAll(/\$\{?([A-Z_][A-Z0-9_]*)\}?/g)].map(([, name]) => name ?? ''),
    ),
  );
  const own = new Set([
    ...Object.keys(plugin.env),
    ...Object.keys(plugin.environmentEnv),
    ...Object.keys(project.environment?.env ?? {}),
  ]);
  return [...names]
    .filter((name) => env[name] === undefined && !own.has(name) && !isMadeByRun(name, [plugin]))
    .map((name) => note('variable', plugin.name, `$${name} is used but not set`, `Set ${name}, for example in .env.`));
}

function checkSettings(session: Session, plugin: Plugin, settings: Parameters<typeof missingSettings>[1]): Check[] {
  const groups = missingSettings(plugin, settings);
  if (groups.length === 0) return [];
  const [first = []] = groups;
  const where = session.project.environment === undefined ? '' : ` in environment ${session.project.environment.name}`;
  const lacks = groups.map((group) => group.join(', ')).join('; or ');
  return [
    note(
      'setting',
      plugin.name,
      `required settings are not set${where}: ${lacks}`,
      `tapline config set ${plugin.name} ${first[0]} VALUE`,
    ),
  ];
}

async function checkDisk({ project }: Session): Promise<Check> {
  const folder = existsSync(project.sysDir) ? project.sysDir : project.root;
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return bad(
      'disk',
      folder,
      'folder is not writable',
      'Change its owner or mode, or set MELTANO_SYS_DIR_ROOT to another folder.',
    );
  }
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < minFreeBytes
    ? note('disk', folder, 'less than 200 MB free', 'Free space: tapline clean --older-than 30d')
    : ok('disk', folder, 'writable');
}

async function checkDatabase(session: Session): Promise<Check[]> {
  const history = await session.existingHistory();
  if (history === undefined) return [ok('database', 'database_uri', 'will be created by the first run')];
  await history.listRuns({ limit: 1 });
  return [ok('database', 'database_uri', 'readable')];
}

/** The next run of a state ID takes over a dead run's lease; it is reported since it shows that a run was killed. */
async function checkLeases(session: Session): Promise<Check[]> {
  const history = await session.existingHistory();
  const kind = String((await session.settings()).projectSetting('state_backend.uri') ?? 'systemdb');
  if (history === undefined && kind === 'systemdb') return [];
  const backend = await session.state();
  const holders = [...(await backend.leases.list()), ...((await history?.slots.list()) ?? [])];
  const checks: Check[] = [];
  for (const { name, owner } of holders) {
    if (await isAlive(owner)) continue;
    const text = `lease is held by the dead run ${owner.runId} (${owner.user}@${owner.host} pid ${owner.pid})`;
    checks.push(
      note('lease', name, text, `The next run takes it over. To release it now: tapline lease release ${name}`),
    );
  }
  return checks.length > 0 ? checks : [ok('lease', backend.kind, `${holders.length} held, none stale`)];
}

async function attempt(check: string, subject: string, work: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    return [bad(check, subject, error.message, error.hint)];
  }
}

function countOf({ project }: Session): number {
  return Object.values(project.pluginEntries).flat().length;
}

export function bad(check: string, subject: string, message: string, cure: string | undefined): Check {
  return { check, subject, status: 'error', message, cure: cure ?? null };
}

function note(check: string, subject: string, message: string, cure: string | undefined): Check {
  return { check, subject, status: 'warning', message, cure: cure ?? null };
}

function ok(check: string, subject: string, message: string): Check {
  return { check, subject, status: 'ok', message, cure: null };
}
