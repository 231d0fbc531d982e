import { dirname } from 'node:path';
import { type SourceLocation, TaplineError } from '../errors.js';
import { isMap } from '../values.js';
import { type CachedProject, type FileStamp, hashOf, readCache, writeCache } from './cache.js';
import { type ProjectContent, readContent } from './content.js';
import { readDotenv } from './dotenv.js';
import { selectEnvironment } from './environments.js';
import { findProject, type ProjectPlace } from './find-root.js';
import { checkRequiresMeltano } from './meltano-version.js';
import type { Placed } from './merge.js';
import { findPlace, type Places } from './places.js';
import { decodeUtf8, readProjectFile } from './read-text.js';
import type { LoadProjectOptions, Project, ProjectPath } from './types.js';
import type { YamlDocument } from './yaml-document.js';

/**
 * Finds and reads the project around `cwd`, for one environment. Parsed files are kept in the system directory, so a
 * second call costs about a millisecond. Throws the PROJECT_*, ENVIRONMENT_* and DOTENV_* errors.
 */
export async function loadProject(options: LoadProjectOptions = {}): Promise<Project> {
  const env = options.env ?? process.env;
  const place = findProject(options.cwd ?? currentFolder(), env);
  const main = readMain(place.file);
  const { stamps, content, readPlaces } = (await fromCache(place, main)) ?? (await fromFiles(place, main));
  const dotenv = await readDotenv(place.root, options.envFile, env);
  // A variable that is set to nothing hides the one in .env and chooses nothing, as in the original.
  const variable = (name: string) => (env[name] ?? dotenv.values[name]) || undefined;
  const defaultEnvironment = variable('MELTANO_DEFAULT_ENVIRONMENT') ?? content.defaultEnvironment;
  const selected = selectEnvironment(
    content.environments,
    {
      flag: options.environment,
      variable: variable('MELTANO_ENVIRONMENT'),
      fallback: defaultEnvironment,
      policy: options.policy ?? 'default',
    },
    place.file,
  );
  const files = stamps.map(({ file }) => file);
  const project: Project = {
    ...content,
    ...place,
    ...selected,
    files,
    defaultEnvironment,
    warnings: [...content.warnings, ...dotenv.warnings],
    dotenv: dotenv.values,
    dotenvFile: dotenv.file,
    locate: locator(files, content, readPlaces),
  };
  return Object.freeze(project);
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new TaplineError('PROJECT_NOT_FOUND', 'The current folder no longer exists.', {
      cause,
      hint: 'Change to the folder of your project.',
    });
  }
}

function readMain(file: string): Buffer {
  const bytes = readProjectFile(file);
  if (bytes) return bytes;
  throw new TaplineError('PROJECT_UNREADABLE', `${file} is a link to a file that does not exist.`);
}

interface LoadedContent {
  stamps: FileStamp[];
  content: ProjectContent;
  readPlaces(): Places | undefined;
}

async function fromCache(place: ProjectPlace, main: Buffer): Promise<LoadedContent | undefined> {
  const cached = readCache(place.sysDir, place.root);
  if (!cached || cached.stamps[0]?.hash !== hashOf(main)) return undefined;
  return (await hasSameIncludes(cached, place)) ? cached : undefined;
}

async function hasSameIncludes(cached: CachedProject, place: ProjectPlace): Promise<boolean> {
  if (cached.includePaths.length === 0) return true;
  const files = await includedFiles(place, cached.includePaths, () => undefined);
  const known = cached.stamps.slice(1);
  if (files.length !== known.length) return false;
  return files.every((file, index) => {
    const bytes = known[index]?.file === file ? readProjectFile(file) : undefined;
    return bytes !== undefined && hashOf(bytes) === known[index]?.hash;
  });
}

async function includedFiles(
  place: ProjectPlace,
  patterns: readonly string[],
  locate: (path: ProjectPath) => SourceLocation | undefined,
): Promise<string[]> {
  if (patterns.length === 0) return [];
  const { findIncludes } = await import('./include.js');
  return findIncludes(place.root, patterns, (index) => locate(['include_paths', index]));
}

async function fromFiles(place: ProjectPlace, mainBytes: Buffer): Promise<LoadedContent> {
  const [{ readYaml }, { mergePlaced, refuseDuplicateNames }, { checkShape }, { findUnknownKeys }] = await Promise.all([
    import('./yaml-document.js'),
    import('./merge.js'),
    import('./shape.js'),
    import('./unknown-keys.js'),
  ]);
  const main = readYaml(decodeUtf8(mainBytes, place.file), place.file, 0);
  refuseOther(main);
  const includePaths = includePathsOf(main);
  const includedPaths = await includedFiles(place, includePaths, (path) => findPlace([place.file], main.places, path));
  const files = [place.file, ...includedPaths];
  const bytes = includedPaths.map((file) => readProjectFile(file) ?? Buffer.alloc(0));
  const included = bytes.map((buffer, index) => {
    const file = files[index + 1] ?? '';
    return readYaml(decodeUtf8(buffer, file), file, index + 1);
  });
  for (const document of included) if (document.value !== null) refuseOther(document);
  refuseDuplicateNames(files, main, included);

  const merged = included.reduce<Placed>(mergePlaced, main);
  const locate = (path: ProjectPath) => findPlace(files, merged.places, path);
  await checkShape(merged.value, place.file, locate);
  const project = merged.value as Record<string, unknown>;
  const content = readContent(project, locate);
  await checkRequiresMeltano(content.requiresMeltano, 'This project', locate(['requires_meltano']));
  const yamlWarnings = [main, ...included].flatMap(({ warnings }) => warnings);
  content.warnings = [...yamlWarnings, ...content.warnings, ...findUnknownKeys(project, locate)];
  const stamps = [mainBytes, ...bytes].map((buffer, index) => ({ file: files[index] ?? '', hash: hashOf(buffer) }));
  writeCache(place.sysDir, place.root, { stamps, includePaths, content }, merged.places);
  return { stamps, content, readPlaces: () => merged.places };
}

function refuseOther(document: YamlDocument): void {
  const { file, value } = document;
  const at = { file, line: 1, col: 1 };
  if (value === null) {
    throw new TaplineError('PROJECT_EMPTY', `${file} is empty.`, {
      at,
      hint: 'Write at least `plugins: {}` into it; meltano.example.yml shows every key.',
    });
  }
  if (isMap(value)) return;
  const found = Array.isArray(value) ? 'a list' : 'a single value';
  throw new TaplineError(
    'PROJECT_SHAPE',
    `${file} must be a map at its top (\`plugins:\`, \`environments:\` ...), but is ${found}.`,
    {
      at,
      hint: `Is ${dirname(file)} the folder of a Meltano project?`,
    },
  );
}

function includePathsOf(main: YamlDocument): string[] {
  const value = (main.value as Record<string, unknown>).include_paths ?? [];
  if (Array.isArray(value) && value.every((pattern) => typeof pattern === 'string')) return value;
  throw new TaplineError('PROJECT_SHAPE', 'include_paths must be a list of texts.', {
    at: findPlace([main.file], main.places, ['include_paths']),
  });
}

/** Positions of the values as they were read. An environment that a map in `env:` declares, or fills, has its variables there. */
function locator(
  files: readonly string[],
  content: ProjectContent,
  readPlaces: () => Places | undefined,
): Project['locate'] {
  let places: Places | undefined | null = null;
  const find = (path: ProjectPath) => {
    if (places === null) places = readPlaces();
    return places ? findPlace(files, places, path) : undefined;
  };
  return (path) => {
    const [area, index, ...rest] = path;
    const environment = area === 'environments' && typeof index === 'number' ? content.environments[index] : undefined;
    const declared =
      environment && (rest.length === 0 || rest[0] === 'env') ? ['env', environment.name, ...rest.slice(1)] : undefined;
    return find(path) ?? (declared ? find(declared) : undefined);
  };
}
