// @ts-check
// What a desk of dispatch shows: the answer to the last scan, and what waits to be recorded.
import { offerCamera } from "../camera/camera.js";
import { byId, made, madeLink, put } from "../common/dom.js";
import { click, isMuted, mute, play } from "../station/sound.js";

/** @typedef {import("./line.js").Answer} Answer */
/** @typedef {import("../station/sound.js").Tone} Tone */
/** @typedef {ReturnType<typeof import("../common/texts.js").speaker>} Say */
/** @typedef {{tone: Tone | "pending", verdict: string, grouped?: string, remarks?: string[]}} Shown */

const CALM = 300; // ms that something may wait before the counter shows
/** @type {{[tone: string]: string}} */
const SHAPES = { "": "○", "green": "✔", "amber": "▲", "red": "✖", "pending": "…" };

export class Screen {
  /** @param {Say} say */
  constructor(say) {
    this.say = say;
    this.box = byId("answer");
    this.queue = byId("queue");
    this.reds = byId("reds");
    this.calm = 0;
    this.shown = 0;
  }

  /**
   * Show the answer to an entry, unless something newer is there. What is wrong sounds all the same,
   * and stays on the page: the next scan must not wipe it away unread.
   * @param {number} order
   * @param {Shown} shown
   */
  show(order, shown) {
    if (shown.tone !== "pending") play(shown.tone);
    if (shown.tone === "red") this.keep(shown);
    if (order < this.shown) return;
    this.shown = order;
    this.fill(shown);
  }

  /** @param {Shown} shown */
  keep(shown) {
    const parts = [shown.grouped, shown.verdict, ...(shown.remarks || [])];
    this.reds.querySelector("ol")?.prepend(made("li", "", parts.filter(Boolean).join(" · ")));
    this.reds.hidden = false;
  }

  /** Say something of the moment.
   * @param {Shown} shown
   */
  tell(shown) {
    if (shown.tone !== "pending") play(shown.tone);
    this.fill(shown);
  }

  /** @param {Shown} shown */
  fill(shown) {
    const { box } = this;
    box.dataset.tone = shown.tone;
    put(box, "shape", SHAPES[shown.tone]);
    put(box, "verdict", shown.verdict);
    put(box, "packet", shown.grouped || "");
    const remarks = box.querySelector(".remarks");
    if (remarks)
      remarks.replaceChildren(...(shown.remarks || []).map((text) => made("li", "", text)));
  }

  /** @param {import("./line.js").Line["state"]} state */
  count(state) {
    window.clearTimeout(this.calm);
    const urgent = state.away || state.unkept || state.offline || !this.queue.hidden;
    if (urgent || state.waiting === 0) this.fillQueue(state);
    else this.calm = window.setTimeout(() => this.fillQueue(state), CALM);
  }

  /** @param {import("./line.js").Line["state"]} state */
  fillQueue(state) {
    /** @type {(string | HTMLElement)[]} */
    const parts = [];
    const back = `/login?next=${encodeURIComponent(location.pathname)}`;
    if (state.away) parts.push(madeLink(back, this.say("logged-out")));
    if (state.offline) parts.push(this.say("offline"));
    if (state.unkept) parts.push(this.say("storage"));
    if (state.waiting > 0) parts.push(this.say("waiting", { number: state.waiting }));
    this.queue.hidden = parts.length === 0;
    this.queue.replaceChildren(...parts.flatMap((part, i) => (i > 0 ? [" · ", part] : [part])));
  }
}

/** Let the button turn the sounds off and on. */
export function offerMute() {
  const button = document.getElementById("mute");
  if (button === null) return;
  button.hidden = false;
  const show = () => button.setAttribute("aria-pressed", String(isMuted()));
  button.addEventListener("click", () => {
    mute(!isMuted());
    show();
  });
  show();
}

/**
 * Let the camera read codes as a scanner does.
 * @param {Screen} screen
 * @param {(text: string) => void} onCode
 */
export function offerCameraTo(screen, onCode) {
  offerCamera(
    (code) => {
      click();
      onCode(code);
    },
    (why) => screen.tell({ tone: "amber", verdict: why }),
  );
}

/**
 * Let forms wait until everything that was scanned is recorded.
 * @param {import("./line.js").Line} line
 */
export function holdForms(line) {
  for (const form of document.querySelectorAll("form[data-after]")) {
    form.addEventListener("submit", (event) => {
      if (line.state.waiting === 0) return;
      event.preventDefault();
      line.emptied().then(() => /** @type {HTMLFormElement} */ (form).requestSubmit());
    });
  }
}
