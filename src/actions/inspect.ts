import { createReadStream } from 'node:fs';
import { TaplineError } from '../errors.js';
import { Inspection, type InspectionListener, type InspectionReport } from '../singer/inspection/inspection.js';
import { loadSchemaCompiler } from '../singer/inspection/schema-checks.js';

export interface InspectRequest {
  /** Undefined or `-` for stdin. */
  file: string | undefined;
  checks: boolean;
  maxKeys: number | undefined;
  listener: InspectionListener;
  /** Receives all bytes, in order; false ends the inspection, because the reader is gone. */
  pass: (chunk: Buffer) => Promise<boolean>;
  /** Ends the inspection, which still reports on what it has read. */
  signal: AbortSignal;
}

const chunkSize = 256 * 1024;

/** Passes Singer lines on and inspects them in constant memory. Throws USAGE. */
export async function inspect({
  file,
  checks,
  maxKeys,
  listener,
  pass,
  signal,
}: InspectRequest): Promise<InspectionReport> {
  const compile = checks ? await loadSchemaCompiler() : undefined;
  const inspection = new Inspection({ compile, maxKeys, listener });
  const isFile = file !== undefined && file !== '-';
  const source = isFile ? createReadStream(file, { highWaterMark: chunkSize }) : process.stdin;
  const stop = () => source.destroy();
  signal.addEventListener('abort', stop);
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      // Passed on first: the program after this one need not wait for the checks.
      const isRead = pass(chunk);
      inspection.feed(chunk);
      if (!(await isRead)) break;
    }
  } catch (error) {
    if (!signal.aborted) throw unreadable(file ?? 'stdin', error as NodeJS.ErrnoException);
  } finally {
    signal.removeEventListener('abort', stop);
    source.destroy();
  }
  return inspection.finish();
}

function unreadable(file: string, error: NodeJS.ErrnoException): TaplineError {
  const reason = error.code === 'ENOENT' ? 'no such file' : error.code === 'EISDIR' ? 'it is a folder' : error.message;
  return new TaplineError('USAGE', `can't read '${file}': ${reason}`, { cause: error });
}
