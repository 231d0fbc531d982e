import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedPlugin } from '../../settings/types.js';
import { exactJson } from '../../singer/exact-json.js';
import { directoryError, settleAll } from './run-directory.js';

/** Prefix of a plugin's file names. */
export type FilePrefix = 'tap' | 'target' | `mapper-${number}`;

/** The files that a Singer plugin is started with, in the private directory of its chain. */
export interface PluginFiles {
  /** The whole configuration including secrets: an unguessable name, readable by this user only. */
  config: string;
  /** Environment variables that name its logging configuration. */
  env: Record<string, string>;
}

/** Writes config and logging files. Throws RUN_DIRECTORY, DISK_FULL. */
export async function writePluginFiles(
  directory: string,
  prefix: FilePrefix,
  resolved: ResolvedPlugin,
  logLevel: string,
): Promise<PluginFiles> {
  const config = join(directory, `${prefix}.${randomUUID()}.config.json`);
  const sdkLogging = join(directory, `${prefix}.singer_sdk_logging.json`);
  const pipelinewiseLogging = join(directory, `${prefix}.pipelinewise_logging.conf`);
  await settleAll([
    writePrivate(config, exactJson(resolved.config, 2)),
    writePrivate(sdkLogging, JSON.stringify(sdkLoggingConfig(logLevel, hasStructuredLogs(resolved)), null, 2)),
    writePrivate(pipelinewiseLogging, pipelinewiseLoggingConfig(logLevel)),
  ]);
  return { config, env: { SINGER_SDK_LOG_CONFIG: sdkLogging, LOGGING_CONF_FILE: pipelinewiseLogging } };
}

/** As in the original: the capability, and the extra `log_parser`, which is `singer-sdk` by default. */
export function hasStructuredLogs({ plugin, extras }: ResolvedPlugin): boolean {
  return plugin.capabilities.has('structured-logging') && extras.log_parser === 'singer-sdk';
}

/** Writes a file that only this user can read. */
export async function writePrivate(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600 });
  } catch (error) {
    // A partial file with a secret must not stay.
    await rm(file, { force: true }).catch(() => undefined);
    throw directoryError(error, file);
  }
}

/** For Python's `logging.config.dictConfig`, read by plugins built with the Singer SDK. */
function sdkLoggingConfig(level: string, structured: boolean): Record<string, unknown> {
  const formatter = structured ? { '()': 'singer_sdk.logging.StructuredFormatter' } : { format: '%(message)s' };
  return {
    version: 1,
    disable_existing_loggers: false,
    formatters: { singer_formatter: formatter },
    handlers: {
      console: { class: 'logging.StreamHandler', formatter: 'singer_formatter', stream: 'ext://sys.stderr' },
    },
    root: { handlers: ['console'], level },
  };
}

/** For Python's `logging.config.fileConfig`, read by plugins built with the PipelineWise library. */
function pipelinewiseLoggingConfig(level: string): string {
  const sections: [string, string[]][] = [
    ['loggers', ['keys=root']],
    ['handlers', ['keys=console']],
    ['formatters', ['keys=default']],
    ['logger_root', [`level=${level}`, 'handlers=console']],
    ['handler_console', ['class=StreamHandler', `level=${level}`, 'formatter=default', 'args=(sys.stderr,)']],
    ['formatter_default', ['format=%(message)s']],
  ];
  return sections.map(([name, lines]) => `[${name}]\n${lines.join('\n')}\n`).join('\n');
}
