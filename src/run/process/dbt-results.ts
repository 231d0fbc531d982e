/**
 * What dbt says of a failed call in `target/run_results.json`: the models and tests that failed, each with its message.
 * The file is the public artifact of dbt's manifest schema, versions 4 to 6.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { isMap, textOf } from '../../values.js';

/** How many failed nodes are named. */
const maxNodes = 5;

const failedStatuses: ReadonlySet<string> = new Set(['error', 'fail', 'runtime error']);

export interface DbtCall {
  /** The project of dbt, where it ran. */
  folder: string;
  env: Readonly<Record<string, string | undefined>>;
  /** A file that is older is of another call. */
  startedAt: Date;
}

/** One line for each failed model or test; empty if dbt wrote no results, as after a compilation error. Never throws. */
export async function failedNodes({ folder, env, startedAt }: DbtCall): Promise<string[]> {
  const file = join(folder, env.DBT_TARGET_PATH ?? 'target', 'run_results.json');
  try {
    const { mtimeMs } = await stat(file);
    if (mtimeMs < startedAt.getTime()) return [];
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    const results = isMap(content) && Array.isArray(content.results) ? content.results : [];
    const failed = results.filter(isMap).filter(({ status }) => failedStatuses.has(String(status)));
    const lines = failed.slice(0, maxNodes).map(nodeLine);
    return failed.length > maxNodes ? [...lines, `and ${failed.length - maxNodes} more`] : lines;
  } catch {
    return [];
  }
}

/** `model.shop.orders: Database Error in model orders (models/orders.sql) relation "x" does not exist` */
function nodeLine({ unique_id, message }: Record<string, unknown>): string {
  const text = stripVTControlCharacters(textOf(message) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^compiled code at /i.test(line))
    .slice(0, 2)
    .join(' ');
  const name = textOf(unique_id) ?? 'a node';
  return text === '' ? name : `${name}: ${text}`;
}
