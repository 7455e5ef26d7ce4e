// @ts-check
// What a scan means at a desk: a packet, a card that acts on packets, a badge, a place.
import { ACTION_CARD, BADGE, PACKET, PLACE, faultOf, grouped, parse } from "../common/codes.js";
import { packetOf } from "./entries.js";
import { Questions } from "./questions.js";

/** @typedef {import("./queue.js").Entry} Entry */
/** @typedef {import("./queue.js").Answer} Answer */
/** @typedef {import("./queue.js").Answered} Answered */
/** @typedef {import("./queue.js").Question} Question */
/** @typedef {import("./queue.js").Facts} Facts */
/** @typedef {import("./sound.js").Tone} Tone */
/** @typedef {import("./keyboard.js").How} How */
/** A card that is applied to every packet; `details` were said once for all of them.
 * @typedef {{card: string, details: Facts, label: string}} Armed
 */
/** An entry that waits for its answer.
 * @typedef {{entry: Entry, at: number, armed: Armed | null, badge: string,
 *   heard: Tone | null}} Waiting
 */

const CURRENT = 120_000; // ms for which a card acts on the packet scanned before it
const UNDOABLE = 60_000;
const BOUNCE = 2_000; // ms in which the same code is not sent again
const FLUSH = 1_500; // ms that the queue gets before another person takes over
const RESOLUTION = "resolution";
const STRIP_BLOCK = 9999; // of the codes on a test strip
const STRIP_WEIGHT = 1000;
const MILLIMETRES_PER_INCH = 25.4;
/** @type {Tone[]} */
const WORST_FIRST = ["red", "amber", "green"];

export class Desk {
  /**
   * @param {import("./queue.js").Queue} queue
   * @param {import("./view.js").View} view
   * @param {{[code: string]: string}} cards
   * @param {(tone: Tone) => void} play
   * @param {(address: string) => Promise<void>} leave fails where the server cannot be reached
   * @param {() => void} giveFocusBack
   */
  constructor(queue, view, cards, play, leave, giveFocusBack) {
    this.queue = queue;
    this.view = view;
    this.cards = cards;
    this.play = play;
    this.leave = leave;
    this.giveFocusBack = giveFocusBack;
    this.say = view.say;
    /** @type {{number: string, at: number} | null} */
    this.current = null;
    /** @type {Armed | null} */
    this.armed = null;
    this.questions = new Questions(view, giveFocusBack, (waiting, details, label) =>
      this.goOn(waiting, details, label),
    );
    /** @type {Map<string, Waiting>} */
    this.waiting = new Map();
    /** @type {{ref: string, number: string, at: number}[]} scans of one packet, the last first */
    this.undoable = [];
    this.undoTimer = 0;
  }

  /** Take up what an earlier page has left in the queue. */
  start() {
    for (const entry of this.queue.own()) this.await(entry);
    this.queue.addEventListener("answers", (event) => this.answered(detailOf(event)));
    this.queue.addEventListener("needs", (event) => this.needs(detailOf(event)));
    this.queue.addEventListener("dropped", (event) => detailOf(event).forEach(this.notDone, this));
    this.offerUndo();
  }

  /**
   * Take what was scanned, typed or pasted.
   * @param {string} text
   * @param {How} how
   */
  scanned(text, how) {
    if (how === "typed" && this.questions.choose(text)) return;
    const code = parse(text);
    if (code === null) this.scan(text.trim(), how);
    else if (code.kind === ACTION_CARD && this.cards[code.digits])
      this.card(this.cards[code.digits]);
    else if (code.kind === ACTION_CARD && code.block === STRIP_BLOCK) this.measured(code.serial);
    else if (code.kind === BADGE) this.badge(code.digits);
    else if (code.kind === PLACE) this.leaveSafely(`/station?place=${code.digits}`);
    else this.scan(code.digits, how);
  }

  // --- scans -------------------------------------------------------------------------------------

  /**
   * @param {string} code a packet's number, or whatever it is: no scan is dropped
   * @param {How} how
   */
  scan(code, how) {
    if (this.isBouncing(code)) return this.refuseBounce(code);
    const entry = this.queue.add("scan", { code, how });
    const found = parse(code);
    const isPacket = found !== null && found.kind === PACKET;
    // A card must never act on another packet than the one that is on the screen.
    this.current = isPacket ? { number: code, at: Date.now() } : null;
    const waiting = this.await(entry);
    if (isPacket) this.scannedPacket(entry);
    else if (found === null || found.kind === ACTION_CARD) this.signUnknown(waiting);
    else this.showPending(entry);
  }

  /** @param {Entry} entry */
  scannedPacket(entry) {
    const { code: number, ref } = entry.body;
    this.showPending(entry);
    this.undoable = this.undoable.filter((each) => each.number === number);
    this.undoable.unshift({ ref, number, at: Date.now() });
    this.offerUndo();
    if (this.armed) this.act(number, this.armed.card, this.armed, ref);
  }

  /** @param {string} code */
  isBouncing(code) {
    const since = Date.now() - BOUNCE;
    return [...this.waiting.values()].some(
      ({ entry, at }) => entry.kind === "scan" && entry.body.code === code && at > since,
    );
  }

  /** @param {string} code */
  refuseBounce(code) {
    const words = { verdict: this.say("already"), remarks: [this.say("blocked")] };
    this.view.fill({ tone: "amber", grouped: grouped(code), ...words });
    this.play("amber");
  }

  /** Show at once what cannot be a code of ours; the server keeps it all the same.
   * @param {Waiting} waiting
   */
  signUnknown(waiting) {
    const { body } = waiting.entry;
    const fault = faultOf(body.code);
    const tone = fault === null || fault === "foreign" ? "amber" : "red";
    const verdict = this.say(fault === "check-digits" ? "wrong-check" : "unknown-code");
    waiting.heard = tone;
    const remarks = [this.say("kept-locally")];
    this.view.show(body.counter, { tone, verdict, grouped: grouped(body.code), remarks });
    this.play(tone);
  }

  /** @param {Entry} entry */
  showPending(entry) {
    const next = entry.kind === "scan" ? "" : this.view.nameOf(entry);
    const shown = { verdict: this.say("pending"), grouped: packetOf(entry), next };
    this.view.show(entry.body.counter, { tone: "pending", ...shown });
  }

  /**
   * Wait for the answer to an entry.
   * @param {Entry} entry
   * @param {Armed | null} [armed]
   * @returns {Waiting}
   */
  await(entry, armed = null) {
    /** @type {Waiting} */
    const waiting = { entry, at: Date.now(), armed, badge: "", heard: null };
    this.waiting.set(entry.body.ref, waiting);
    this.view.note(entry, { tone: "pending", verdict: this.say("waiting") });
    return waiting;
  }

  // --- cards -------------------------------------------------------------------------------------

  /**
   * Do what a card or a button says: to the packet that was scanned before it, or to each that is
   * scanned from now on.
   * @param {string} card
   */
  card(card) {
    if (card === "separator") this.tellOnly(this.say("separator"), "amber");
    else if (card === "clear") this.clear();
    else if (card === "undo") this.undo();
    else if (!this.armed && this.current && Date.now() - this.current.at < CURRENT) {
      this.current.at = Date.now();
      this.act(this.current.number, card);
    } else this.arm({ card, details: {}, label: "" });
  }

  /** Tell which width of a test strip the scanner has read; nothing is recorded.
   * @param {number} serial as domain/cards.py composes it: dots an inch, dots of a module
   */
  measured(serial) {
    const amount = serial % STRIP_WEIGHT;
    const dpi = Math.floor(serial / STRIP_WEIGHT);
    const width = dpi > 0 ? (amount * MILLIMETRES_PER_INCH) / dpi : amount / 1000;
    this.tellOnly(this.say("strip", { width: Math.round(width * 100) / 100 }), "green");
  }

  /**
   * @param {string} verdict of a code that belongs to no packet and is not recorded
   * @param {Tone} tone
   */
  tellOnly(verdict, tone) {
    this.view.fill({ tone, verdict });
    this.play(tone);
    this.giveFocusBack();
  }

  /**
   * @param {string} number
   * @param {string} card
   * @param {Armed | null} [armed]
   * @param {string} [after] the id of the scan without which it makes no sense
   */
  act(number, card, armed = null, after = undefined) {
    const details = armed ? armed.details : {};
    const entry = this.queue.add("act", { card, numbers: [number], ...details }, after);
    this.await(entry, armed);
    this.showPending(entry);
  }

  /** @param {Armed | null} armed */
  arm(armed) {
    this.armed = armed;
    this.view.arm(armed ? armed.card : "", armed ? armed.label : "");
  }

  /** A badge names the executor where one is wanted; elsewhere its holder takes over the station.
   * @param {string} badge
   */
  badge(badge) {
    const acting = [...this.waiting.values()].find(
      ({ entry }) => entry.kind === "act" && entry.body.card === RESOLUTION,
    );
    if (this.questions.isFor("executor")) {
      this.questions.answer({ badge }, grouped(badge));
    } else if (this.armed && this.armed.card === RESOLUTION) {
      this.arm({ ...this.armed, details: { badge }, label: grouped(badge) });
    } else if (acting) {
      acting.badge = badge; // the server has not asked for it yet
    } else {
      this.leaveSafely(`/login?badge=${badge}`);
    }
  }

  /** Mean no packet, no card and no question any more. */
  clear() {
    this.current = null;
    this.arm(null);
    this.questions.drop().forEach(({ waiting }) => this.notDone(waiting.entry));
    this.view.fill({ tone: "", verdict: this.say("cleared") });
    this.giveFocusBack();
  }

  /** @param {Entry} entry that somebody, or the server, has given up */
  notDone(entry) {
    if (!this.waiting.delete(entry.body.ref)) return;
    this.view.note(entry, { tone: "amber", verdict: this.say("not-done") });
  }

  /** @param {string} address */
  leaveSafely(address) {
    if (!this.queue.counts.safe) {
      this.view.fill({ tone: "red", verdict: this.say("storage") });
      this.play("red");
      return;
    }
    this.view.fill({ tone: "pending", verdict: this.say("checking") });
    this.queue
      .emptied(FLUSH)
      .then(() => this.leave(address))
      .catch(() => this.stay());
  }

  /** Without the network another page would be none at all, and nothing could be scanned. */
  stay() {
    this.view.fill({ tone: "red", verdict: this.say("offline") });
    this.play("red");
  }

  // --- undo --------------------------------------------------------------------------------------

  /** Take back the last scan. */
  undo() {
    const last = this.undoable[0];
    const reason = this.view.undoReason.value;
    this.undoable = [];
    const late = last === undefined || Date.now() - last.at >= UNDOABLE;
    this.offerUndo();
    if (late) {
      this.view.fill({ tone: "amber", verdict: this.say("nothing-to-undo") });
      this.play("amber");
      return;
    }
    this.current = null;
    const entry = this.queue.add("void", {
      number: last.number,
      scan: last.ref,
      ...(reason ? { reason } : {}),
    });
    this.await(entry);
    this.showPending(entry);
  }

  offerUndo() {
    window.clearTimeout(this.undoTimer);
    const left = this.undoable.length > 0 ? this.undoable[0].at + UNDOABLE - Date.now() : 0;
    this.view.allowUndo(left > 0);
    if (left > 0) this.undoTimer = window.setTimeout(() => this.offerUndo(), left);
    this.giveFocusBack();
  }

  // --- questions ---------------------------------------------------------------------------------

  /** @param {{entry: Entry, question: Question}} news */
  needs({ entry, question }) {
    const { ref, counter } = entry.body;
    const waiting = this.waiting.get(ref);
    if (waiting === undefined) return; // another page's
    const known = question.needs === "executor" ? this.executorOf(waiting) : null;
    if (known) {
      this.resend(waiting, known);
      return;
    }
    this.view.show(counter, { tone: "amber", verdict: question.title, grouped: packetOf(entry) });
    this.view.note(entry, { tone: "amber", verdict: question.title });
    this.play("amber");
    this.questions.add({ waiting, question });
  }

  /** Return the executor that was named while the server was being asked.
   * @param {Waiting} waiting
   * @returns {Facts | null}
   */
  executorOf({ entry, armed, badge }) {
    if (entry.body.executor || entry.body.badge) return null; // that one was no answer
    if (badge) return { badge };
    const named = armed !== null && armed === this.armed ? armed.details : {};
    return named.executor || named.badge ? named : null;
  }

  /**
   * Go on with what somebody has answered; an executor is the same for all packets of a card.
   * @param {Waiting[]} waiting
   * @param {Facts} details
   * @param {string} label
   */
  goOn(waiting, details, label) {
    const { armed } = waiting[0];
    if (armed !== null && armed === this.armed && (details.executor || details.badge)) {
      armed.details = details;
      armed.label = label;
      this.arm(armed);
    }
    waiting.forEach((each) => this.resend(each, details));
  }

  /** Ask for the same act again, with what was missing.
   * @param {Waiting} waiting
   * @param {Facts} details
   */
  resend({ entry, armed }, details) {
    const { ref, counter, happened_at, place, ...facts } = entry.body;
    this.waiting.delete(ref);
    this.view.last.forget(ref);
    const again = this.queue.add("act", { ...facts, ...details });
    this.await(again, armed);
    this.showPending(again);
  }

  // --- answers -----------------------------------------------------------------------------------

  /** @param {Answered[]} answered */
  answered(answered) {
    const tones = answered.map((each) => this.tell(each));
    const worst = WORST_FIRST.find((tone) => tones.includes(tone));
    if (worst) this.play(worst);
    this.giveFocusBack();
  }

  /** Show an answer.
   * @param {Answered} answered
   * @returns {Tone | null} what is to be heard
   */
  tell({ entry, answer }) {
    const { ref, counter } = entry.body;
    const waiting = this.waiting.get(ref);
    if (waiting === undefined) return null; // another page's
    this.waiting.delete(ref);
    if (answer === null) {
      this.view.last.forget(ref);
      return null;
    }
    const shown = { ...answer, verdict: answer.verdict || this.say("refused-list") };
    if (!shown.grouped) shown.grouped = packetOf(entry);
    this.view.show(counter, shown);
    this.view.note(entry, shown);
    this.remember(entry, answer);
    return waiting.heard === answer.tone ? null : answer.tone;
  }

  /**
   * @param {Entry} entry
   * @param {Answer} answer
   */
  remember(entry, answer) {
    const { ref, code } = entry.body;
    if (!answer.undo) this.undoable = this.undoable.filter((each) => each.ref !== ref);
    const gone = answer.kind === "refused" && this.current && this.current.number === code;
    if (gone) this.current = null;
    this.offerUndo();
  }
}

/** @param {Event} event */
function detailOf(event) {
  return /** @type {CustomEvent} */ (event).detail;
}
