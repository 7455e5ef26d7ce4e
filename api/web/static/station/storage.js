// @ts-check
// Keeps the queue where a closed page loses nothing: an item of the browser's storage for each
// entry, so that pages that are open at once never overwrite each other's.

/** @typedef {import("./queue.js").Entry} Entry */
/** @typedef {import("./queue.js").Answer} Answer */
/** @typedef {{entry: Entry, answer: Answer}} Refused */

const QUEUED = "qolhat.queue.";
const REFUSED = "qolhat.refused.";
const COUNTER = "qolhat.counter";

export class Storage {
  /** @param {() => void} onTrouble is told when something can be kept in this page only */
  constructor(onTrouble) {
    this.onTrouble = onTrouble;
    this.area = area();
    this.counter = 0;
    /** @type {Map<string, Entry>} what no storage took */
    this.unkept = new Map();
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
    /** @type {Map<string, Refused>} */
    this.refused = new Map();
    this.reload();
  }

  /** Read what other pages, and earlier ones, have left. */
  reload() {
    if (this.area === null) return;
    this.entries = new Map([...this.read(QUEUED), ...this.unkept]);
    this.refused = new Map(this.read(REFUSED));
  }

  /** @returns {Entry[]} in the order in which they were made */
  queue() {
    return [...this.entries.values()].sort((one, other) => one.body.counter - other.body.counter);
  }

  /** @param {Entry} entry */
  add(entry) {
    this.entries.set(entry.body.ref, entry);
    if (!this.write(QUEUED + entry.body.ref, entry)) this.unkept.set(entry.body.ref, entry);
  }

  /** @param {string} ref */
  remove(ref) {
    this.entries.delete(ref);
    this.unkept.delete(ref);
    this.erase(QUEUED + ref);
  }

  /**
   * Move an entry to those that the server refused.
   * @param {Entry} entry
   * @param {Answer} answer
   */
  refuse(entry, answer) {
    this.refused.set(entry.body.ref, { entry, answer });
    this.write(REFUSED + entry.body.ref, { entry, answer });
    this.remove(entry.body.ref);
  }

  /** @param {string} ref of a refused entry that somebody has read */
  dismiss(ref) {
    this.refused.delete(ref);
    this.erase(REFUSED + ref);
  }

  /** Return the next count: it grows, also where the storage was emptied or is shared. */
  count() {
    const last = Number((this.area && this.area.getItem(COUNTER)) || 0);
    this.counter = Math.max(this.counter + 1, last + 1, Date.now());
    this.write(COUNTER, this.counter);
    return this.counter;
  }

  /** @param {StorageEvent} event of another page */
  concerns(event) {
    return event.key === null || event.key.startsWith(QUEUED) || event.key.startsWith(REFUSED);
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  write(key, value) {
    try {
      if (this.area === null) throw new Error("no storage");
      this.area.setItem(key, JSON.stringify(value));
      return true;
    } catch {
      this.onTrouble();
      return false;
    }
  }

  /** @param {string} key */
  erase(key) {
    if (this.area !== null) this.area.removeItem(key);
  }

  /**
   * @param {string} prefix
   * @returns {[string, any][]}
   */
  read(prefix) {
    const area = /** @type {globalThis.Storage} */ (this.area);
    const keys = Object.keys(area).filter((key) => key.startsWith(prefix));
    return keys
      .map((key) => /** @type {[string, any]} */ ([key.slice(prefix.length), parsed(area, key)]))
      .filter(([, value]) => value !== null);
  }
}

/** @returns {globalThis.Storage | null} */
function area() {
  try {
    window.localStorage.getItem(COUNTER);
    return window.localStorage;
  } catch {
    return null; // forbidden in this browser
  }
}

/**
 * @param {globalThis.Storage} storage
 * @param {string} key
 */
function parsed(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) || "null");
  } catch {
    return null; // another program's
  }
}
