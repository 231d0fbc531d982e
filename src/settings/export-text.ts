import { pythonJson, pythonText } from '../python-json.js';
import type { ResolvedSetting } from './types.js';

/**
 * A value as a process sees it in a variable: text as it is; without a kind, or of kind string or decimal, as Python prints
 * it (`True`, `['a']`); all else as JSON. A decimal that came as text keeps its digits.
 */
export function exportText({ definition, value, raw }: Pick<ResolvedSetting, 'definition' | 'value' | 'raw'>): string {
  if (typeof value === 'string') return value;
  const { kind } = definition;
  if (kind === 'decimal' && typeof raw === 'string' && Number(raw) === Number(value)) return raw.trim();
  if (kind === undefined || kind === 'string' || kind === 'decimal') return pythonText(value);
  return pythonJson(value);
}
