// @ts-check
// Takes down what was done: it is acknowledged when it is durable, or when the server has it.
import { localIso } from "../station/queue.js";

/** @typedef {import("./chain.js").Draft} Draft */
/** @typedef {import("./store.js").Done} Done */
/** @typedef {import("./store.js").Kept} Kept */
/** @typedef {Pick<Draft, "kind" | "code"> & {place?: string, facts?: Draft["facts"],
 *   shown?: import("./store.js").Shown}} Doing
 */

const AGAIN = 3_000; // ms after which storing is tried again

export class Recorder extends EventTarget {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./held.js").Held} held
   * @param {import("./sender.js").Sender} sender
   */
  constructor(store, held, sender) {
    super();
    this.store = store;
    this.held = held;
    this.sender = sender;
    this.boot = sender.boot;
    this.troubled = false;
    this.timer = 0;
    /** @type {Promise<boolean> | null} */
    this.retrying = null;
  }

  /**
   * Take down what was done at once.
   * @param {number} person who did it
   * @param {Doing[]} doings
   * @returns {Promise<{kept: Kept[] | null, refs: string[]}>} null: no storage takes it; it is
   *   held and tried again
   */
  async record(person, doings) {
    const at = localIso(new Date());
    const mono = Math.round(performance.now());
    const group = crypto.randomUUID();
    const done = doings.map(({ kind, code, place = "", facts = {}, shown = {} }) => {
      const ref = crypto.randomUUID();
      const draft = {
        ref,
        kind,
        happened_at: at,
        boot: this.boot,
        mono,
        person,
        place,
        code,
        facts,
      };
      return { draft, group, shown };
    });
    const refs = done.map((each) => each.draft.ref);
    return {
      kept: (await this.storable()) ? await this.storedOrHeld(done) : this.hold(done),
      refs,
    };
  }

  /** What is held came first, and goes first. */
  async storable() {
    return this.held.all().length === 0 || this.retry();
  }

  /**
   * @param {Done[]} done
   * @returns {Promise<Kept[] | null>}
   */
  async storedOrHeld(done) {
    try {
      const kept = await this.store.append(done);
      this.stored();
      return kept;
    } catch (error) {
      console.warn("not stored", error);
      return this.hold(done);
    }
  }

  /** @param {Done[]} done */
  hold(done) {
    this.held.add(done);
    this.troubled = true;
    this.tell("trouble");
    this.retryLater();
    void this.sender.now();
    return null;
  }

  /** Try to store what is held, once at a time. @returns {Promise<boolean>} */
  retry() {
    if (this.retrying === null) {
      this.retrying = this.retried();
      void this.retrying.finally(() => (this.retrying = null));
    }
    return this.retrying;
  }

  /** @returns {Promise<boolean>} */
  async retried() {
    const done = this.held.all();
    try {
      if (done.length > 0) await this.store.append(done);
    } catch {
      this.retryLater();
      return false;
    }
    this.held.stored(done);
    if (done.length > 0) this.tell("late");
    this.stored();
    return true;
  }

  stored() {
    this.troubled = false;
    this.tell("stored");
    void this.sender.send();
  }

  retryLater() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (this.held.all().length > 0) void this.retry();
      else this.clear();
    }, AGAIN);
  }

  /** All that was held is with the server. */
  clear() {
    this.troubled = false;
    this.tell("stored");
  }

  /** @param {string} name */
  tell(name) {
    this.dispatchEvent(new CustomEvent(name));
  }
}
