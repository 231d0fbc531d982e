/** Explains where settings come from, for `config explain`. */

import type { ConfigTarget } from '../../../actions/config/target.js';
import { formatLocation, type SourceLocation } from '../../../errors.js';
import { exactJson } from '../../../exact-json.js';
import { shortened } from '../../../observe/error-report.js';
import type { Project } from '../../../project/types.js';
import { projectReadNames, readNames } from '../../../settings/env-names.js';
import { redactedValue } from '../../../settings/redact.js';
import type { LayerValue, ResolvedSetting, SettingExplanation, SettingOrigin } from '../../../settings/types.js';

export interface ExplainedOwner {
  name: string;
  target: ConfigTarget;
  project: Project;
  safe: boolean;
}

/** See schemas/output-config-explain.schema.json. */
export function explanationEntry(
  explained: readonly SettingExplanation[],
  owner: ExplainedOwner,
): Record<string, unknown> {
  return {
    plugin: owner.name,
    environment: owner.project.environment?.name ?? null,
    settings: explained.map((each) => {
      const { setting, layers, leaves } = each;
      return {
        name: setting.name,
        kind: setting.definition.kind ?? null,
        sensitive: setting.sensitive,
        value: shownValue(each, owner) ?? null,
        from: setting.origin.layer,
        why: whyIt(each, owner),
        variables: variablesOf(each, owner),
        made_of: leaves,
        layers: layers.map((layer, index) => layerEntry(layer, setting, index === 0 && leaves.length === 0, owner)),
      };
    }),
  };
}

function layerEntry(
  layer: LayerValue,
  setting: ResolvedSetting,
  wins: boolean,
  owner: ExplainedOwner,
): Record<string, unknown> {
  const { origin, fault } = layer;
  const at = locationOf(origin);
  return {
    layer: origin.layer,
    wins,
    raw: fault === undefined ? (rawOf(layer, setting, owner) ?? null) : null,
    variable: origin.variable ?? null,
    inherited_from: origin.inheritedFrom?.plugin ?? null,
    file: at?.file ?? origin.file ?? null,
    line: at?.line ?? null,
    column: at?.col ?? null,
    fault: fault ?? null,
  };
}

export function explanationText(explained: readonly SettingExplanation[], owner: ExplainedOwner): string {
  if (explained.length === 0) return `Nothing is set for '${owner.name}': all settings have their default values.\n`;
  return `${explained.map((each) => settingText(each, owner)).join('\n\n')}\n`;
}

function settingText(each: SettingExplanation, owner: ExplainedOwner): string {
  const { setting, layers, leaves } = each;
  const labels = layers.map(({ origin }) => labelOf(origin));
  const width = Math.max(0, ...labels.map((label) => label.length));
  const lines = layers.map((layer, index) => {
    const mark = index === 0 && leaves.length === 0 ? '→' : ' ';
    const at = locationOf(layer.origin);
    const location = at === undefined ? '' : `  ${here(at)}`;
    const value = layer.fault === undefined ? show(rawOf(layer, setting, owner)) : `can't be read: ${layer.fault}`;
    return `  ${mark} ${(labels[index] ?? '').padEnd(width)}  ${value}${location}`;
  });
  return [`${setting.name} = ${show(shownValue(each, owner))}`, ...lines, `    ${whyIt(each, owner)}`].join('\n');
}

const layerNames: Readonly<Record<SettingOrigin['layer'], string>> = {
  override: 'command line',
  env: 'variable',
  dotenv: '.env',
  environment: 'environment',
  meltano_yml: 'meltano.yml',
  db: 'system database',
  inherited: 'inherited',
  default: 'default',
  unset: 'unset',
};

function labelOf({ layer, variable, inheritedFrom }: SettingOrigin): string {
  const detail = inheritedFrom?.plugin ?? variable;
  return detail === undefined ? layerNames[layer] : `${layerNames[layer]} ${detail}`;
}

/** One sentence: which layer won over which, and the resulting value. */
function whyIt(each: SettingExplanation, owner: ExplainedOwner): string {
  const { setting, layers, leaves } = each;
  const [winner, second] = layers;
  if (leaves.length > 0) return `It is merged from ${leaves.join(', ')}; nothing sets it as a whole.`;
  if (winner === undefined) {
    return `Nothing sets it (variable: ${variablesOf(each, owner)[0] ?? 'none'}).`;
  }
  if (winner.origin.layer === 'default') return 'Nothing sets it, so the default applies.';
  const source = sourceOf(winner.origin);
  const reason = second === undefined ? `Only ${source} sets it` : `${source} wins over ${sourceOf(second.origin)}`;
  const isPlain = exactJson(winner.raw) === exactJson(setting.value);
  const reads = isPlain || isHidden(winner, owner.safe) ? '' : becomes(shownValue(each, owner));
  return `${reason.replace(/^(the|its) /, (word) => word.charAt(0).toUpperCase() + word.slice(1))}${reads}.`;
}

function becomes(value: unknown): string {
  return value === undefined
    ? '; the variable it refers to is not set, so the value is empty'
    : `; the result is ${show(value)}`;
}

function sourceOf(origin: SettingOrigin): string {
  switch (origin.layer) {
    case 'env':
      return origin.at === undefined
        ? `the shell's ${origin.variable}`
        : `${origin.variable} of \`env:\` (${here(origin.at)})`;
    case 'dotenv':
      return `${origin.variable} in .env`;
    case 'inherited':
      return `'${origin.inheritedFrom?.plugin}', which it inherits from,`;
    case 'default':
      return 'its default';
    case 'environment':
      return 'the environment';
    default:
      return layerNames[origin.layer];
  }
}

function here(at: SourceLocation): string {
  return formatLocation(shortened(at, process.cwd()));
}

function locationOf(origin: SettingOrigin): SourceLocation | undefined {
  return origin.at ?? origin.inheritedFrom?.origin.at;
}

function variablesOf({ setting }: SettingExplanation, { target }: ExplainedOwner): string[] {
  const names = target.plugin ? readNames(target.plugin, setting.definition) : projectReadNames(setting.definition);
  return names.map(({ name, negated }) => (negated ? `!${name}` : name));
}

function shownValue({ setting }: SettingExplanation, { target, safe }: ExplainedOwner): unknown {
  return safe ? redactedValue(setting, target.settings) : setting.value;
}

/** A reference to a variable is not secret itself; the leaves of a map are judged one by one. */
function rawOf(layer: LayerValue, setting: ResolvedSetting, { target, safe }: ExplainedOwner): unknown {
  if (!safe) return layer.raw;
  if (isHidden(layer, safe)) return '(redacted)';
  const hasSecrets = [...target.settings.values()].some(
    ({ name, sensitive }) => sensitive && name.startsWith(`${setting.name}.`),
  );
  if (hasSecrets && typeof layer.raw === 'string') return '(redacted)';
  return redactedValue({ ...setting, value: layer.raw, sensitive: false }, target.settings);
}

function isHidden({ raw, sensitive }: LayerValue, safe: boolean): boolean {
  if (!safe || !sensitive || raw === null || raw === undefined || raw === '') return false;
  return !(typeof raw === 'string' && /^\$(\{\w+\}|[A-Z]\w*)$/.test(raw));
}

function show(value: unknown): string {
  return value === undefined ? '(unset)' : exactJson(value);
}
