import type { PluginCommand } from './types.js';

/** `commands:` of an entry or a definition; a text is the arguments. */
export function readCommands(value: unknown): Map<string, PluginCommand> {
  const commands = new Map<string, PluginCommand>();
  if (typeof value !== 'object' || value === null) return commands;
  for (const [name, command] of Object.entries(value)) commands.set(name, readCommand(name, command));
  return commands;
}

function readCommand(name: string, value: unknown): PluginCommand {
  if (typeof value !== 'object' || value === null) return { name, args: textOf(value) };
  const { args, description, executable, container_spec: containerSpec } = value as Record<string, unknown>;
  return {
    name,
    args: textOf(args),
    description: typeof description === 'string' ? description : undefined,
    executable: typeof executable === 'string' && executable !== '' ? executable : undefined,
    containerSpec:
      typeof containerSpec === 'object' && containerSpec !== null
        ? (containerSpec as Record<string, unknown>)
        : undefined,
  };
}

function textOf(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}
