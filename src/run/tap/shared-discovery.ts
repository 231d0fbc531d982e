/** One discovery for all windows of a backfill: the catalog of a tap does not depend on the window. */
export class SharedDiscovery {
  private running: Promise<string> | undefined;

  /** `isShared`: another window started it. After a failed discovery, the next caller tries again. */
  async once(discover: () => Promise<string>): Promise<{ text: string; isShared: boolean }> {
    if (this.running !== undefined) return { text: await this.running, isShared: true };
    this.running = discover();
    try {
      return { text: await this.running, isShared: false };
    } catch (error) {
      this.running = undefined;
      throw error;
    }
  }
}
