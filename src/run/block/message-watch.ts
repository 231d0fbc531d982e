/** What a run shows of the messages in a chain: `--inspect`, and each line where the log level is debug. */
import { Inspection, type InspectionReport } from '../../singer/inspection/inspection.js';
import { loadSchemaCompiler } from '../../singer/inspection/schema-checks.js';
import { Lines } from '../../singer/lines.js';
import type { ChainProcessSpec } from '../chain/types.js';
import type { Emit } from '../emit.js';

/** A longer line is named in the log, not shown. In bytes. */
const maxLoggedBytes = 64 * 1024;

export interface MessageWatchOptions {
  inspects: boolean;
  /** The original logs each line of a tap, mapper and target at this level too. */
  logsLines: boolean;
  stateId: string | undefined;
  emit: Emit;
}

export interface MessageWatch {
  /** A receiver of each piece that the process at a position of the chain writes; undefined if it is not watched. */
  listen(position: number, process: ChainProcessSpec): ((chunk: Buffer) => void) | undefined;
  /** What the tap wrote, at the end of the chain. */
  report(): InspectionReport | undefined;
}

export async function watchMessages(options: MessageWatchOptions): Promise<MessageWatch> {
  const inspection = options.inspects ? new Inspection({ compile: await loadSchemaCompiler() }) : undefined;
  const loggers: Lines[] = [];
  return {
    listen(position, process) {
      const logger = options.logsLines ? lineLogger(process, options) : undefined;
      if (logger !== undefined) loggers.push(logger);
      const inspected = position === 0 ? inspection : undefined;
      if (inspected === undefined && logger === undefined) return undefined;
      return (chunk) => {
        inspected?.feed(chunk);
        logger?.feed(chunk);
      };
    },
    report() {
      for (const logger of loggers) logger.finish();
      return inspection?.finish();
    },
  };
}

function lineLogger({ role, plugin, pluginType }: ChainProcessSpec, { emit, stateId }: MessageWatchOptions): Lines {
  const log = (message: string) =>
    emit({ type: 'plugin.log', role, plugin, pluginType, stdio: 'stdout', level: 'info', message, stateId });
  return new Lines(
    {
      onLine: (line) => log(line.toString('utf8').trimEnd()),
      onTooLong: (bytes) => log(`(a line of ${bytes} bytes)`),
    },
    maxLoggedBytes,
  );
}
