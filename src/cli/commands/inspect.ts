import type { Command } from 'commander';
import { inspect as inspectLines } from '../../actions/inspect.js';
import { TaplineError } from '../../errors.js';
import { InspectionLog } from '../../observe/inspection-log.js';
import { createStderrWriter } from '../../observe/stderr.js';
import type { OptionsOf } from '../../option-definition.js';
import { signalExitCode } from '../../run/signals.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { textOrJson } from '../options/common.js';
import { inspectDefinitions } from '../options/inspect.js';
import { untilSignal } from '../until-signal.js';

const options = { ...inspectDefinitions, ...textOrJson } as const;
type Options = OptionsOf<typeof options>;

const description = `Singer messages from FILE, or from stdin, are passed on to stdout unchanged.
What they hold, and what is wrong with them, is told on stderr.
--log-level info leaves out the line for each record, --log-level warning all lines but the summary.`;

export function inspect(command: Command, { output, exit }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[file]', 'a file of Singer messages; stdin if omitted')
    .addHelpText(
      'after',
      `${examples('tap-x --config config.json | tapline inspect | target-x', 'tapline inspect tap.jsonl > /dev/null', 'tapline --log-level info inspect --strict tap.jsonl > /dev/null')}

${description}`,
    )
    .action(async (file: string | undefined, { strict, checks, maxKeys, format }: Options, command: Command) => {
      const { logLevel } = command.optsWithGlobals<{ logLevel?: string }>();
      const log = new InspectionLog(createStderrWriter(), levelOf(logLevel, format));
      const { report, signal } = await untilSignal(async (signal) => ({
        report: await inspectLines({ file, checks, maxKeys, listener: log.listener, pass: output.bytes, signal }),
        signal,
      }));
      log.report(report, format);
      if (signal.aborted) return exit(signalExitCode(signal.reason));
      if (strict && report.findingsTotal > 0)
        throw new TaplineError('INSPECTION_FAILED', problems(report.findingsTotal));
    });
}

/** One line a record by default; a JSON report stands alone. */
function levelOf(logLevel: string | undefined, format: string): 'debug' | 'info' | 'none' {
  if (logLevel === undefined) return format === 'json' ? 'none' : 'debug';
  return logLevel === 'debug' || logLevel === 'info' ? logLevel : 'none';
}

function problems(count: number): string {
  return `${count} ${count === 1 ? 'problem' : 'problems'} found in the messages`;
}
