import type { Command } from 'commander';
import packageFile from '../../../package.json' with { type: 'json' };
import type { Check } from '../../actions/project/doctor.js';
import { exitCodes, formatLocation, TaplineError } from '../../errors.js';
import type { OptionsOf } from '../../option-definition.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, textOrJson } from '../options/common.js';

const options = { ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function doctor(command: Command, { open, output, env, exit }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText(
      'after',
      `${examples('tapline doctor', 'tapline --environment prod doctor', 'tapline doctor --format json')}

Exits with 1 if a check fails. Warnings do not change the exit code.`,
    )
    .action(async ({ format, databaseUri }: Options) => {
      const { bad, checkMachine, checkProject } = await import('../../actions/project/doctor.js');
      const checks = await checkMachine(env, packageFile.version);
      let hide = (text: string): string => text;
      try {
        const session = await open({ policy: 'default', access: 'read', databaseUri });
        checks.push(...(await checkProject(session)));
        hide = session.mask.own;
      } catch (error) {
        // A broken or missing project is one more finding.
        if (!(error instanceof TaplineError)) throw error;
        const { message, hint, at } = error;
        checks.push(
          bad('project', 'meltano.yml', at === undefined ? message : `${message} (${formatLocation(at)})`, hint),
        );
      }
      const masked = checks.map((check) => ({
        ...check,
        message: hide(check.message),
        cure: check.cure && hide(check.cure),
      }));
      const isBroken = checks.some(({ status }) => status === 'error');
      if (format === 'json') output.json({ ok: !isBroken, checks: masked });
      else for (const check of masked) for (const line of linesOf(check)) output.line(line);
      if (isBroken) exit(exitCodes.failure);
    });
}

function linesOf({ check, subject, status, message, cure }: Check): string[] {
  const mark = { ok: 'ok      ', warning: 'warning ', error: 'ERROR   ' }[status];
  const line = `${mark} ${check} ${subject}: ${message}`;
  return cure === null ? [line] : [line, `${' '.repeat(mark.length)} -> ${cure}`];
}
