import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderSource } from './folder-source.js';
import { httpSource } from './http-source.js';
import { createHub } from './hub.js';
import { answerCache } from './index-cache.js';
import type { Hub } from './types.js';

export interface HubOptions {
  /** The settings of these names, expanded. */
  hubUrl: string;
  hubApiRoot: string | undefined;
  hubUrlAuth: string | undefined;
  /** Relative folders start here: the project's root. */
  base: string;
  version: string;
  env: NodeJS.ProcessEnv;
}

/** The hub of a project: a URL, a `file:` URL, or a folder. Nothing is asked before it is used. */
export function openHub({ hubUrl, hubApiRoot, hubUrlAuth, base, version, env }: HubOptions): Hub {
  const place = hubApiRoot ?? hubUrl;
  if (place.startsWith('file:')) return createHub(folderSource(fileURLToPath(place)));
  if (isAbsolute(place) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(place))
    return createHub(folderSource(resolve(base, place)));
  const apiRoot = hubApiRoot ?? `${hubUrl.replace(/\/+$/, '')}/meltano/api/v1`;
  return createHub(httpSource({ apiRoot, auth: hubUrlAuth, version, env, cache: answerCache(env) }));
}
