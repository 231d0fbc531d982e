/** Answers of a hub in the user's cache folder, in the original's place and form: each program can use the other's. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const freshMilliseconds = 3_600_000;

export interface AnswerCache {
  /** Undefined where it is older than an hour, or can't be read. */
  read(url: string): Promise<unknown>;
  write(url: string, value: unknown): Promise<void>;
}

export function answerCache(env: NodeJS.ProcessEnv): AnswerCache {
  const folder = cacheFolder(env);
  const fileOf = (url: string, root: string) =>
    join(root, 'hub', `${createHash('sha256').update(url).digest('hex')}.json`);
  return {
    async read(url) {
      if (folder === undefined) return undefined;
      try {
        const file = fileOf(url, folder);
        if (Date.now() - (await stat(file)).mtimeMs > freshMilliseconds) return undefined;
        return JSON.parse(await readFile(file, 'utf8'));
      } catch {
        return undefined;
      }
    },
    /** What can't be kept is asked for again next time. */
    async write(url, value) {
      if (folder === undefined) return;
      const file = fileOf(url, folder);
      const draft = `${file}.${process.pid}.partial`;
      try {
        await mkdir(join(folder, 'hub'), { recursive: true });
        await writeFile(draft, JSON.stringify(value));
        await rename(draft, file);
      } catch {
        await rm(draft, { force: true }).catch(() => undefined);
      }
    },
  };
}

/** `platformdirs.user_cache_path("meltano")`. */
function cacheFolder({ XDG_CACHE_HOME: cache, HOME: home }: NodeJS.ProcessEnv): string | undefined {
  if (process.platform === 'darwin') return home ? join(home, 'Library', 'Caches', 'meltano') : undefined;
  if (cache?.trim()) return join(cache, 'meltano');
  return home ? join(home, '.cache', 'meltano') : undefined;
}
