/** The text of `config list`: sections of settings, each with its variables, its value and its origin. */
import { relative } from 'node:path';
import type { ConfigTarget } from '../../../actions/config/target.js';
import type { Project } from '../../../project/types.js';
import { pythonRepr } from '../../../python-json.js';
import { projectReadNames, type ReadName, readNames } from '../../../settings/env-names.js';
import { redactedValue } from '../../../settings/redact.js';
import type { ResolvedSetting, SettingOrigin } from '../../../settings/types.js';

export interface ListOptions {
  extras: boolean;
  all: boolean;
  filter: string | undefined;
  safe: boolean;
}

type Section = 'required' | 'configured' | 'optional' | 'custom' | 'customExtras';

const headers: Readonly<Record<Section, string>> = {
  required: 'Required:',
  configured: 'Configured:',
  optional: 'Optional:',
  custom: 'Custom, possibly unsupported by the plugin:',
  customExtras: 'Custom extras, plugin-specific options handled by the runner:',
};

/** Returns lines in the form and order of the original. */
export function listSettings(target: ConfigTarget, project: Project, options: ListOptions): string[] {
  const groups = target.plugin?.settingsGroups ?? [];
  const sections = sectionsOf(target, groups.flat(), options);
  const hidden = options.all || options.filter !== undefined ? 0 : (sections.get('optional')?.length ?? 0);
  if (hidden > 0) sections.delete('optional');
  const shown = [...sections].filter(([, settings]) => settings.length > 0);
  const isBare = options.extras && shown.length === 1 && shown[0]?.[0] === 'optional';
  const blocks = shown.map(([section, settings]) => [
    ...(isBare ? [] : [options.extras && section === 'custom' ? 'Custom:' : headers[section]]),
    ...settings.flatMap((setting) => settingLines(setting, target, project, groups, options.safe)),
  ]);
  if (blocks.length === 0 && options.filter !== undefined)
    blocks.push([`No settings match ${pythonRepr(options.filter)}.`]);
  if (hidden > 0) blocks.push([`Optional settings with default values: ${hidden} hidden. Use --all to show all.`]);
  return [
    ...(options.extras ? [] : groupLines(groups)),
    ...blocks.flatMap((lines, index) => (index > 0 ? ['', ...lines] : lines)),
  ];
}

function sectionsOf(
  target: ConfigTarget,
  required: readonly string[],
  options: ListOptions,
): Map<Section, ResolvedSetting[]> {
  const order: Section[] = options.extras
    ? ['configured', 'optional', 'custom']
    : ['required', 'configured', 'optional', 'custom', 'customExtras'];
  const sections = new Map<Section, ResolvedSetting[]>(order.map((section) => [section, []]));
  const needle = options.filter?.toLowerCase() ?? '';
  const sorted = [...target.settings.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const setting of sorted) {
    const section = sectionOf(setting, required, options.extras);
    if (section !== undefined && setting.name.toLowerCase().includes(needle)) sections.get(section)?.push(setting);
  }
  return sections;
}

function sectionOf(
  { name, definition, origin, extra }: ResolvedSetting,
  required: readonly string[],
  extras: boolean,
): Section | undefined {
  const isDefault = origin.layer === 'default' || origin.layer === 'unset';
  const isCustom = definition.custom === true;
  if (extras) {
    if (!extra) return undefined;
    return isCustom ? 'custom' : isDefault ? 'optional' : 'configured';
  }
  if (extra) return isCustom ? 'customExtras' : undefined;
  if (isCustom) return 'custom';
  if (required.includes(name)) return 'required';
  return isDefault ? 'optional' : 'configured';
}

/** Groups are alternatives: one of them must be complete. */
function groupLines(groups: readonly (readonly string[])[]): string[] {
  const names = (group: readonly string[]) => [...group].sort().join(', ');
  const [only] = groups;
  if (only === undefined) return [];
  if (groups.length === 1) return [`Required settings: ${names(only)}`, ''];
  const rows = groups.map((group, index) => `  Group ${index + 1}: ${names(group)}`);
  return ['Setting groups (one of the following combinations is required):', ...rows, ''];
}

function settingLines(
  setting: ResolvedSetting,
  target: ConfigTarget,
  project: Project,
  groups: readonly (readonly string[])[],
  safe: boolean,
): string[] {
  const { name, definition, origin } = setting;
  const isDefault = origin.layer === 'default' || origin.layer === 'unset';
  const variables = target.plugin ? readNames(target.plugin, definition) : projectReadNames(definition);
  const fallback = definition.value ?? undefined;
  const hides = safe && setting.sensitive;
  const line = [
    name,
    groupLabel(name, groups),
    `[env: ${variables.map(variableText).join(', ')}]`,
    isDefault || fallback === undefined ? '' : `(default: ${hides ? '(redacted)' : pythonRepr(fallback)})`,
    `current value: ${valueText(setting, target, safe)}`,
    `(${originText(setting, project, hides)})`,
  ];
  const about = definition.description;
  const label = definition.label === undefined ? '' : `${definition.label}: `;
  return [line.filter((part) => part !== '').join(' '), ...(about === undefined ? [] : [`\t${label}${about}`])];
}

function variableText({ name, negated }: ReadName): string {
  return negated ? `!${name}` : name;
}

/** Tells which groups require a setting, unless there is only one group. */
function groupLabel(name: string, groups: readonly (readonly string[])[]): string {
  const needing = groups.flatMap((group, index) => (group.includes(name) ? [index + 1] : []));
  if (groups.length < 2 || needing.length === 0) return '';
  if (needing.length === groups.length) return '(required)';
  return `(required by group${needing.length > 1 ? 's' : ''} ${needing.join(', ')})`;
}

function valueText(setting: ResolvedSetting, target: ConfigTarget, safe: boolean): string {
  if (!safe) return pythonRepr(setting.value);
  const shown = redactedValue(setting, target.settings);
  return shown === '(redacted)' ? shown : pythonRepr(shown);
}

/** The layer in the words of the original, with its line and the value before expansion. */
function originText({ origin, raw, value }: ResolvedSetting, project: Project, hides: boolean): string {
  const from = layerText(origin, project);
  const differs = raw !== undefined && raw !== null && raw !== '' && pythonRepr(raw) !== pythonRepr(value);
  return differs && !hides && typeof raw === 'string' && raw.includes('$') ? `${from}: ${pythonRepr(raw)}` : from;
}

function layerText(origin: SettingOrigin, project: Project): string {
  if (origin.file !== undefined) return `from the file ${origin.file} of the ${origin.variable} variable`;
  switch (origin.layer) {
    case 'override':
      return 'from a command line flag';
    case 'env':
      return `from the ${origin.variable} variable in ${origin.at === undefined ? 'the environment' : locationText(origin, project)}`;
    case 'dotenv':
      return `from the ${origin.variable} variable in ${locationText(origin, project, '.env')}`;
    case 'environment':
      return `from the active environment in ${locationText(origin, project)}`;
    case 'meltano_yml':
      return `from ${locationText(origin, project)}`;
    case 'db':
      return 'from the system database';
    case 'inherited':
      return `inherited from '${origin.inheritedFrom?.plugin ?? ''}'`;
    default:
      return 'default';
  }
}

function locationText({ at }: SettingOrigin, project: Project, file = 'meltano.yml'): string {
  if (at === undefined) return `\`${file}\``;
  return `\`${relative(project.root, at.file)}\` line ${at.line}`;
}
