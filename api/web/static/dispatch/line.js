// @ts-check
// The line of scans that wait to be recorded: each is kept at once, also where the page is closed,
// and sent in order, one request at a time. Sent twice it is recorded once: each has its own id.
import { uuid } from "../station/queue.js";

/**
 * What waits: `body` is what the server gets at `address`, `order` its turn.
 * @typedef {object} Entry
 * @property {string} address
 * @property {number} person
 * @property {number} order
 * @property {Body} body
 */
/** @typedef {{ref: string, code: string, counter: number, happened_at: string}
 *   & {[fact: string]: any}} Body */
/**
 * What the server says of an entry, ready to be shown.
 * @typedef {object} Answer
 * @property {string} ref
 * @property {"green" | "amber" | "red"} tone
 * @property {string} kind
 * @property {string} verdict
 * @property {string} number
 * @property {string} grouped
 * @property {string[]} remarks
 * @property {string} [bag]
 * @property {number} [count]
 * @property {boolean} [retry] it could not be stored: to be sent again
 */
/** @typedef {{code?: string, title?: string, detail?: string}} Problem */

const PREFIX = "qolhat.dispatch.";
const LOCK = "qolhat.dispatch";
const ANSWERED = "qolhat.answered"; // when the last answer came to a page, and of which address
const MOST = 20; // scans in one request: the answers come soon
const FIRST_PAUSE = 500; // ms before the next try; each failure doubles it
const LONGEST_PAUSE = 15_000;
const PATIENCE = 30_000; // ms for one request
// The session has ended, or is another person's: nothing is wrong with the entries.
const TURNED_AWAY = new Set([
  "log-in-needed",
  "turned-away",
  "foreign-request",
  "password-change-needed",
  "other-person",
]);
const PASSING = new Set([408, 425, 429]);

/** Events: `change` (look at `state`), `answer` (detail: entry and answer). */
export class Line extends EventTarget {
  /**
   * @param {{person: number, csrf: string, address: string, now: string}} desk `now` is the
   *   server's time when it made the page: its clock counts, not this machine's
   */
  constructor(desk) {
    super();
    this.desk = desk;
    this.ahead = Date.parse(desk.now) - Date.now();
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
    this.order = 0;
    this.failures = 0;
    this.timer = 0;
    this.sending = false;
    this.away = false;
    this.unkept = false;
    this.reload();
  }

  /** Begin to send, also what an earlier page has left. */
  start() {
    if (this.outdated()) return location.reload();
    window.addEventListener("online", () => this.retry());
    window.addEventListener("offline", () => this.tell("change"));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.retry();
    });
    window.addEventListener("beforeunload", (event) => {
      if (!this.unkept || this.entries.size === 0) return;
      event.preventDefault(); // what no storage took would be lost
      event.returnValue = "";
    });
    this.tell("change");
    this.retry();
  }

  /**
   * Keep a scan, and send it when possible.
   * @param {string} code
   * @param {{[fact: string]: any}} facts
   * @returns {Entry}
   */
  add(code, facts) {
    const { person, address } = this.desk;
    this.order = Math.max(this.order + 1, Date.now());
    const happened = new Date(Date.now() + this.ahead).toISOString();
    const body = { ref: uuid(), code, counter: this.order, happened_at: happened, ...facts };
    /** @type {Entry} */
    const entry = { address, person, order: this.order, body };
    this.entries.set(body.ref, entry);
    this.keep(entry);
    this.tell("change");
    this.pump();
    return entry;
  }

  get state() {
    return {
      waiting: this.entries.size,
      offline: !navigator.onLine || (this.failures > 0 && this.entries.size > 0),
      away: this.away,
      unkept: this.unkept,
    };
  }

  /** Resolve when nothing waits any more. @returns {Promise<void>} */
  emptied() {
    return new Promise((resolve) => {
      const check = () => {
        if (this.entries.size > 0) return;
        this.removeEventListener("change", check);
        resolve();
      };
      this.addEventListener("change", check);
      check();
    });
  }

  /** Try at once, whatever failed before. */
  retry() {
    window.clearTimeout(this.timer);
    this.timer = 0;
    this.pump();
  }

  // --- sending -----------------------------------------------------------------------------------

  pump() {
    if (this.sending || this.timer !== 0 || this.away || this.entries.size === 0) return;
    this.sending = true;
    exclusively(() => this.drain())
      .catch(() => this.fail())
      .then(() => {
        this.sending = false;
        this.pump(); // something may have come while the lock was given back
      });
  }

  async drain() {
    this.reload();
    while (this.entries.size > 0) {
      const batch = this.batch();
      if (!(await this.send(batch))) return;
    }
    this.tell("change");
  }

  /** The next entries that go to one address. @returns {Entry[]} */
  batch() {
    const queued = [...this.entries.values()].sort((one, other) => one.order - other.order);
    const other = queued.findIndex((each) => each.address !== queued[0].address);
    return queued.slice(0, Math.min(MOST, other < 0 ? MOST : other));
  }

  /**
   * @param {Entry[]} batch
   * @returns {Promise<boolean>} whether to go on
   */
  async send(batch) {
    const response = await this.post(batch).catch(() => null);
    if (response === null) return this.fail();
    const said = await response.json().catch(() => null);
    if (response.type === "opaqueredirect" || TURNED_AWAY.has((said || {}).code || "")) {
      this.away = true;
      this.tell("change");
      return false;
    }
    if (response.status >= 500 || PASSING.has(response.status) || said === null) return this.fail();
    this.failures = 0;
    return response.ok ? this.answered(batch, said.answers) : this.refused(batch, said);
  }

  /** @param {Entry[]} batch */
  post(batch) {
    const control = new AbortController();
    const timer = window.setTimeout(() => control.abort(), PATIENCE);
    const asked = fetch(batch[0].address, {
      method: "POST",
      headers: {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "X-CSRF-Token": this.desk.csrf,
      },
      body: JSON.stringify({ person: this.desk.person, scans: batch.map((each) => each.body) }),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "manual",
      signal: control.signal,
    });
    return asked.finally(() => window.clearTimeout(timer));
  }

  /** Wait, each time longer. */
  fail() {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.failures);
    this.failures += 1;
    this.timer = window.setTimeout(() => this.retry(), pause * (0.75 + Math.random() / 2));
    this.tell("change");
    return false;
  }

  // --- answers -----------------------------------------------------------------------------------

  /**
   * @param {Entry[]} batch
   * @param {Answer[]} answers
   */
  answered(batch, answers) {
    const told = new Map(answers.map((each) => [each.ref, each]));
    const later = batch.filter((entry) => (told.get(entry.body.ref) || { retry: true }).retry);
    for (const entry of batch) {
      const answer = told.get(entry.body.ref);
      if (answer && !answer.retry) this.conclude(entry, answer);
    }
    return later.length === 0 ? true : this.fail();
  }

  /**
   * @param {Entry[]} batch
   * @param {Problem} problem
   */
  refused(batch, problem) {
    for (const entry of batch) {
      const { ref, code } = entry.body;
      const remarks = problem.detail ? [problem.detail] : [];
      const said = { verdict: problem.title || "", number: "", grouped: code, remarks };
      this.conclude(entry, { ref, tone: "red", kind: "refused", ...said });
    }
    return true;
  }

  /**
   * @param {Entry} entry
   * @param {Answer} answer
   */
  conclude(entry, answer) {
    this.entries.delete(entry.body.ref);
    this.forget(entry);
    this.tell("answer", { entry, answer });
    this.tell("change");
  }

  // --- keeping -----------------------------------------------------------------------------------

  /** Read what earlier pages, and others that are open, have left. */
  reload() {
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(PREFIX)) continue;
        const entry = /** @type {Entry} */ (JSON.parse(localStorage.getItem(key) || "null"));
        if (entry && entry.person === this.desk.person) this.entries.set(entry.body.ref, entry);
      }
    } catch {
      // another program's, or no storage in this browser: what is in the page goes on
    }
  }

  /** @param {Entry} entry */
  keep(entry) {
    try {
      localStorage.setItem(PREFIX + entry.body.ref, JSON.stringify(entry));
    } catch {
      this.unkept = true;
    }
  }

  /** Whether a page before this one was answered when the server had made this one already. */
  outdated() {
    try {
      const { address, at } = JSON.parse(localStorage.getItem(ANSWERED) || "{}");
      return address === this.desk.address && at > performance.timeOrigin;
    } catch {
      return false; // there is no storage
    }
  }

  /** @param {Entry} entry */
  forget(entry) {
    try {
      localStorage.removeItem(PREFIX + entry.body.ref);
      localStorage.setItem(ANSWERED, JSON.stringify({ address: entry.address, at: Date.now() }));
    } catch {
      // there is no storage
    }
  }

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Where pages of one browser can agree, only one of them sends at a time.
 * @param {() => Promise<void>} work
 * @returns {Promise<void>}
 */
async function exclusively(work) {
  await (navigator.locks ? navigator.locks.request(LOCK, work) : work());
}
