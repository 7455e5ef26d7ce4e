// @ts-check
// What stays on the device: the log of scans, and what the server said last. An entry counts as kept
// only when its transaction is complete.
import { chained } from "./chain.js";

/** @typedef {import("./chain.js").Draft} Draft */
/** @typedef {import("./chain.js").Entry} Entry */
/** @typedef {import("../station/sound.js").Tone} Tone */
/** An entry with what became of it; `open`: the server has not answered for it for good. `group`
 * and `shown` are for this device's screen and paper only.
 * @typedef {object} Kept
 * @property {number} seq
 * @property {Entry} entry
 * @property {1} [open]
 * @property {string} status the server's word; empty until it has answered
 * @property {Tone | ""} tone
 * @property {string} verdict
 * @property {boolean} [read] a refusal that somebody has read
 * @property {string} group of what was done at once
 * @property {Shown} shown
 */
/** Names as they were at the time.
 * @typedef {{[name: string]: string}} Shown
 */
/** @typedef {{seq: number, ref: string, status: string, tone: Tone, verdict: string}} Answer */
/** @typedef {{draft: Draft, group: string, shown: Shown}} Done what somebody did just now */

/** Where a log ends, and the last time that the server told.
 * @typedef {{tail: import("./chain.js").Tail, serverAt: string}} End
 */

const NAME = "qolhat.courier";
const LOG = "log";
const FACTS = "facts";
const OF_PEOPLE = ["today", "clock"];
const KEEP = 2_000; // answered entries: more than a day's
const LONG = 500; // entries of a log that may give way to a new one
const A_NIGHT = 10 * 3_600_000; // ms after the last entry: that day is over
const MOST_TRIES = 50; // another page may add entries at the same time
const CHUNK = 400; // entries that are read at once
const MOST_TEXT = 1_000_000; // characters in a batch: signatures are long

export class Store {
  constructor() {
    /** @type {Promise<IDBDatabase> | null} */
    this.opening = null;
    /** @type {Promise<unknown>} */
    this.line = Promise.resolve();
    /** @type {End | null} where the log ended when this page wrote last */
    this.known = null;
  }

  /** @returns {Promise<IDBDatabase>} fails where the browser keeps nothing */
  open() {
    if (this.opening === null) {
      this.opening = opened();
      this.opening.then(
        (database) => (database.onclose = () => (this.opening = null)),
        () => (this.opening = null), // the next one tries again
      );
    }
    return this.opening;
  }

  // --- facts -------------------------------------------------------------------------------------

  /**
   * @param {string} name
   * @returns {Promise<any>} undefined if there is none
   */
  async get(name) {
    const database = await this.open();
    return result(database.transaction(FACTS).objectStore(FACTS).get(name));
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  async set(name, value) {
    const writing = await this.writing([FACTS]);
    writing.objectStore(FACTS).put(value, name);
    await complete(writing);
  }

  /** Return this device's log's id; the first page that asks makes it. */
  async logId() {
    const writing = await this.writing([FACTS]);
    const facts = writing.objectStore(FACTS);
    const id = (await result(facts.get("log"))) || crypto.randomUUID();
    facts.put(id, "log");
    await complete(writing);
    return /** @type {string} */ (id);
  }

  // --- the log -----------------------------------------------------------------------------------

  /**
   * Add what was done at once: all of it, or nothing. Fails where it cannot be kept.
   * @param {Done[]} done
   * @returns {Promise<Kept[]>}
   */
  append(done) {
    const adding = this.line.then(() => this.appended(done));
    this.line = adding.catch(() => undefined);
    return adding;
  }

  /**
   * @param {Done[]} done
   * @returns {Promise<Kept[]>}
   */
  async appended(done) {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const end = this.known || (await this.end());
      // Hashing takes time, and a transaction would not wait for it: whether the log still ends
      // there is asked again inside the one that writes.
      const entries = await chained(
        end.tail,
        done.map((each) => each.draft),
        end.serverAt,
      );
      const kept = entries.map((entry, i) => fresh(entry, done[i]));
      this.known = null;
      if (await this.addAfter(end, kept)) {
        const last = entries[entries.length - 1];
        this.known = { tail: { seq: last.seq, hash: last.hash }, serverAt: end.serverAt };
        return kept;
      }
    }
    throw new Error("other pages leave no turn");
  }

  /** @returns {Promise<End>} */
  async end() {
    const database = await this.open();
    return endOf(database.transaction([LOG, FACTS]));
  }

  /**
   * @param {End} end
   * @param {Kept[]} kept
   * @returns {Promise<boolean>} false: the log has gone on meanwhile, or the server has told a time
   */
  async addAfter(end, kept) {
    const writing = await this.writing([LOG, FACTS]);
    const now = await endOf(writing);
    const same = hashAt(now) === hashAt(end) && now.serverAt === end.serverAt;
    if (same) for (const each of kept) writing.objectStore(LOG).add(each);
    await complete(writing);
    return same;
  }

  /**
   * Return a person's entries for which the server has not answered, in their order.
   * @param {number} person
   * @param {number} after a number in the log
   * @param {number} most
   * @returns {Promise<Kept[]>}
   */
  async unanswered(person, after, most) {
    const database = await this.open();
    const log = () => database.transaction(LOG).objectStore(LOG);
    /** @type {Kept[]} */
    const found = [];
    let from = Math.max(after, (await firstOpen(log())) - 1);
    for (let read = CHUNK; read === CHUNK && found.length < most;) {
      const chunk = await result(log().getAll(IDBKeyRange.lowerBound(from, true), CHUNK));
      found.push(...chunk.filter((kept) => kept.open && kept.entry.person === person));
      read = chunk.length;
      if (read > 0) from = chunk[read - 1].seq;
    }
    return cut(found.slice(0, most));
  }

  /** Return how many wait. */
  async waiting() {
    const database = await this.open();
    const index = database.transaction(LOG).objectStore(LOG).index("open");
    return result(index.count(IDBKeyRange.only(1)));
  }

  /** Return the number of the first entry that waits; of the one to come, if none does. */
  async firstWaiting() {
    const database = await this.open();
    return firstOpen(database.transaction(LOG).objectStore(LOG));
  }

  /**
   * Take down what the server answered; each answer is for the entry with this ref.
   * @param {Answer[]} answers
   * @param {string} serverAt
   * @param {number} known up to where the server says it has everything
   */
  async settle(answers, serverAt, known) {
    const writing = await this.writing([LOG, FACTS]);
    const [log, facts] = [writing.objectStore(LOG), writing.objectStore(FACTS)];
    facts.put(serverAt, "server_at");
    for (const answer of answers) {
      const found = await result(log.get(answer.seq));
      if (found && found.entry.ref === answer.ref) log.put(answered(found, answer));
    }
    await reopen(log, facts, known);
    await forgetOld(log);
    await complete(writing);
  }

  /**
   * Return the last entries, the newest first.
   * @param {number} most
   * @returns {Promise<Kept[]>}
   */
  async recent(most) {
    const database = await this.open();
    const log = database.transaction(LOG).objectStore(LOG);
    const tail = await lastOf(log);
    const from = (tail ? tail.seq : 0) - most;
    /** @type {Kept[]} */
    const found = await result(log.getAll(IDBKeyRange.lowerBound(from, true)));
    return found.reverse();
  }

  /**
   * Begin a new log where the old one is long, all answered for, and of another day: the server reads
   * a log's whole chain when a piece of it comes.
   * @param {number} now ms since 1970
   * @returns {Promise<boolean>} whether a new one was begun
   */
  async beginAnew(now) {
    const writing = await this.writing([LOG, FACTS]);
    const [log, facts] = [writing.objectStore(LOG), writing.objectStore(FACTS)];
    const cursor = await result(log.openCursor(null, "prev"));
    const last = /** @type {Kept | undefined} */ (cursor?.value);
    const waits = await result(log.index("open").count(IDBKeyRange.only(1)));
    const old = last !== undefined && now - Date.parse(last.entry.happened_at) > A_NIGHT;
    const anew = old && last.seq >= LONG && waits === 0;
    if (anew) {
      log.clear();
      for (const name of ["log", "reopened"]) facts.delete(name);
      this.known = null;
    }
    await complete(writing);
    return anew;
  }

  /**
   * Note that somebody has read a refusal; it stays in the log.
   * @param {number} seq
   */
  async markRead(seq) {
    const writing = await this.writing([LOG]);
    const log = writing.objectStore(LOG);
    const found = await result(log.get(seq));
    if (found) log.put({ ...found, read: true });
    await complete(writing);
  }

  /**
   * Forget everything, unless something of this person's waits. What waits for somebody else stays,
   * and so does the log that it is in.
   * @param {number} person
   * @returns {Promise<boolean>}
   */
  async forget(person) {
    const writing = await this.writing([LOG, FACTS]);
    const [log, facts] = [writing.objectStore(LOG), writing.objectStore(FACTS)];
    /** @type {Kept[]} */
    const waits = await result(log.index("open").getAll(IDBKeyRange.only(1)));
    const own = waits.some((kept) => kept.entry.person === person);
    if (!own && waits.length === 0) {
      log.clear();
      facts.clear();
      this.known = null;
    } else if (!own) for (const name of OF_PEOPLE) facts.delete(name);
    await complete(writing);
    return !own;
  }

  /**
   * @param {string[]} stores
   * @returns {Promise<IDBTransaction>}
   */
  async writing(stores) {
    const database = await this.open();
    return database.transaction(stores, "readwrite", { durability: "strict" });
  }
}

// --- entries -------------------------------------------------------------------------------------

/**
 * @param {Entry} entry
 * @param {Done} done
 * @returns {Kept}
 */
function fresh(entry, done) {
  const { group, shown } = done;
  return { seq: entry.seq, entry, open: 1, status: "", tone: "", verdict: "", group, shown };
}

/**
 * @param {Kept} kept
 * @param {Answer} answer
 * @returns {Kept}
 */
function answered(kept, { status, tone, verdict }) {
  const { open, ...rest } = kept;
  const told = { ...rest, status, tone: tone || "", verdict: verdict || "" };
  return status === "retry" ? { ...told, open: 1 } : told;
}

/** Take as many as make a bearable request, and one at least. @param {Kept[]} found */
function cut(found) {
  let text = 0;
  const end = found.findIndex((kept) => (text += JSON.stringify(kept.entry).length) > MOST_TEXT);
  return end < 0 ? found : found.slice(0, Math.max(1, end));
}

/**
 * A server that was restored from a backup knows less than it has answered for: it gets that again,
 * once for each point to which it was set back.
 * @param {IDBObjectStore} log
 * @param {IDBObjectStore} facts
 * @param {number} known
 */
async function reopen(log, facts, known) {
  const first = await firstOpen(log);
  if (!(known < first - 1)) return;
  // What it refused it does not have: what comes after that says nothing.
  const next = await result(log.get(known + 1));
  if (next && next.status === "refused") return;
  const before = (await result(facts.get("reopened"))) || { known: -1, through: 0 };
  const from = before.known === known ? Math.max(known, before.through) : known;
  await each(log.openCursor(IDBKeyRange.bound(from, first, true, true)), (cursor) => {
    cursor.update({ ...cursor.value, open: 1 });
    return true;
  });
  facts.put({ known, through: first - 1 }, "reopened");
}

/** Keep as many as a day may bring; what waits is kept however old it is.
 * @param {IDBObjectStore} log
 */
async function forgetOld(log) {
  const tail = await lastOf(log);
  const old = (tail ? tail.seq : 0) - KEEP;
  const end = Math.min(old, (await firstOpen(log)) - 1);
  if (end > 0) log.delete(IDBKeyRange.upperBound(end));
}

/**
 * @param {IDBObjectStore} log
 * @returns {Promise<number>}
 */
async function firstOpen(log) {
  const first = await result(log.index("open").getKey(IDBKeyRange.only(1)));
  if (first !== undefined) return Number(first);
  const tail = await lastOf(log);
  return (tail ? tail.seq : 0) + 1;
}

/**
 * @param {IDBObjectStore} log
 * @returns {Promise<import("./chain.js").Tail>}
 */
async function lastOf(log) {
  const cursor = await result(log.openCursor(null, "prev"));
  return cursor ? { seq: cursor.value.seq, hash: cursor.value.entry.hash } : null;
}

/**
 * @param {IDBTransaction} reading
 * @returns {Promise<End>}
 */
async function endOf(reading) {
  const told = result(reading.objectStore(FACTS).get("server_at"));
  const tail = await lastOf(reading.objectStore(LOG));
  return { tail, serverAt: (await told) || "" };
}

/** @param {End} end */
function hashAt(end) {
  return end.tail ? end.tail.hash : "";
}

// --- IndexedDB as promises -----------------------------------------------------------------------

/** @returns {Promise<IDBDatabase>} */
function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(LOG, { keyPath: "seq" }).createIndex("open", "open");
      request.result.createObjectStore(FACTS);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>} fails also where the disk is full when all is written
 */
function complete(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error || new Error("not kept"));
  });
}

/**
 * @param {IDBRequest<IDBCursorWithValue | null>} request
 * @param {(cursor: IDBCursorWithValue) => boolean} visit false: enough
 * @returns {Promise<void>}
 */
function each(request, visit) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor && visit(cursor)) cursor.continue();
      else resolve();
    };
    request.onerror = () => reject(request.error);
  });
}
