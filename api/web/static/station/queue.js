// @ts-check
// The page's queue: what was scanned is kept at once, and sent as the network allows, in order, one
// request at a time. Sent twice it is recorded once: every entry has an id of its own.
import { codeOf } from "./entries.js";
import { Storage } from "./storage.js";

/** @typedef {"scan" | "act" | "void"} Kind */
/**
 * One thing to be recorded: `body` is what the server gets; `after` the id of a scan without which
 * it makes no sense; `tab` the page in which it was made.
 * @typedef {object} Entry
 * @property {Kind} kind
 * @property {number} person
 * @property {string} tab
 * @property {string} [after]
 * @property {Body} body
 */
/** @typedef {{ref: string, counter: number, happened_at: string, place: string} & Facts} Body */
/** @typedef {{[fact: string]: any}} Facts */
/**
 * What the server says of an entry, ready to be shown.
 * @typedef {object} Answer
 * @property {string} ref
 * @property {"green" | "amber" | "red"} tone
 * @property {string} kind `packet`, `unsettled` or `refused`
 * @property {string} verdict
 * @property {string} [number]
 * @property {string} [grouped]
 * @property {string} [service]
 * @property {string} [from]
 * @property {string} [to]
 * @property {string} [next]
 * @property {string} [left]
 * @property {string[]} [remarks]
 * @property {boolean} [undo]
 * @property {boolean} [retry] it could not be stored: to be sent again
 */
/** @typedef {{entry: Entry, answer: Answer | null}} Answered */
/** @typedef {{needs: string, title: string, choices: {key: string, label: string}[]}} Question */
/** @typedef {{code?: string, title?: string, detail?: string}} Problem */
/**
 * @typedef {object} Station where the page stands and who works there
 * @property {number} person
 * @property {string} place
 * @property {string} csrf
 * @property {{[kind in Kind]: string}} addresses
 */

const MOST = 50; // scans in one request
const FIRST_PAUSE = 500; // ms before the next try; each failure doubles it
const LONGEST_PAUSE = 15_000;
const PATIENCE = 30_000; // ms for one request
const PROMPT = 10_000; // ms: whoever acted is still looking at the screen
const LOCK = "qolhat.queue";
const CHANNEL = "qolhat.answers";
// The session has ended, or is another person's: nothing is wrong with the entries.
const TURNED_AWAY = new Set([
  "log-in-needed",
  "turned-away",
  "foreign-request",
  "password-change-needed",
  "other-person",
]);
const PASSING = new Set([408, 425, 429]); // comes to an end by itself, as errors from 500 on do

/**
 * Events: `change` (look at `counts`), `answers` (detail: Answered[]), `needs` (detail: entry and
 * question), `dropped` (detail: Entry[]), `logged-out` (detail: Problem), `storage`.
 */
export class Queue extends EventTarget {
  /** @param {Station} station */
  constructor(station) {
    super();
    this.station = station;
    this.tab = uuid();
    this.troubled = false;
    this.storage = new Storage(() => this.trouble());
    this.failures = 0;
    this.timer = 0;
    this.pausing = false;
    this.sending = false;
    /** @type {Problem | null} */
    this.turnedAway = null;
    /** @type {Set<string>} entries that are sent alone, because one of them is refused */
    this.suspects = new Set();
    /** Ids of what earlier pages have left, which may be gone. */
    this.inherited = new Set(this.storage.entries.keys());
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
  }

  /** Begin to send, also what earlier pages have left. */
  start() {
    window.addEventListener("online", () => this.retry());
    window.addEventListener("offline", () => this.tell("change"));
    window.addEventListener("pageshow", () => this.retry());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.retry();
    });
    window.addEventListener("storage", (event) => {
      if (this.storage.concerns(event)) this.refresh();
    });
    if (this.channel) this.channel.onmessage = (message) => this.hear(message.data);
    if (this.troubled) this.tell("storage");
    this.refresh();
    this.retry();
  }

  /**
   * Keep something to be recorded, before anything else happens, and send it when possible.
   * @param {Kind} kind
   * @param {Facts} facts
   * @param {string} [after]
   * @returns {Entry}
   */
  add(kind, facts, after) {
    const body = {
      ref: uuid(),
      counter: this.storage.count(),
      happened_at: localIso(new Date()),
      place: this.station.place,
      ...facts,
    };
    /** @type {Entry} */
    const entry = { kind, person: this.station.person, tab: this.tab, body };
    if (after) entry.after = after;
    this.storage.add(entry);
    this.tell("change");
    this.pump();
    return entry;
  }

  /** What waits, to be shown. */
  get counts() {
    const waiting = this.own().length;
    return {
      waiting,
      waitingForOthers: this.storage.entries.size - waiting,
      refused: this.storage.refused.size,
      offline: !navigator.onLine || (this.failures > 0 && waiting > 0),
      turnedAway: this.turnedAway,
      troubled: this.troubled,
      safe: this.storage.unkept.size === 0,
    };
  }

  /** This person's entries, in order. */
  own() {
    return this.storage.queue().filter((entry) => entry.person === this.station.person);
  }

  /** This person's entries that this page sends: of another page that is open only what raises no
   * question there, and only where that page can be told the answer.
   */
  sendable() {
    const forAll = this.channel !== null;
    return this.own().filter(
      ({ kind, tab, body }) =>
        tab === this.tab || this.inherited.has(body.ref) || (forAll && kind !== "act"),
    );
  }

  /** @returns {import("./storage.js").Refused[]} what the server refused for good */
  refused() {
    return [...this.storage.refused.values()];
  }

  /** @param {string} ref of a refused entry that somebody has read */
  dismiss(ref) {
    this.storage.dismiss(ref);
    this.tell("change");
  }

  /** Try at once, whatever failed before. */
  retry() {
    window.clearTimeout(this.timer);
    this.pausing = false;
    this.pump();
  }

  /** Resolve when nothing of this person's waits, or after these milliseconds.
   * @param {number} patience
   * @returns {Promise<void>}
   */
  emptied(patience) {
    return new Promise((resolve) => {
      const check = () => {
        if (this.own().length === 0) resolve();
      };
      this.addEventListener("change", check);
      window.setTimeout(resolve, patience);
      check();
    });
  }

  // --- sending -----------------------------------------------------------------------------------

  pump() {
    if (this.sending || this.pausing || this.turnedAway || this.sendable().length === 0) return;
    this.sending = true;
    exclusively(() => this.drain())
      .catch(() => this.fail())
      .then(() => {
        this.sending = false;
        this.pump(); // something may have come while the lock was given back
      });
  }

  async drain() {
    this.storage.reload(); // another page may have sent some
    for (let batch = this.batch(); batch.length > 0; batch = this.batch()) {
      if (!(await this.send(batch))) return;
    }
  }

  /** The next entries that go together: scans do, everything else goes alone.
   * @returns {Entry[]}
   */
  batch() {
    const next = this.sendable();
    const others = next.findIndex(
      (each) => each.kind !== "scan" || this.suspects.has(each.body.ref),
    );
    return next.slice(0, others < 0 ? MOST : Math.min(MOST, Math.max(1, others)));
  }

  /**
   * @param {Entry[]} batch
   * @returns {Promise<boolean>} whether to go on
   */
  async send(batch) {
    const { kind, body } = batch[0];
    const scans = batch.map((entry) => entry.body);
    const sent = kind === "scan" ? { person: this.station.person, scans } : body;
    const response = await this.post(this.station.addresses[kind], sent).catch(() => null);
    if (response === null) return this.fail();
    if (!response.ok) return this.turnedDown(batch, response);
    const said = await response.json().catch(() => null);
    if (said === null) return this.fail();
    this.failures = 0;
    return this.answered(batch, said);
  }

  /**
   * @param {string} address
   * @param {unknown} body
   */
  post(address, body) {
    const control = new AbortController();
    const timer = window.setTimeout(() => control.abort(), PATIENCE);
    const headers = {
      "Accept": "application/json",
      "Content-Type": "application/json",
      "X-CSRF-Token": this.station.csrf,
    };
    const asked = fetch(address, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "manual",
      signal: control.signal,
    });
    return asked.finally(() => window.clearTimeout(timer));
  }

  /** Wait, each time longer.
   * @param {number} [least] ms that the server asks for
   */
  fail(least = 0) {
    const longer = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.failures);
    const pause = Math.max(least, longer * (0.75 + Math.random() / 2));
    this.failures += 1;
    this.pausing = true;
    this.timer = window.setTimeout(() => this.retry(), pause);
    this.tell("change");
    return false;
  }

  /**
   * @param {Entry[]} batch
   * @param {Response} response
   */
  async turnedDown(batch, response) {
    /** @type {Problem} */
    const problem = (await response.json().catch(() => null)) || {};
    const code = problem.code || "";
    if (response.type === "opaqueredirect" || response.status === 401 || TURNED_AWAY.has(code)) {
      this.turnedAway = problem;
      this.tell("change");
      this.tell("logged-out", problem);
      return false;
    }
    if (response.status >= 500 || PASSING.has(response.status) || !code) {
      return this.fail(1000 * (Number(response.headers.get("Retry-After")) || 0));
    }
    this.failures = 0;
    if (batch.length > 1) {
      for (const entry of batch) this.suspects.add(entry.body.ref);
    } else {
      this.conclude([{ entry: batch[0], answer: refusal(batch[0], problem) }]);
    }
    return true;
  }

  // --- answers -----------------------------------------------------------------------------------

  /**
   * @param {Entry[]} batch
   * @param {any} said
   */
  answered(batch, said) {
    if (said.needs) {
      this.storage.remove(batch[0].body.ref);
      this.tell("change");
      this.tell("needs", { entry: batch[0], question: said });
      return true;
    }
    /** @type {Map<string, Answer>} */
    const answers = new Map((said.answers || []).map((/** @type {Answer} */ a) => [a.ref, a]));
    const found = batch.map((entry) => ({ entry, answer: answers.get(entry.body.ref) || null }));
    const later = found.filter(({ answer }) => answer !== null && answer.retry);
    const silent = found.filter(({ entry, answer }) => answer === null && entry.kind === "scan");
    this.conclude(found.filter((each) => !later.includes(each) && !silent.includes(each)));
    if (silent.length > 0) return this.unanswered(batch, silent);
    return later.length > 0 ? this.fail() : true;
  }

  /** A scan is not thrown away because the server says nothing of it.
   * @param {Entry[]} batch
   * @param {Answered[]} silent
   */
  unanswered(batch, silent) {
    for (const { entry } of silent) this.suspects.add(entry.body.ref);
    if (batch.length === 1) this.conclude([{ entry: batch[0], answer: refusal(batch[0], {}) }]);
    return true;
  }

  /** Take what is answered out of the queue, and tell it to all pages.
   * @param {Answered[]} answered
   */
  conclude(answered) {
    const dropped = answered.flatMap((each) => this.settle(each));
    this.tell("change");
    this.hear({ answered, dropped });
    if (this.channel) this.channel.postMessage({ answered, dropped });
  }

  /**
   * @param {Answered} answered
   * @returns {Entry[]} what makes no sense any more
   */
  settle({ entry, answer }) {
    const { ref, happened_at: at } = entry.body;
    const prompt = entry.kind !== "scan" && Date.now() - Date.parse(at) < PROMPT;
    if (answer !== null && answer.kind === "refused" && !prompt) this.storage.refuse(entry, answer);
    this.storage.remove(ref);
    this.suspects.delete(ref);
    if (answer === null || answer.number) return [];
    const senseless = this.own().filter((each) => each.after === ref);
    senseless.forEach((each) => this.storage.remove(each.body.ref));
    return senseless;
  }

  /** @param {{answered: Answered[], dropped: Entry[]}} news */
  hear({ answered, dropped }) {
    this.storage.reload();
    if (answered.length > 0) this.tell("answers", answered);
    if (dropped.length > 0) this.tell("dropped", dropped);
    this.tell("change");
  }

  // --- telling -----------------------------------------------------------------------------------

  refresh() {
    this.storage.reload();
    this.tell("change");
  }

  trouble() {
    if (this.troubled) return;
    this.troubled = true;
    this.tell("storage");
  }

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/**
 * @param {Entry} entry
 * @param {Problem} problem
 * @returns {Answer}
 */
function refusal(entry, problem) {
  return {
    ref: entry.body.ref,
    tone: "red",
    kind: "refused",
    verdict: problem.title || "",
    number: entry.kind === "scan" ? "" : codeOf(entry),
    remarks: problem.detail ? [problem.detail] : [],
  };
}

/** Where pages of one browser can agree, only one of them sends at a time.
 * @param {() => Promise<void>} work
 * @returns {Promise<void>}
 */
async function exclusively(work) {
  await (navigator.locks ? navigator.locks.request(LOCK, work) : work());
}

/** @returns {string} */
export function uuid() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  // Over plain HTTP on the office's network there is no randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}

/**
 * Write an instant with the zone of this machine: `2026-11-22T13:05:06.123+05:00`.
 * @param {Date} at
 */
export function localIso(at) {
  const east = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + east * 60_000).toISOString().slice(0, -1);
  const two = (/** @type {number} */ n) => String(Math.floor(n)).padStart(2, "0");
  const minutes = Math.abs(east);
  return `${local}${east < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
