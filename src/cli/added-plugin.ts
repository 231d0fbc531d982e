/** What `add` prints of a plugin. */
import type { AddedPlugin } from '../actions/plugins/add.js';
import type { NewPlugin } from '../install/add/new-plugin.js';
import { capitalized, describeType } from '../install/hub/hub.js';

/** In the original's words. */
export function addedLines({ plugin, status, isRequired }: AddedPlugin): string[] {
  const { type, name, content, entry, inheritFrom, variantLabel } = plugin;
  const [verb, place] = { added: ['Added', 'to'], updated: ['Updated', 'in'], initialized: ['Initialized', 'in'] }[
    status === 'kept' ? 'added' : status
  ] as [string, string];
  const what = isRequired
    ? `Added required ${describeType(type)} '${name}' to your project`
    : `${verb} ${describeType(type)} '${name}' ${place} your project`;
  const isOwnVariant = entry.variant !== undefined;
  const variant = isOwnVariant ? `, variant ${variantLabel}` : '';
  const facts: [string, unknown][] = [
    inheritFrom === undefined
      ? ['Variant', isOwnVariant || status === 'initialized' ? variantLabel : undefined]
      : ['Inherit from', `${inheritFrom}${variant}`],
    ['Repository', content.repo],
    ['Documentation', content.docs],
    ['Python Version', entry.python],
  ];
  const lines = facts.filter(([, value]) => typeof value === 'string' && value !== '');
  return [what, ...lines.map(([label, value]) => `${label}:\t${String(value)}`), ''];
}

export function keptText({ type, name, entry }: NewPlugin): string {
  const kept = `${capitalized(describeType(type))} '${name}' already exists in your Meltano project`;
  const variant = typeof entry.variant === 'string' ? entry.variant : undefined;
  const other =
    variant === undefined
      ? `${name}--new --inherit-from ${name}`
      : `${name}--${variant} --inherit-from ${name} --variant ${variant}`;
  const kind = `--plugin-type ${type}`;
  return `${kept}. To add it again under another name: tapline add ${other} ${kind}. To change its variant, edit \`variant\` and \`pip_url\` in meltano.yml, then run tapline lock ${name} and tapline install ${name}.`;
}
