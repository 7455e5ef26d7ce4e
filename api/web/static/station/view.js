// @ts-check
// What the station shows: the last result filling the screen, the last scans, what waits.
import { grouped } from "../common/codes.js";

/** @typedef {import("./queue.js").Entry} Entry */
/** @typedef {import("./queue.js").Answer} Answer */
/** @typedef {import("./queue.js").Question} Question */
/** @typedef {import("./sound.js").Tone} Tone */
/** @typedef {ReturnType<typeof import("../common/texts.js").speaker>} Say */
/** @typedef {Partial<Omit<Answer, "tone">> & {tone: Tone | "pending" | "", verdict: string}} Shown */

const LISTED = 50;
const CALM = 300; // ms that something may wait before the counter shows
/** @type {{[tone: string]: string}} */
const SHAPES = { "": "▯", green: "✔", amber: "▲", red: "✖", pending: "…" };

export class View {
  /**
   * @param {Say} say
   * @param {string} language
   */
  constructor(say, language) {
    this.say = say;
    this.clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
    this.result = byId("result");
    this.list = byId("last");
    this.queue = byId("queue");
    this.armedBanner = byId("armed");
    this.choices = byId("choices");
    this.refusedList = document.getElementById("refused");
    this.undoButton = button("undo");
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    this.shown = 0;
    this.calm = 0;
    printKey(this.undoButton, "F2");
    printKey(button("clear"), "Esc", "Escape");
  }

  // --- the result --------------------------------------------------------------------------------

  /**
   * Fill the screen, unless something newer is there.
   * @param {number} counter of the entry of which this is said
   * @param {Shown} shown
   */
  show(counter, shown) {
    if (counter < this.shown) return;
    this.shown = counter;
    this.fill(shown);
  }

  /** Say something of the moment; the next answer replaces it.
   * @param {Shown} shown
   */
  fill(shown) {
    const { result } = this;
    result.dataset.tone = shown.tone;
    result.setAttribute("aria-busy", String(shown.tone === "pending"));
    /** @type {{[name: string]: string | undefined}} */
    const texts = {
      shape: SHAPES[shown.tone],
      verdict: shown.verdict,
      packet: shown.grouped || shown.number,
      service: shown.service,
      move: [shown.from, shown.to].filter(Boolean).join(" → "),
      next: shown.next,
      left: shown.left,
    };
    for (const [name, text] of Object.entries(texts)) put(result, name, text || "");
    const remarks = result.querySelector(".remarks");
    if (remarks) remarks.replaceChildren(...(shown.remarks || []).map((text) => made("li", "", text)));
  }

  // --- the last scans ----------------------------------------------------------------------------

  /**
   * Note something in the list, above all others.
   * @param {Entry} entry
   * @param {Shown} shown
   */
  note(entry, shown) {
    const known = this.rows.get(entry.body.ref);
    const row = known && known.isConnected ? known : this.newRow(entry);
    row.dataset.tone = shown.tone;
    put(row, "mark", SHAPES[shown.tone]);
    put(row, "said", shown.verdict);
    if (shown.grouped) put(row, "number", shown.grouped);
  }

  /** @param {Entry} entry */
  newRow(entry) {
    const row = made("li");
    row.dataset.ref = entry.body.ref;
    const what = made("span", "what");
    const doing = made("span", "doing", this.nameOf(entry));
    what.append(made("span", "number", grouped(numberOf(entry))), " ", doing, " ", made("span", "said"));
    const time = made("time", "", this.clock.format(new Date(entry.body.happened_at)));
    time.setAttribute("datetime", entry.body.happened_at);
    const mark = made("span", "mark");
    mark.setAttribute("aria-hidden", "true");
    row.append(mark, what, time);
    this.rows.set(entry.body.ref, row);
    this.list.prepend(row);
    while (this.list.children.length > LISTED) this.list.removeChild(this.list.children[LISTED]);
    return row;
  }

  /** Say what an entry does, or how it came.
   * @param {Entry} entry
   */
  nameOf(entry) {
    if (entry.kind === "scan") return entry.body.how === "typed" ? this.say("typed") : "";
    return cardName(entry.kind === "void" ? "undo" : entry.body.card);
  }

  /** @param {string} ref of an entry that became another one, or that somebody has given up */
  forget(ref) {
    const row = this.rows.get(ref);
    if (row) row.remove();
    this.rows.delete(ref);
  }

  // --- what waits --------------------------------------------------------------------------------

  /** @param {import("./queue.js").Queue["counts"]} counts */
  count(counts) {
    window.clearTimeout(this.calm);
    const parts = this.waits(counts);
    const urgent = counts.offline || counts.turnedAway || counts.troubled || !this.queue.hidden;
    // A counter that flashes at every scan tells nothing.
    if (urgent || parts.length === 0) this.setQueue(parts);
    else this.calm = window.setTimeout(() => this.setQueue(parts), CALM);
    this.queue.dataset.waiting = String(counts.waiting);
  }

  /**
   * @param {import("./queue.js").Queue["counts"]} counts
   * @returns {(string | HTMLElement)[]}
   */
  waits(counts) {
    /** @type {(string | HTMLElement)[]} */
    const parts = [];
    if (counts.turnedAway) parts.push(link("/login?next=/station", this.say("logged-out")));
    if (counts.offline) parts.push(this.say("offline"));
    if (counts.troubled) parts.push(this.say("storage"));
    if (counts.waiting > 0) parts.push(this.say("count", { number: counts.waiting }));
    if (counts.waitingForOthers > 0) parts.push(this.say("others", { number: counts.waitingForOthers }));
    return parts;
  }

  /** @param {(string | HTMLElement)[]} parts */
  setQueue(parts) {
    this.queue.hidden = parts.length === 0;
    const text = parts.map((part) => (typeof part === "string" ? part : part.textContent)).join(" · ");
    if (this.queue.textContent === text) return; // said already
    this.queue.replaceChildren(...parts.flatMap((part, i) => (i > 0 ? [" · ", part] : [part])));
  }

  /**
   * List what the server refused for good, until somebody has read it.
   * @param {import("./storage.js").Refused[]} refused
   * @param {(ref: string) => void} dismiss
   */
  listRefused(refused, dismiss) {
    if (this.refusedList === null) return;
    this.refusedList.hidden = refused.length === 0;
    const list = made("ul");
    for (const { entry, answer } of refused) list.append(this.refusedItem(entry, answer, dismiss));
    this.refusedList.replaceChildren(made("h2", "", this.say("refused-list")), list);
  }

  /**
   * @param {Entry} entry
   * @param {Answer} answer
   * @param {(ref: string) => void} dismiss
   */
  refusedItem(entry, answer, dismiss) {
    const words = [grouped(numberOf(entry)), this.nameOf(entry), answer.verdict, ...(answer.remarks || [])];
    const read = made("button", "quiet", this.say("dismiss"));
    read.setAttribute("type", "button");
    read.addEventListener("click", () => dismiss(entry.body.ref));
    const item = made("li", "", words.filter(Boolean).join(" · "));
    item.append(" ", read);
    return item;
  }

  // --- cards -------------------------------------------------------------------------------------

  /**
   * Say which card is applied to everything that is scanned; nothing, if none is.
   * @param {string} card
   * @param {string} [detail]
   */
  arm(card, detail) {
    this.armedBanner.hidden = card === "";
    const name = [cardName(card), detail].filter(Boolean).join(" · ");
    this.armedBanner.textContent = card === "" ? "" : this.say("armed", { card: name });
    for (const each of document.querySelectorAll("[data-card]")) {
      if (/** @type {HTMLElement} */ (each).dataset.card === card) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
  }

  /** @param {boolean} can */
  allowUndo(can) {
    if (this.undoButton) this.undoButton.hidden = !can;
  }

  // --- questions ---------------------------------------------------------------------------------

  /** Ask nothing. */
  askNothing() {
    this.choices.hidden = true;
    this.choices.replaceChildren();
  }

  /**
   * Ask for one of several, by number, by mouse, or by scanning.
   * @param {string} title
   * @param {Question["choices"]} choices
   * @param {(choice: {key: string, label: string}) => void} choose
   */
  askChoice(title, choices, choose) {
    const list = made("ol");
    choices.forEach((choice, i) => {
      const one = made("button", "second");
      one.setAttribute("type", "button");
      one.dataset.key = choice.key;
      one.append(made("kbd", "", String(i + 1)), " ", choice.label);
      one.addEventListener("click", () => choose(choice));
      const item = made("li");
      item.append(one);
      list.append(item);
    });
    this.choices.replaceChildren(made("h2", "", title), list);
    this.choices.hidden = false;
  }

  /**
   * Ask for a text.
   * @param {string} title
   * @param {boolean} long
   * @param {boolean} required
   * @param {(text: string) => void} answer
   */
  askText(title, long, required, answer) {
    const form = made("form");
    const label = made("label", "", title);
    label.setAttribute("for", "answer");
    const field = /** @type {HTMLInputElement} */ (made(long ? "textarea" : "input"));
    field.id = "answer";
    field.required = required;
    field.autocomplete = "off";
    const send = made("button", "", this.say("ok"));
    form.append(label, field, send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer(field.value.trim());
    });
    this.choices.replaceChildren(form);
    this.choices.hidden = false;
    field.focus();
  }
}

/** Return what a card is called: as its button, or by its stable name where there is no button.
 * @param {string} card
 */
export function cardName(card) {
  const found = button(card);
  const name = found && found.firstChild ? found.firstChild.textContent || "" : "";
  return name.trim() || card;
}

/** @param {Entry} entry */
function numberOf(entry) {
  const { code, number, numbers } = entry.body;
  return String(code || number || (numbers || [])[0] || "");
}

/**
 * @param {string} card
 * @returns {HTMLElement | null}
 */
function button(card) {
  return document.querySelector(`button[data-card="${CSS.escape(card)}"]`);
}

/** Print on a button the key that does the same.
 * @param {HTMLElement | null} on
 * @param {string} key as it stands on the keyboard
 * @param {string} [name] as the browser calls it
 */
function printKey(on, key, name = key) {
  if (on === null) return;
  on.setAttribute("aria-keyshortcuts", name);
  if (!on.querySelector("kbd")) on.append(" ", made("kbd", "", key));
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * @param {Element} parent
 * @param {string} name
 * @param {string} text
 */
function put(parent, name, text) {
  const found = parent.querySelector(`.${name}`);
  if (found) found.textContent = text;
}

/**
 * @param {string} href
 * @param {string} text
 */
function link(href, text) {
  const anchor = made("a", "", text);
  anchor.setAttribute("href", href);
  return anchor;
}

/**
 * @param {string} tag
 * @param {string} [name] its class
 * @param {string} [text]
 * @returns {HTMLElement}
 */
function made(tag, name = "", text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}
