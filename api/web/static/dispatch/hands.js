// @ts-check
// The fields of a hand-over take a scanner: the badge, then the seal, whatever the keyboard's layout.
import { usKey } from "../common/layouts.js";

const QUICK = 35; // milliseconds between two keys of a scanner, in the middle of all
const FEWEST = 4; // keys by which a scanner is known
const PAUSE = 200; // milliseconds after which something else begins

/** Keys that followed each other without a pause, in one field. */
class Run {
  constructor() {
    this.text = "";
    /** @type {number[]} */
    this.times = [];
  }

  /** @param {KeyboardEvent} event */
  take(event) {
    const char = usKey(event.code, event.shiftKey);
    if (char === null || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.timeStamp - (this.times[this.times.length - 1] || 0) > PAUSE) this.clear();
    this.text += char;
    this.times.push(event.timeStamp);
  }

  /** Whether a scanner has typed it. */
  get isQuick() {
    const gaps = this.times.slice(1).map((at, i) => at - this.times[i]);
    gaps.sort((one, other) => one - other);
    return this.times.length >= FEWEST && gaps[gaps.length >> 1] < QUICK;
  }

  clear() {
    this.text = "";
    this.times = [];
  }
}

/** @param {HTMLFormElement} form */
function listen(form) {
  const fields = /** @type {HTMLInputElement[]} */ ([
    ...form.querySelectorAll("input[name='badge'], input[name='seal']"),
  ]);
  for (const field of fields) {
    const run = new Run();
    const settle = () => {
      if (run.isQuick) field.value = run.text;
      run.clear();
    };
    field.addEventListener("keydown", (event) => {
      if (event.code !== "Enter" && event.code !== "NumpadEnter") return run.take(event);
      settle();
      const empty = fields.find((other) => other.value === "");
      if (field.value === "" || empty === undefined) return;
      event.preventDefault(); // a scanner's Enter: the other field comes next
      empty.focus();
    });
    field.addEventListener("change", settle);
  }
}

for (const form of document.querySelectorAll("form[data-hands]")) {
  listen(/** @type {HTMLFormElement} */ (form));
}
