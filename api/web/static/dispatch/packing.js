// @ts-check
// Packing: every packet that is scanned goes into the bag that is chosen; a bag's tag chooses it.
import { BAG, grouped, parse } from "../common/codes.js";
import { byId, made, put } from "../common/dom.js";
import { carried, speaker } from "../common/texts.js";
import { keepFocus } from "../station/focus.js";
import { Keyboard } from "../station/keyboard.js";
import { unlockOnFirstKey } from "../station/sound.js";
import { Line } from "./line.js";
import { Screen, holdForms, offerCameraTo, offerMute } from "./screen.js";

/** @typedef {import("./line.js").Entry} Entry */
/** @typedef {import("./line.js").Answer} Answer */

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
  const table = new Table(root, line, screen, say);
  new Keyboard(scan, {
    onScan: (text) => table.scanned(text),
    keys: { F2: () => table.turn() },
  });
  offerCameraTo(screen, (text) => table.scanned(text));
  keepFocus(scan);
  unlockOnFirstKey();
  offerMute();
  holdForms(line);
  line.start();
}

/** The table with its bags. */
class Table {
  /**
   * @param {HTMLElement} root
   * @param {Line} line
   * @param {Screen} screen
   * @param {import("./screen.js").Say} say
   */
  constructor(root, line, screen, say) {
    this.root = root;
    this.line = line;
    this.screen = screen;
    this.say = say;
    this.out = false;
    this.bag = root.dataset.bag || "";
    /** @type {Map<string, HTMLElement>} what lies in the bags, found without searching the page */
    this.items = new Map();
    for (const each of document.querySelectorAll("section[data-bag] li[data-number]")) {
      const item = /** @type {HTMLElement} */ (each);
      this.items.set(item.dataset.number || "", item);
    }
    this.turnButton = byId("take-out");
    this.turnButton.addEventListener("click", (event) => {
      event.preventDefault();
      this.turn();
    });
    for (const link of document.querySelectorAll("a[data-choose]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.choose(/** @type {HTMLElement} */ (link).dataset.choose || "");
      });
    }
    line.addEventListener("change", () => screen.count(line.state));
    line.addEventListener("answer", (event) => {
      const { entry, answer } = /** @type {CustomEvent} */ (event).detail;
      this.answered(entry, answer);
    });
  }

  /** @param {string} text */
  scanned(text) {
    const code = parse(text);
    const seal = /** @type {HTMLInputElement | null} */ (
      document.querySelector(`section[data-bag="${CSS.escape(this.bag)}"] input[name="seal"]`)
    );
    if (code === null && seal !== null && document.activeElement === seal) {
      seal.value = text.trim();
      this.screen.tell({ tone: "green", verdict: this.say("seal-read"), grouped: seal.value });
    } else if (code !== null && code.kind === BAG) this.chooseByTag(code.digits);
    else this.pack(code === null ? text.trim() : code.digits);
  }

  /** @param {string} code */
  pack(code) {
    if (!this.bag) return this.screen.tell({ tone: "red", verdict: this.say("no-bag") });
    const entry = this.line.add(code, { bag: this.bag, out: this.out });
    this.screen.show(entry.order, {
      tone: "pending",
      verdict: this.say("pending"),
      grouped: grouped(code),
    });
    if (this.out) this.turn(); // for one packet: whoever forgets it must not empty the bag
  }

  /** @param {string} tag */
  chooseByTag(tag) {
    const section = this.section(tag);
    const shown = { grouped: grouped(tag) };
    if (section === null)
      this.screen.tell({ tone: "red", verdict: this.say("bag-foreign"), ...shown });
    else if (!section.dataset.open)
      this.screen.tell({ tone: "red", verdict: this.say("bag-closed"), ...shown });
    else {
      this.choose(tag);
      this.screen.tell({ tone: "green", verdict: this.say("bag-chosen"), ...shown });
    }
  }

  /** @param {string} bag */
  choose(bag) {
    this.bag = bag;
    this.root.dataset.bag = bag;
    for (const each of document.querySelectorAll("section[data-bag]")) {
      const section = /** @type {HTMLElement} */ (each);
      section.hidden = section.dataset.bag !== bag;
    }
    for (const link of document.querySelectorAll("a[data-choose]")) {
      if (/** @type {HTMLElement} */ (link).dataset.choose === bag)
        link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const hidden of document.querySelectorAll("input[name='bag'][data-active]")) {
      /** @type {HTMLInputElement} */ (hidden).value = bag;
    }
    const section = this.section(bag);
    byId("scanning").hidden = section === null || !section.dataset.open;
  }

  /** Take the next packet out, or go on putting in. */
  turn() {
    this.out = !this.out;
    this.turnButton.setAttribute("aria-pressed", String(this.out));
    this.root.classList.toggle("taking-out", this.out);
  }

  /**
   * @param {Entry} entry
   * @param {Answer} answer
   */
  answered(entry, answer) {
    this.screen.show(entry.order, answer);
    const section = this.section(answer.bag || "");
    if (section === null) return;
    if (answer.kind === "in") this.list(section, answer);
    else this.unlist(answer.number);
    for (const place of document.querySelectorAll(`[data-count="${CSS.escape(answer.bag || "")}"]`)) {
      place.textContent = String(answer.count);
    }
  }

  /**
   * @param {HTMLElement} section
   * @param {Answer} answer
   */
  list(section, answer) {
    const { number } = answer;
    if (this.items.has(number)) return;
    const item = made("li", "number", answer.grouped);
    this.items.set(number, item);
    item.dataset.number = number;
    section.querySelector("ol")?.prepend(item);
    put(section, "nothing", "");
  }

  /** @param {string} number */
  unlist(number) {
    this.items.get(number)?.remove();
    this.items.delete(number);
  }

  /**
   * @param {string} bag
   * @returns {HTMLElement | null}
   */
  section(bag) {
    return document.querySelector(`section[data-bag="${CSS.escape(bag)}"]`);
  }
}

const page = document.getElementById("packing");
const field = /** @type {HTMLInputElement | null} */ (document.getElementById("code"));
if (page && field) open(page, field);
