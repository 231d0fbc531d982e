import { type Catalog, type CatalogStream, metadataOf } from '../catalog.js';
import type { JsonMap } from '../messages.js';
import { isRead, selectionOf } from '../selection.js';
import { Projection } from './projection.js';

/** A stream of the catalog to read, and the parts of it that are selected. */
export interface SelectedStream {
  id: string;
  /** The name that messages carry. */
  name: string;
  /** As the catalog has it; `projection.schema` is what is read of it. */
  schema: JsonMap;
  /** Top-level properties that are read. */
  properties: ReadonlySet<string>;
  keyProperties: string[];
  replicationKey: string | undefined;
  /** `FULL_TABLE`, `INCREMENTAL`, ... where the catalog says it. */
  replicationMethod: string | undefined;
  projection: Projection;
}

/** A stream without selection metadata is read whole, and so is, with `all`, a catalog that was not edited. */
export function selectedStreams(catalog: Catalog, all: boolean): SelectedStream[] {
  return catalog.streams.flatMap((stream) => {
    const entries = metadataOf(stream);
    const own = entries.find((entry) => entry.breadcrumb.length === 0);
    if (!all && own !== undefined && !isRead(selectionOf(own))) return [];
    const dropped = entries
      .filter((entry) => !all && entry.breadcrumb.length > 0 && !isRead(selectionOf(entry)))
      .map((entry) => entry.breadcrumb);
    return [describe(stream, dropped, own?.metadata ?? {})];
  });
}

function describe(stream: CatalogStream, dropped: string[][], own: JsonMap): SelectedStream {
  const schema = (stream.schema ?? {}) as JsonMap;
  const keys = own['table-key-properties'] ?? stream.key_properties;
  const replicationKey = own['replication-key'] ?? stream.replication_key;
  const method = own['replication-method'] ?? own['forced-replication-method'] ?? stream.replication_method;
  const keyProperties = Array.isArray(keys) ? keys.map(String) : [];
  // A record without its key, or without what its bookmark is made of, is of no use.
  const kept = new Set<unknown>([...keyProperties, replicationKey]);
  const projection = new Projection(
    schema,
    dropped.filter((breadcrumb) => !kept.has(breadcrumb[1])),
  );
  return {
    id: stream.tap_stream_id,
    name: typeof stream.stream === 'string' ? stream.stream : stream.tap_stream_id,
    schema,
    properties: new Set(Object.keys((projection.schema.properties ?? {}) as JsonMap)),
    keyProperties,
    replicationKey: typeof replicationKey === 'string' ? replicationKey : undefined,
    replicationMethod: typeof method === 'string' ? method : undefined,
    projection,
  };
}
