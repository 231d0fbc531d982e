/** What `add --custom` has to know of a plugin: from options, else by questions. */
import { basename, extname } from 'node:path';
import { customPlugin, parseSettings, words } from '../install/add/custom-plugin.js';
import type { NewPlugin } from '../install/add/new-plugin.js';
import { settingKinds } from '../plugins/types.js';
import type { PluginType } from '../project/types.js';
import type { Asker } from './ask.js';

export interface CustomAnswers {
  namespace?: string | undefined;
  pipUrl?: string | undefined;
  executable?: string | undefined;
  capabilities?: string | undefined;
  settings?: string | undefined;
}

interface Question {
  key: keyof CustomAnswers;
  text: string;
  fallback: string;
}

const hasSettings: readonly PluginType[] = ['extractors', 'loaders', 'transformers'];

/** Asked for is what no option answers; without an asker the defaults serve. */
export async function customFromAnswers(
  type: PluginType,
  name: string,
  given: CustomAnswers,
  python: string | undefined,
  asker: Asker | undefined,
): Promise<NewPlugin> {
  const answers: CustomAnswers = { ...given };
  for (const next of [namespace, pipUrl, executable, capabilities, settings]) {
    const question = next(type, name, answers);
    if (question === undefined || answers[question.key] !== undefined) continue;
    answers[question.key] = (await asker?.ask(question.text, question.fallback)) ?? question.fallback;
  }
  const isLocal = answers.pipUrl === 'n' || answers.pipUrl === '';
  return customPlugin(type, {
    name,
    namespace: answers.namespace,
    python,
    pip_url: isLocal ? undefined : answers.pipUrl,
    executable: answers.executable,
    capabilities: words(answers.capabilities ?? ''),
    settings: parseSettings(answers.settings ?? ''),
  });
}

function namespace(_type: PluginType, name: string): Question {
  const text = `\nAdding the custom plugin '${name}'. Its namespace is the prefix of its variables and the default schema that it loads into.\n(namespace)`;
  return { key: 'namespace', text, fallback: name.replaceAll('-', '_') };
}

function pipUrl(_type: PluginType, name: string): Question {
  const text = `\nWhat pip installs: a package, git+https://..., or -e and a folder; 'n' for a program that is here already.\n(pip_url)`;
  return { key: 'pipUrl', text, fallback: name };
}

/** As the original derives it: the last part of the pip_url, without what follows its last dot. */
function executable(_type: PluginType, name: string, { pipUrl }: CustomAnswers): Question {
  const isLocal = pipUrl === undefined || pipUrl === 'n' || pipUrl === '';
  const file = basename(isLocal ? name : pipUrl);
  const text = isLocal
    ? '\nThe path of the program, or its name on PATH.\n(executable)'
    : '\nThe program that it installs.\n(executable)';
  return { key: 'executable', text, fallback: basename(file, extname(file)) };
}

function capabilities(type: PluginType): Question | undefined {
  if (type !== 'extractors') return undefined;
  const text =
    '\nWhat the tap can do: catalog, discover, properties, state and others, with commas between.\n(capabilities)';
  return { key: 'capabilities', text, fallback: '' };
}

function settings(type: PluginType): Question | undefined {
  if (!hasSettings.includes(type)) return undefined;
  const text = `\nIts settings with commas between, each with a kind behind a colon where it is not text, e.g. token:password,port:integer.\nKinds: ${settingKinds.join(', ')}\n(settings)`;
  return { key: 'settings', text, fallback: '' };
}
