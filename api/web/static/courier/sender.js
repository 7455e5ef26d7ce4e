// @ts-check
// Brings the log to the server: in order, again after any cut, as often as it takes. One page of the
// device sends at a time; what the server has not answered for stays.
import { difference } from "./clock.js";
import { Problem, Unreachable, askToday, sendEntries } from "./server.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./store.js").Answer} Answer */
/** @typedef {import("./clock.js").Difference} Difference */
/** @typedef {{kind: string, text: string}} Finding */
/** @typedef {import("./held.js").Held} Held */

const LOCK = "qolhat.courier.sync";
const BATCH = 200;
const FIRST_PAUSE = 1_000; // ms; doubled after every failure
const LONGEST_PAUSE = 60_000;
const RENEW = 120_000; // how old what is known of the day may become
const BUSY = 5_000; // while another page sends

export class Sender extends EventTarget {
  /**
   * @param {Store} store
   * @param {Held} held
   * @param {string} boot names this opening of the page
   */
  constructor(store, held, boot) {
    super();
    this.store = store;
    this.held = held;
    this.boot = boot;
    /** @type {any} what the server said of the day */
    this.today = null;
    this.sending = false;
    this.again = false;
    this.stopped = false;
    this.offline = false;
    this.turnedAway = "";
    this.problem = "";
    /** @type {Finding[]} */
    this.findings = [];
    /** @type {Difference | null} */
    this.clock = null;
    this.failures = 0;
    this.timer = 0;
    this.renewedAt = -Infinity;
  }

  /** Listen to whatever may mean that the server can be reached. */
  start() {
    window.addEventListener("online", () => this.now());
    window.addEventListener("offline", () => this.fail(new Unreachable("offline")));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.now();
    });
    return this.now();
  }

  /** Try at once, whatever failed before. */
  now() {
    this.failures = 0;
    return this.send();
  }

  /** Send nothing more: nobody is logged in. */
  stop() {
    this.stopped = true;
    window.clearTimeout(this.timer);
  }

  /** Send what waits, and learn what is new. */
  async send() {
    if (this.stopped) return;
    if (this.sending) {
      this.again = true;
      return;
    }
    this.sending = true;
    this.again = false;
    window.clearTimeout(this.timer);
    this.tell("change");
    let pause = RENEW;
    try {
      pause = (await alone(() => this.pass())) ? await this.pauseAfter() : BUSY;
    } catch (error) {
      pause = this.fail(error);
    }
    this.sending = false;
    this.tell("change");
    if (this.again) void this.send();
    else this.wakeIn(pause);
  }

  /** @returns {Promise<void>} */
  async pass() {
    const problem = await this.renewIfOld();
    const sent = (await this.sendHeld()) + (await this.sendLog());
    if (sent > 0) await this.renew();
    this.failures = 0;
    this.problem = problem;
  }

  /** Learn the day anew where that is due. Entries are sent also where it fails.
   * @returns {Promise<string>} what went wrong
   */
  async renewIfOld() {
    if (this.today !== null && !this.turnedAway && !this.isOld()) return "";
    try {
      await this.renew();
      return "";
    } catch (error) {
      if (!(error instanceof Problem) || error.turnedAway || this.today === null) throw error;
      return said(error);
    }
  }

  /** Learn the day anew. */
  async renew() {
    const through = await this.store.firstWaiting().then(
      (first) => first - 1,
      () => 0,
    );
    const { body, asked } = await askToday();
    this.reached(body.server_at, asked);
    this.today = { ...body, through };
    this.renewedAt = performance.now();
    this.tell("today");
    await this.keep("today", this.today);
    await this.keep("server_at", body.server_at);
  }

  /** @returns {Promise<number>} how many entries were sent */
  async sendLog() {
    // What somebody else did with this device is theirs to send.
    const { person } = this.today.person;
    let [after, sent] = [0, 0];
    for (;;) {
      const batch = await this.store.unanswered(person, after, BATCH).catch(() => []);
      if (batch.length === 0) return sent;
      const log = await this.store.logId();
      const said = await this.post(
        log,
        batch.map((kept) => kept.entry),
      );
      const answers = said.answers || [];
      const { server_at: serverAt, known } = said;
      await this.store.settle(answers, serverAt, Number(known)).catch(() => this.tell("trouble"));
      after = batch[batch.length - 1].seq;
      sent += batch.length;
      this.tell("answers", answers);
    }
  }

  /** What could not be stored is sent as a log of this opening of the page; each entry keeps its
   * name (`ref`), so that it is recorded once even if it is stored and sent again later.
   * @returns {Promise<number>}
   */
  async sendHeld() {
    const entries = await this.held.toSend(BATCH);
    if (entries.length === 0) return 0;
    const said = await this.post(this.boot, entries);
    this.held.answered(said.answers || []);
    this.tell("answers", said.answers || []);
    return entries.length;
  }

  /**
   * @param {string} log
   * @param {import("./chain.js").Entry[]} entries
   */
  async post(log, entries) {
    const { body, asked } = await this.withToken((csrf) => sendEntries(csrf, log, entries));
    this.reached(body.server_at, asked);
    this.findings = body.findings || [];
    return body;
  }

  /** Another page may have logged in again: its token is asked for before anybody is bothered.
   * @param {(csrf: string) => Promise<import("./server.js").Said>} work
   */
  async withToken(work) {
    const csrf = this.today.csrf;
    try {
      return await work(csrf);
    } catch (error) {
      if (!(error instanceof Problem && error.turnedAway)) throw error;
      await this.renew();
      if (this.today.csrf === csrf) throw error;
      return work(this.today.csrf);
    }
  }

  /**
   * @param {string} serverAt
   * @param {import("./server.js").Asked} asked
   */
  reached(serverAt, asked) {
    this.offline = false;
    this.turnedAway = "";
    this.clock = difference(serverAt, asked);
    this.held.serverAt = serverAt;
    void this.keep("clock", this.clock);
  }

  /**
   * @param {unknown} error
   * @returns {number} after how many milliseconds to try again
   */
  fail(error) {
    const before = this.turnedAway;
    this.offline = error instanceof Unreachable;
    this.turnedAway = error instanceof Problem && error.turnedAway ? error.message : "";
    this.problem = error instanceof Problem && !error.turnedAway ? said(error) : "";
    if (!(error instanceof Problem || error instanceof Unreachable)) console.warn(error);
    if (this.turnedAway && !before) this.tell("turned-away");
    this.tell("change");
    return this.nextPause();
  }

  /** What the server could not take yet is sent again later. */
  async pauseAfter() {
    const waits = (await this.store.waiting().catch(() => 0)) + this.held.all().length;
    return waits > 0 ? this.nextPause() : RENEW;
  }

  /** Twice as long after every failure, and not all devices at once. */
  nextPause() {
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.failures);
    this.failures += 1;
    return longest * (0.5 + Math.random() / 2);
  }

  /** @param {number} pause */
  wakeIn(pause) {
    window.clearTimeout(this.timer);
    if (!this.stopped) this.timer = window.setTimeout(() => this.send(), pause);
  }

  isOld() {
    return performance.now() - this.renewedAt > RENEW;
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  async keep(name, value) {
    try {
      await this.store.set(name, value);
    } catch {
      this.tell("trouble"); // this page still knows
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

/** @param {Problem} problem */
function said(problem) {
  return [problem.message, problem.detail].filter(Boolean).join(". ");
}

/**
 * Work while no other page of this device does.
 * @param {() => Promise<void>} work
 * @returns {Promise<boolean>} false: another page does
 */
async function alone(work) {
  if (!navigator.locks) {
    await work();
    return true;
  }
  return navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock === null) return false;
    await work();
    return true;
  });
}
