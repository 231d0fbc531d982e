/** A file of its own, to be loaded where there is YAML to read: the parser is big. */
import { parse } from 'yaml';

/** Undefined for text that is not valid YAML. */
export function parseYaml(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' });
  } catch {
    return undefined;
  }
}
