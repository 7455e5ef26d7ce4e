// @ts-check
// What no storage took: kept in this page only, tried again, and sent as soon as there is a network.
import { chained } from "./chain.js";

/** @typedef {import("./store.js").Done} Done */
/** @typedef {import("./store.js").Answer} Answer */
/** @typedef {import("./chain.js").Entry} Entry */

export class Held {
  constructor() {
    /** @type {Map<string, Done>} neither stored nor answered */
    this.items = new Map();
    /** @type {Map<string, Entry>} numbered in a log of this page's own, and not answered */
    this.entries = new Map();
    /** @type {import("./chain.js").Tail} the end of that log */
    this.tail = null;
    this.serverAt = "";
  }

  all() {
    return [...this.items.values()];
  }

  /** @param {Done[]} done */
  add(done) {
    for (const each of done) this.items.set(each.draft.ref, each);
  }

  /** @param {Done[]} done what has been stored at last */
  stored(done) {
    for (const each of done) this.items.delete(each.draft.ref);
  }

  /** Return entries for the server. What was numbered once keeps its number, stored or not.
   * @param {number} most
   */
  async toSend(most) {
    const fresh = this.all().filter((each) => !this.entries.has(each.draft.ref));
    const drafts = fresh.map((each) => each.draft);
    const entries = await chained(this.tail, drafts, this.serverAt);
    for (const entry of entries) {
      this.entries.set(entry.ref, entry);
      this.tail = { seq: entry.seq, hash: entry.hash };
    }
    return [...this.entries.values()].slice(0, most);
  }

  /** Let go of what the server has recorded.
   * @param {Answer[]} answers
   */
  answered(answers) {
    for (const { ref, status } of answers) {
      if (status === "retry") continue;
      this.entries.delete(ref);
      this.items.delete(ref);
    }
  }
}
