import { createReadStream } from 'node:fs';
import { pipeline, Transform } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { PluginError, reasonOf } from '../../singer/kit/plugin-process.js';
import type { CsvFile } from './files.js';

/** Longer rows are most likely an opening quote that nothing closes. In characters. */
const maxRowLength = 64 * 1024 * 1024;

/** The rows of a file as lists of texts, the header first; `size` bytes of it, in constant memory. */
export async function* readRows(file: CsvFile, size: number): AsyncGenerator<string[]> {
  if (size === 0) return;
  const { entry } = file;
  const parser = parse({
    bom: true,
    delimiter: entry.delimiter,
    quote: entry.quote === '' ? null : entry.quote,
    escape: entry.escape ?? (entry.quote === '' ? null : entry.quote),
    ltrim: entry.skipInitialSpace,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: maxRowLength,
  });
  // What was appended since the file was looked at belongs to the next run.
  const bytes = createReadStream(file.path, { end: size - 1, highWaterMark: 256 * 1024 });
  const done = (): void => {};
  if (isUtf8(entry.encoding)) pipeline(bytes, parser, done);
  else pipeline(bytes, decoder(entry.encoding), parser, done);
  try {
    yield* parser as AsyncIterable<string[]>;
  } catch (error) {
    const { code, message } = error as CsvError;
    const why = String(code).startsWith('CSV_') ? message : reasonOf(error);
    throw new PluginError(`The file ${file.path} can't be read: ${why}.`);
  } finally {
    bytes.destroy();
  }
}

/** Column names from a header: without doubles, and none empty. */
export function columnNames(header: readonly string[]): string[] {
  const taken = new Set<string>();
  return header.map((text, index) => {
    const base = text.trim() === '' ? `column_${index + 1}` : text;
    let name = base;
    for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
    taken.add(name);
    return name;
  });
}

function isUtf8(encoding: string): boolean {
  return new TextDecoder(encoding).encoding === 'utf-8';
}

function decoder(encoding: string): Transform {
  const text = new TextDecoder(encoding);
  return new Transform({
    transform: (chunk: Buffer, _encoding, callback) =>
      callback(null, Buffer.from(text.decode(chunk, { stream: true }))),
    flush: (callback) => callback(null, Buffer.from(text.decode())),
  });
}
