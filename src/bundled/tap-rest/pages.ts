import { PluginError } from '../../singer/kit/plugin-process.js';
import { isMap, type JsonMap } from '../../singer/messages.js';
import type { Answer, HttpClient } from './http-client.js';
import { choice, count, text } from './settings.js';
import { at, pathOf, type StreamEntry } from './stream-entries.js';

const styles = ['page', 'offset', 'cursor', 'link', 'none'] as const;

/** How a list is asked for part by part. */
export interface Paging {
  style: (typeof styles)[number];
  /** The query parameter for the page, the offset or the cursor. */
  param: string;
  first: number;
  size: number;
  sizeParam: string | undefined;
  cursorPath: string[];
}

export function readPaging(config: JsonMap): Paging {
  const style = choice(config, 'pagination', styles, 'page');
  return {
    style,
    param: text(config, `${style}_param`) ?? style,
    first: count(config, 'page_start', 1),
    size: count(config, 'page_size', 100, 1),
    sizeParam:
      style === 'none' ? undefined : (text(config, 'page_size_param') ?? (style === 'offset' ? 'limit' : 'page_size')),
    cursorPath: pathOf(config.cursor_path) ?? ['next_cursor'],
  };
}

/** The records of each page, until one is empty or the server names no next one. */
export async function* readPages(
  http: HttpClient,
  entry: StreamEntry,
  paging: Paging,
  { params, stop }: { params: Record<string, string>; stop: AbortSignal },
): AsyncGenerator<JsonMap[]> {
  const sized = paging.sizeParam === undefined ? {} : { [paging.sizeParam]: String(paging.size) };
  const first = http.urlOf(entry.path, { ...sized, ...params });
  let url: URL | undefined = withFirst(first, paging);
  let before: Answer | undefined;
  let read = 0;
  for (let page = 1; url !== undefined; page += 1) {
    const answer: Answer | undefined = await http.get(url, stop);
    if (answer === undefined) return;
    const records = recordsOf(answer.body, entry);
    if (records.length === 0 && (paging.style === 'page' || paging.style === 'offset')) return;
    if (answer.text === before?.text) refuseRepeated(entry, paging, page);
    if (records.length > 0) yield records;
    before = answer;
    read += records.length;
    const next = nextUrl({ first, answer, page, read }, paging);
    if (next?.href === url.href) refuseRepeated(entry, paging, page + 1);
    url = next;
  }
}

function withFirst(first: URL, { style, param, first: number }: Paging): URL {
  const url = new URL(first);
  if (style === 'page') url.searchParams.set(param, String(number));
  if (style === 'offset') url.searchParams.set(param, '0');
  return url;
}

function nextUrl(
  { first, answer, page, read }: { first: URL; answer: Answer; page: number; read: number },
  paging: Paging,
): URL | undefined {
  const url = new URL(first);
  if (paging.style === 'none') return undefined;
  if (paging.style === 'link') return nextLink(answer);
  if (paging.style === 'page') url.searchParams.set(paging.param, String(paging.first + page));
  if (paging.style === 'offset') url.searchParams.set(paging.param, String(read));
  if (paging.style !== 'cursor') return url;
  const cursor = at(answer.body, paging.cursorPath);
  if (cursor === undefined || cursor === null || cursor === '' || cursor === false) return undefined;
  // Some give the whole address of the next page.
  if (/^https?:\/\//.test(String(cursor))) return new URL(String(cursor));
  url.searchParams.set(paging.param, String(cursor));
  return url;
}

/** `Link: <https://host/orders?page=2>; rel="next"`. */
function nextLink({ headers, url }: Answer): URL | undefined {
  for (const [, target = '', parameters = ''] of (headers.get('link') ?? '').matchAll(/<([^>]*)>((?:\s*;[^,<]*)*)/g)) {
    if (
      /;\s*rel\s*=\s*"?(?:[^"]*\s)?next(?:\s[^"]*)?"?\s*(?:;|$)/i.test(parameters) &&
      URL.canParse(target, url.href)
    ) {
      return new URL(target, url);
    }
  }
  return undefined;
}

function refuseRepeated(entry: StreamEntry, { style, param }: Paging, page: number): never {
  const known = style === 'link' ? 'the link to the next page' : `the parameter ${param}`;
  throw new PluginError(
    `Page ${page} of the stream ${entry.name} is the same as the one before: the server seems to ignore ${known}. ` +
      'Set `pagination` to what the API has, or to `none`.',
  );
}

/** Lists that APIs wrap in a map are mostly its only list. */
function recordsOf(body: unknown, { name, recordsPath }: StreamEntry): JsonMap[] {
  const found = recordsPath === undefined ? findList(body) : at(body, recordsPath);
  // No list at all is how some say that there is nothing.
  if (found === null || (found === undefined && isMap(body) && Object.keys(body).length === 0)) return [];
  const records = Array.isArray(found) ? found : isMap(found) && recordsPath !== undefined ? [found] : undefined;
  if (records === undefined) {
    const where = recordsPath === undefined ? 'as its only list' : `at ${recordsPath.join('.') || '$'}`;
    throw new PluginError(`The answer for the stream ${name} has no records ${where}; set \`records_path\`.`);
  }
  if (!records.every(isMap)) throw new PluginError(`The records of the stream ${name} are not all JSON objects.`);
  return records as JsonMap[];
}

function findList(body: unknown): unknown {
  if (Array.isArray(body) || !isMap(body)) return body;
  const lists = Object.values(body).filter(Array.isArray);
  if (lists.length === 1) return lists[0];
  return Object.keys(body).length === 0 ? null : undefined;
}
