// @ts-check
// Unpacking: every scan is answered in the page, and none waits for the answer to the one before.
import { PACKET, grouped, parse } from "../common/codes.js";
import { byId, made } from "../common/dom.js";
import { carried, speaker } from "../common/texts.js";
import { keepFocus } from "../station/focus.js";
import { Keyboard } from "../station/keyboard.js";
import { unlockOnFirstKey } from "../station/sound.js";
import { Line } from "./line.js";
import { Screen, holdForms, offerCameraTo, offerMute } from "./screen.js";

/** @typedef {import("./line.js").Entry} Entry */
/** @typedef {import("./line.js").Answer & {seen?: number, all?: number}} Answer */

/**
 * @param {HTMLElement} root
 * @param {HTMLInputElement} scan
 */
function open(root, scan) {
  const say = speaker(carried("texts") || {}, document.documentElement.lang || "kk");
  const line = new Line({
    person: Number(root.dataset.person),
    csrf: root.dataset.csrf || "",
    address: root.dataset.scans || "",
    now: root.dataset.now || "",
  });
  const screen = new Screen(say);
  const table = new Table(line, screen, say);
  new Keyboard(scan, {
    onScan: (text) => table.scanned(text),
    keys: { F8: () => table.mark("damaged"), F9: () => table.mark("twice") },
  });
  for (const each of document.querySelectorAll("button[name='condition']")) {
    each.addEventListener("click", (event) => {
      event.preventDefault();
      table.mark(/** @type {HTMLButtonElement} */ (each).value);
    });
  }
  for (const each of document.querySelectorAll("button.noscript")) each.remove();
  offerCameraTo(screen, (text) => table.scanned(text));
  keepFocus(scan);
  unlockOnFirstKey();
  offerMute();
  holdForms(line);
  line.start();
}

/** The table on which the bag is emptied. */
class Table {
  /**
   * @param {Line} line
   * @param {Screen} screen
   * @param {import("./screen.js").Say} say
   */
  constructor(line, screen, say) {
    this.line = line;
    this.screen = screen;
    this.say = say;
    this.last = "";
    this.counted = -1;
    /** @type {Map<string, HTMLElement>} what is not seen yet, found without searching the page */
    this.unseen = new Map();
    for (const each of byId("unseen-packets").children) {
      const item = /** @type {HTMLElement} */ (each);
      this.unseen.set(item.dataset.number || "", item);
    }
    /** @type {Set<string>} */
    this.extra = new Set();
    for (const each of byId("extra").children)
      this.extra.add(/** @type {HTMLElement} */ (each).dataset.number || "");
    line.addEventListener("change", () => screen.count(line.state));
    line.addEventListener("answer", (event) => {
      const { entry, answer } = /** @type {CustomEvent} */ (event).detail;
      this.answered(entry, answer);
    });
  }

  /** @param {string} text */
  scanned(text) {
    const code = parse(text);
    this.last = code !== null && code.kind === PACKET ? code.digits : "";
    this.send(code === null ? text.trim() : code.digits, "");
  }

  /** Say of the packet that was scanned last that something is wrong with it.
   * @param {string} condition
   */
  mark(condition) {
    if (this.last) this.send(this.last, condition);
    else this.screen.tell({ tone: "red", verdict: this.say("scan-first") });
  }

  /**
   * @param {string} code
   * @param {string} condition
   */
  send(code, condition) {
    const entry = this.line.add(code, { condition });
    const pending = this.say("pending");
    this.screen.show(entry.order, { tone: "pending", verdict: pending, grouped: grouped(code) });
  }

  /**
   * @param {Entry} entry
   * @param {Answer} answer
   */
  answered(entry, answer) {
    if (entry.address !== this.line.desk.address) return; // of a bag before this one
    this.screen.show(entry.order, answer);
    if (answer.seen !== undefined && answer.seen > this.counted) this.count(answer);
    if (answer.kind === "extra" || answer.kind === "misrouted") this.list(answer);
    else this.move(answer.number);
  }

  /** @param {Answer} answer */
  count(answer) {
    this.counted = answer.seen || 0;
    const facts = { seen: this.counted, all: answer.all || 0 };
    const counter = byId("counter");
    counter.textContent = this.say("verified-of", facts);
    counter.classList.toggle("complete", facts.seen === facts.all);
  }

  /** @param {string} number */
  move(number) {
    const item = this.unseen.get(number);
    if (item === undefined) return;
    this.unseen.delete(number);
    byId("seen-packets").prepend(item);
  }

  /** @param {Answer} answer */
  list(answer) {
    byId("extra-part").hidden = false;
    if (this.extra.has(answer.number)) return;
    this.extra.add(answer.number);
    const text = [answer.grouped, answer.verdict, ...answer.remarks].join(" · ");
    const item = made("li", "", text);
    item.dataset.number = answer.number;
    byId("extra").prepend(item);
  }
}

const page = document.getElementById("unpacking");
const field = /** @type {HTMLInputElement | null} */ (document.getElementById("code"));
if (page && field) open(page, field);
