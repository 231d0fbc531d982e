import { Command, type Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { groups } from '../../src/cli/command-words.js';
import type { CommandContext } from '../../src/cli/context.js';
import { exitCodeMeanings, exitCodesText } from '../../src/cli/exit-codes.js';
import { definitions, globalOptions, takesValue, variablesOf } from '../../src/cli/options/known.js';
import { type CommandEntry, commandSections, isGroup, registry } from '../../src/cli/registry.js';
import { exitCodes } from '../../src/errors.js';
import { takesValue as isValue, type OptionDefinition } from '../../src/option-definition.js';

/** Only asked for when a command runs. */
const context = {} as CommandContext;

const entries: [path: string, entry: CommandEntry][] = Object.entries(registry).flatMap(([name, entry]) =>
  isGroup(entry)
    ? Object.entries(entry.commands).map(([member, command]): [string, CommandEntry] => [`${name} ${member}`, command])
    : [[name, entry] as [string, CommandEntry]],
);

async function optionsOf(entry: CommandEntry): Promise<readonly Option[]> {
  const define = await entry.load();
  const command = new Command('x').exitOverride();
  define(command, context);
  return command.options;
}

function spellings({ long, short }: Option): string[] {
  return [long, short].filter((spelling) => spelling !== undefined && spelling !== null) as string[];
}

describe('what the argument pass knows of options', () => {
  it.each(entries)('is true for %s', async (path, entry) => {
    for (const option of await optionsOf(entry)) {
      for (const spelling of spellings(option)) {
        expect([spelling, takesValue(spelling, path)]).toEqual([spelling, option.required || option.optional]);
        expect(globalOptions.has(spelling)).toBe(false);
      }
    }
    for (const { option } of variablesOf(path)) {
      expect((await optionsOf(entry)).flatMap(spellings)).toContain(option);
    }
  });

  it('knows whether a name takes a value, whatever the command', () => {
    const kinds = new Map<string, Set<boolean>>();
    for (const definition of definitions.filter(({ command }) => command === undefined)) {
      expect(globalOptions.has(`--${definition.name}`)).toBe(false);
      kinds.set(definition.name, (kinds.get(definition.name) ?? new Set()).add(isValue(definition)));
    }
    for (const [name, found] of kinds) expect([name, found.size]).toEqual([name, 1]);
  });

  it('has keys under which commander keeps the values', async () => {
    const modules = await Promise.all(
      ['common', 'global', 'project', 'run', 'stores'].map((name) => import(`../../src/cli/options/${name}.ts`)),
    );
    for (const group of modules
      .flatMap((module) => Object.values<object>(module))
      .filter((each) => typeof each === 'object'))
      for (const [key, { name, kind }] of Object.entries<OptionDefinition>(group as Record<string, OptionDefinition>)) {
        const camel = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
        const expected =
          kind === 'off' && key !== 'noEnvironment' ? camel.charAt(2).toLowerCase() + camel.slice(3) : camel;
        expect([name, key]).toEqual([name, expected]);
      }
  });

  it('names the groups', () => {
    for (const [name, entry] of Object.entries(registry))
      expect([name, groups.has(name)]).toEqual([name, isGroup(entry)]);
  });
});

describe('help', () => {
  it('has each command under one heading', () => {
    const visible = Object.entries(registry).flatMap(([name, entry]) => ('hidden' in entry ? [] : [name]));
    const grouped = commandSections.flatMap(({ commands }) => commands);
    expect([...grouped].sort()).toEqual(visible.sort());
  });

  it.each(entries)('of %s has examples', async (_path, entry) => {
    const define = await entry.load();
    let text = '';
    const command = new Command('x').configureOutput({ writeOut: (part) => (text += part) });
    define(command, context);
    command.outputHelp();
    expect(text).toContain('Examples:');
    expect(entry.summary).toMatch(/^[A-Z].*\.$/);
  });

  it('has each exit code with what it means', () => {
    const text = exitCodesText();
    for (const [name, code] of Object.entries(exitCodes)) {
      expect(text).toContain(`${code}  ${exitCodeMeanings[name as keyof typeof exitCodes]}`);
    }
  });
});
