/**
 * What the state backend asks of an object store: S3 has it by ETags, Google Cloud Storage by generations, Azure Blob by
 * ETags. Only single objects change at once; everything that needs more is made of these.
 */

export interface StoredObject {
  text: string;
  /** What a condition compares: an ETag, a generation. It may be the same again where the content is. */
  version: string;
  modifiedAt: Date;
  /** The store's own clock when it answered. */
  now: Date;
}

export interface ListedObject {
  key: string;
  modifiedAt: Date;
}

/** The object does not exist, or is the one that was seen. */
export type Condition = 'absent' | { version: string };

/** Every method throws a TaplineError for what the store refuses, STATE_BACKEND_UNREACHABLE where a later try may go well. */
export interface ObjectStore {
  readonly kind: string;
  /** The name of an object for a person; without secrets. */
  nameOf(key: string): string;
  get(key: string): Promise<StoredObject | undefined>;
  /** The new version; undefined where the condition is not met. */
  put(key: string, text: string, condition?: Condition): Promise<string | undefined>;
  /** Does nothing if the object is missing or is not the one that was seen. */
  delete(key: string, seen?: { version: string }): Promise<void>;
  /** Page by page. */
  list(prefix: string): AsyncIterable<ListedObject[]>;
  /** The names between the prefix's last slash and the next one, of all keys that begin with it; page by page. */
  folders(prefix: string): AsyncIterable<string[]>;
  close(): Promise<void>;
}

/**
 * Puts `text` over what was seen. An answer may get lost and the request be sent again: then the second one meets our own
 * text, which counts as put. So a text must be one that no other writer could have written.
 */
export async function putOver(
  store: ObjectStore,
  key: string,
  text: string,
  seen: { version: string } | undefined,
): Promise<string | undefined> {
  const version = await store.put(key, text, seen ?? 'absent');
  if (version !== undefined) return version;
  const there = await store.get(key);
  return there?.text === text ? there.version : undefined;
}
