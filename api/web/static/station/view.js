// @ts-check
// What the station shows: the last result filling the screen, the last scans, what waits.
import { byId, made, madeButton, madeLink, put } from "../common/dom.js";
import { packetOf } from "./entries.js";
import { LastScans } from "./last.js";

/** @typedef {import("./queue.js").Entry} Entry */
/** @typedef {import("./queue.js").Answer} Answer */
/** @typedef {import("./queue.js").Question} Question */
/** @typedef {import("./sound.js").Tone} Tone */
/** @typedef {ReturnType<typeof import("../common/texts.js").speaker>} Say */
/** @typedef {Partial<Omit<Answer, "tone">> & {tone: Tone | "pending" | "",
 *   verdict: string}} Shown */

const CALM = 300; // ms that something may wait before the counter shows
/** @type {{[tone: string]: string}} */
const SHAPES = { "": "○", "green": "✔", "amber": "▲", "red": "✖", "pending": "…" };

export class View {
  /**
   * @param {Say} say
   * @param {string} language
   * @param {number} person whose last scans are listed
   */
  constructor(say, language, person) {
    this.say = say;
    this.result = byId("result");
    this.last = new LastScans(byId("last"), language, person);
    this.queue = byId("queue");
    this.armedBanner = byId("armed");
    this.choices = byId("choices");
    this.refusedList = document.getElementById("refused");
    this.undoButton = button("undo");
    this.undoReasonField = byId("undo-why");
    this.undoReason = /** @type {HTMLSelectElement} */ (byId("undo-reason"));
    this.shown = 0;
    this.calm = 0;
    /** @type {(string | HTMLElement)[]} */
    this.parts = [];
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
    if (remarks)
      remarks.replaceChildren(...(shown.remarks || []).map((text) => made("li", "", text)));
  }

  /**
   * Note something in the list of the last scans.
   * @param {Entry} entry
   * @param {Shown} shown
   */
  note(entry, shown) {
    this.last.note(
      {
        ref: entry.body.ref,
        number: packetOf(entry),
        doing: this.nameOf(entry),
        at: entry.body.happened_at,
        tone: shown.tone,
        mark: SHAPES[shown.tone],
        said: shown.verdict,
      },
      shown.grouped || "",
    );
  }

  /** Say what an entry does, or how it came.
   * @param {Entry} entry
   */
  nameOf(entry) {
    if (entry.kind === "scan") return entry.body.how === "typed" ? this.say("typed") : "";
    return cardName(entry.kind === "void" ? "undo" : entry.body.card);
  }

  // --- what waits --------------------------------------------------------------------------------

  /** @param {import("./queue.js").Queue["counts"]} counts */
  count(counts) {
    this.parts = this.waits(counts);
    const urgent = counts.offline || counts.turnedAway || counts.troubled || !this.queue.hidden;
    if (urgent || this.parts.length === 0) this.setQueue();
    // A counter that flashes at every scan tells nothing.
    else if (this.calm === 0) this.calm = window.setTimeout(() => this.setQueue(), CALM);
  }

  /**
   * @param {import("./queue.js").Queue["counts"]} counts
   * @returns {(string | HTMLElement)[]}
   */
  waits(counts) {
    /** @type {(string | HTMLElement)[]} */
    const parts = [];
    if (counts.turnedAway) parts.push(madeLink("/login?next=/station", this.say("logged-out")));
    if (counts.offline) parts.push(this.say("offline"));
    if (counts.troubled) parts.push(this.say("storage"));
    if (counts.waiting > 0) parts.push(this.say("count", { number: counts.waiting }));
    if (counts.waitingForOthers > 0)
      parts.push(this.say("others", { number: counts.waitingForOthers }));
    return parts;
  }

  setQueue() {
    window.clearTimeout(this.calm);
    this.calm = 0;
    const { parts, queue } = this;
    queue.hidden = parts.length === 0;
    const text = parts
      .map((part) => (typeof part === "string" ? part : part.textContent))
      .join(" · ");
    if (queue.textContent === text) return; // said already
    queue.replaceChildren(...parts.flatMap((part, i) => (i > 0 ? [" · ", part] : [part])));
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
    const words = [packetOf(entry), this.nameOf(entry), answer.verdict, ...(answer.remarks || [])];
    const item = made("li", "", words.filter(Boolean).join(" · "));
    item.append(
      " ",
      madeButton("quiet", this.say("dismiss"), () => dismiss(entry.body.ref)),
    );
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
      if (/** @type {HTMLElement} */ (each).dataset.card === card)
        each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
  }

  /** @param {boolean} can */
  allowUndo(can) {
    if (this.undoButton) this.undoButton.hidden = !can;
    this.undoReasonField.hidden = !can;
    if (!can) this.undoReason.value = "";
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
      const one = madeButton("second", "", () => choose(choice));
      one.dataset.key = choice.key;
      one.append(made("kbd", "", String(i + 1)), " ", choice.label);
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
