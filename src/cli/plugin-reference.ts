/** `--from-ref`: a definition in a file (YAML, or JSON such as a lock file) or behind a URL. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { TaplineError } from '../errors.js';
import { createHttpGet } from '../install/hub/http-get.js';
import { type PluginType, pluginTypes } from '../project/types.js';

export interface Reference {
  type: PluginType | undefined;
  definition: Record<string, unknown> & { name: string };
}

/** Throws PLUGIN_REFERENCE, HUB_UNREACHABLE. */
export async function readReference(reference: string, env: NodeJS.ProcessEnv): Promise<Reference> {
  const text = /^https?:\/\//.test(reference) ? await fetchText(reference, env) : await readText(reference);
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw failed(reference, `it is not valid YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw failed(reference, 'it is not a map');
  const { name, namespace, plugin_type: kind } = value as Record<string, unknown>;
  for (const [key, needed] of Object.entries({ name, namespace })) {
    if (typeof needed !== 'string' || needed === '') throw failed(reference, `it has no '${key}'`);
  }
  return { type: pluginTypes.find((type) => type === kind), definition: value as Reference['definition'] };
}

async function fetchText(url: string, env: NodeJS.ProcessEnv): Promise<string> {
  const http = await createHttpGet(env);
  try {
    const { status, text } = await http.get(url, {});
    if (status >= 400) throw failed(url, `the server answers ${status}`);
    return text;
  } finally {
    await http.close();
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw failed(file, `it can't be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function failed(reference: string, reason: string): TaplineError {
  return new TaplineError('PLUGIN_REFERENCE', `The definition '${reference}' of --from-ref can't be used: ${reason}.`, {
    hint: 'It must be a YAML or JSON file, or an http(s) URL of one, with at least a name and a namespace.',
  });
}
