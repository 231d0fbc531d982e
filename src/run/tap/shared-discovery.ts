/** One discovery for all windows of a backfill: what a tap has does not depend on the time that it is asked for. */
export class SharedDiscovery {
  private running: Promise<string> | undefined;

  /** `isShared`: another window has asked for it. One that fails is tried again by the next who asks afterwards. */
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
