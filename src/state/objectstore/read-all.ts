import pLimit from 'p-limit';

/** Enough that the way to the store is filled, and fewer than the SDK's sockets. */
const maxParallelReads = 32;

/** What `read` gives for each, in their order, without what is not there. */
export async function readAll<A, B>(items: readonly A[], read: (item: A) => Promise<B | undefined>): Promise<B[]> {
  const limit = pLimit(maxParallelReads);
  const found = await Promise.all(items.map((item) => limit(() => read(item))));
  return found.filter((each) => each !== undefined) as B[];
}

export async function namesIn(pages: AsyncIterable<string[]>): Promise<string[]> {
  const names: string[] = [];
  for await (const page of pages) names.push(...page);
  return names;
}
