import type { Command } from 'commander';
import picocolors from 'picocolors';
import { formatLocation, TaplineError } from '../../errors.js';
import { hasColors } from '../../observe/colors.js';
import { inlineText, shortened } from '../../observe/error-report.js';
import type { OptionsOf } from '../../option-definition.js';
import type { Finding, ValidationSubject } from '../../plan/validate.js';
import type { Session } from '../../session/session.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { textOrJson } from '../options/common.js';
import { strict } from '../options/project.js';

const options = { ...strict, ...textOrJson } as const;
type Options = OptionsOf<typeof options>;

export function validate(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText(
      'after',
      `${examples('tapline validate', 'tapline validate --strict --format json')}

Checks the files of the project, plugins, values, environments, jobs and schedules, and lists every problem with its
location. Requires no secrets, database, installed plugins or network. Exits with 1 if there is an error.`,
    )
    .action(async ({ strict, format }: Options) => {
      const { findings: all, stderr } = await findAll(context);
      const findings = all.filter(({ severity }) => severity !== 'note');
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      const isValid = errors === 0 && (!strict || findings.length === 0);
      const { output, env } = context;
      if (format === 'json') output.json(resultEntry(all, isValid));
      else {
        for (const note of all.filter(({ severity }) => severity === 'note')) stderr?.line(`note: ${inlineText(note)}`);
        output.text(resultText(findings, hasColors(output, env)));
      }
      context.exit(isValid ? 0 : 1);
    });
}

/** `stderr` is that of the project's session; a project that can't be read has no notes. */
async function findAll({ open, env }: CommandContext): Promise<{ findings: Finding[]; stderr?: Session['stderr'] }> {
  const { findingsOf, validateProject } = await import('../../plan/validate.js');
  const options = { access: 'read', quiet: true } as const;
  try {
    const session = await open({ ...options, policy: 'none' });
    const { createSettings } = await import('../../settings/resolver.js');
    const subjectOf = async (opened: Session): Promise<ValidationSubject> => {
      const [{ project }, plugins] = [opened, await opened.plugins()];
      return { project, plugins, settings: createSettings(project, plugins, { env }) };
    };
    const base = await subjectOf(session);
    const environments: ValidationSubject[] = [];
    for (const { name } of base.project.environments) {
      const inside = await open({ ...options, policy: 'default', environment: name });
      environments.push(await subjectOf(inside));
    }
    const findings = await validateProject(base, environments);
    return { findings: [...findings, ...(await checkStateBackend(base, env))], stderr: session.stderr };
  } catch (error) {
    // Without a project there is nothing to check.
    if (!(error instanceof TaplineError) || error.code === 'PROJECT_NOT_FOUND') throw error;
    return { findings: findingsOf(error) };
  }
}

/** Skips values with unset variables: they may be set where the project runs. */
async function checkStateBackend({ project, plugins }: ValidationSubject, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const [{ createSettings }, { checkBackendSettings }, { findingsOf }] = await Promise.all([
    import('../../settings/resolver.js'),
    import('../../state/choose-backend.js'),
    import('../../plan/validate.js'),
  ]);
  try {
    const settings = createSettings(project, plugins, { env }).projectSettings();
    const known = (name: string): string | undefined => {
      const { raw, value, origin } = settings.get(name) ?? {};
      const isOpen = origin?.layer !== 'default' && String(raw ?? '').includes('$');
      return isOpen ? undefined : String(value ?? '');
    };
    const databaseUri = known('database_uri');
    const uri = known('state_backend.uri');
    const locate = () => settings.get('state_backend.uri')?.origin.at;
    checkBackendSettings({ uri, databaseUri, sysDir: project.sysDir, locate });
    return [];
  } catch (error) {
    if (error instanceof TaplineError) return findingsOf(error);
    throw error;
  }
}

/** See schemas/output-validate.schema.json. */
function resultEntry(findings: readonly Finding[], isValid: boolean): Record<string, unknown> {
  const count = (severity: Finding['severity']) => findings.filter((each) => each.severity === severity).length;
  return {
    valid: isValid,
    errors: count('error'),
    warnings: count('warning'),
    findings: findings.map(({ severity, code, message, hint, at, environment }) => ({
      severity,
      code,
      message,
      hint: hint ?? null,
      environment: environment ?? null,
      file: at?.file ?? null,
      line: at?.line ?? null,
      column: at?.col ?? null,
    })),
  };
}

function resultText(findings: readonly Finding[], colors: boolean): string {
  const paint = picocolors.createColors(colors);
  const blocks = findings.map(({ severity, code, message, hint, at }) => {
    const location = at === undefined ? '' : `${formatLocation(shortened(at, process.cwd()))}: `;
    const label = severity === 'error' ? paint.red(severity) : paint.yellow(severity);
    const first = `${location}${label}: ${message} ${paint.dim(`[${code}]`)}`;
    return hint === undefined ? first : `${first}\n  ${paint.cyan('hint:')} ${hint}`;
  });
  return `${[...blocks, closing(findings)].join('\n')}\n`;
}

function closing(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'The project is valid.';
  const count = (severity: Finding['severity']) => {
    const number = findings.filter((each) => each.severity === severity).length;
    return `${number} ${severity}${number === 1 ? '' : 's'}`;
  };
  return `\n${count('error')}, ${count('warning')}`;
}
