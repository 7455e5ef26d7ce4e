// @ts-check
// Reads a keyboard-type scanner wherever the focus is, and a person's typing in the scan field.
//
// Keys are read by their position, so that the active layout and Caps Lock do not matter. Quick
// keys one after the other are a scanner's: they are taken out of whatever field they fell into.
// What a person types into other fields, and every combination with Ctrl, Alt or Meta, is left
// alone.
import { bare, parse } from "../common/codes.js";
import { recover, usKey } from "../common/layouts.js";

/** @typedef {"scanner" | "typed" | "pasted" | "camera"} How how a text came here */
/**
 * What is told: `onScan` of every text; `onDigit` of a digit that stays alone in the scan field
 * (true: it was used); `keys` of keys with a meaning of their own, by their code.
 * @typedef {object} Listener
 * @property {(code: string, how: How) => void} onScan
 * @property {(digit: string) => boolean} [onDigit]
 * @property {{[code: string]: () => void}} [keys]
 */

// Milliseconds and keys by which a scanner is told from a person.
const QUICK = 35; // between two keys of a scanner, in the middle of all
const FEWEST = 6; // keys that make a burst
const BREAK = 50; // between a person's last key and a scanner's first one
const PAUSE = 200; // after which a person or another scan begins anew
const COMPLETE = 80; // after a whole code no Enter is waited for
const ABANDONED = 1000; // after any other burst: the scanner sends no Enter
const BREATH = 20; // for keys that wait behind a busy page
const LATE = 500; // the Enter after a code that was not waited for
const ALONE = 150; // a digit by itself is a choice, not the beginning of a number

const INTERACTIVE =
  "a[href], button, input, select, textarea, summary, [contenteditable], " +
  "[tabindex]:not([tabindex='-1'])";
const NOT_TEXT = /^(button|checkbox|color|file|hidden|image|radio|range|reset|submit)$/;
const EDITING = /^(Backspace|Delete|Home|End|Arrow\w+)$/;

/** Keys that followed each other without a pause. */
class Run {
  /** @param {Element | null} field the field they fell into; null for the scan field */
  constructor(field) {
    this.field = field;
    /** @type {string[]} */
    this.chars = [];
    /** @type {number[]} */
    this.times = [];
    /** @type {(Snapshot | null)[]} what the field held before each key that fell into it */
    this.befores = [];
    this.isBurst = false;
    this.taken = false;
  }

  /**
   * @param {string} char
   * @param {number} at
   */
  add(char, at) {
    if (!this.taken) this.befores.push(snapshot(this.field));
    this.chars.push(char);
    this.times.push(at);
    // Some scanners act as an input method: all characters come at once.
    if (char.length >= FEWEST || areQuick(this.times.slice(-FEWEST))) this.isBurst = true;
  }

  get last() {
    return this.times[this.times.length - 1] || 0;
  }

  /** Where the scan begins: somebody may have been typing a moment before. The check digits tell,
   * or else the pause.
   */
  get begin() {
    for (let i = 0; i < this.befores.length; i += 1) {
      if (parse(this.textFrom(i))) return i;
    }
    for (let i = this.befores.length - 1; i > 0; i -= 1) {
      if (this.times[i] - this.times[i - 1] > BREAK) return i;
    }
    return 0;
  }

  get text() {
    return this.textFrom(this.begin);
  }

  /** @param {number} begin */
  textFrom(begin) {
    return recover(this.chars.slice(begin).join(""));
  }

  /** Take the characters back out of a field that is not ours. */
  takeBack() {
    restore(this.field, this.befores[this.begin]);
  }
}

/** @param {number[]} times of as many keys as make a burst */
function areQuick(times) {
  if (times.length < FEWEST) return false;
  const gaps = times.slice(1).map((at, i) => at - times[i]);
  gaps.sort((one, other) => one - other);
  return gaps[gaps.length >> 1] < QUICK;
}

/** Listens to the whole page. */
export class Keyboard {
  /**
   * @param {HTMLInputElement} field the scan field
   * @param {Listener} listener
   */
  constructor(field, listener) {
    this.field = field;
    this.listener = listener;
    /** @type {Run | null} */
    this.run = null;
    this.timer = 0;
    this.tookAt = -Infinity;
    /** @type {Set<string>} */
    this.swallowed = new Set();
    document.addEventListener("keydown", (event) => this.onKey(event), true);
    document.addEventListener("keyup", (event) => this.onKeyUp(event), true);
    document.addEventListener("paste", (event) => this.onPaste(event), true);
    field.addEventListener("input", (event) => this.onInput(/** @type {InputEvent} */ (event)));
    if (field.form) field.form.addEventListener("submit", (event) => this.onSubmit(event));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.isComposing || event.keyCode === 229 || hasModifier(event)) return;
    const meaning = (this.listener.keys || {})[event.code || event.key];
    if (meaning) {
      if (event.code !== "Escape") event.preventDefault();
      if (!event.repeat) meaning();
    } else if (isEnd(event)) {
      this.onEnd(event);
    } else {
      this.onCharacter(event);
    }
  }

  /** Forget what was typed so far. */
  clear() {
    this.field.value = "";
    this.begin(null);
  }

  /** @param {KeyboardEvent} event */
  onCharacter(event) {
    const char = charOf(event);
    const ours = this.isOurs(event.target);
    if (char === null) {
      if (ours && EDITING.test(event.key)) this.begin(null); // the field's text is what counts now
      return;
    }
    if (char === " " && ours && this.field.value === "") return; // a person scrolls
    if (event.repeat) {
      if (ours) event.preventDefault();
      return;
    }
    const run = this.runFor(ours ? null : /** @type {Element} */ (event.target), event.timeStamp);
    run.add(char, event.timeStamp);
    if (ours && !run.taken) this.insert(char);
    else if (run.isBurst) run.taken = true; // this key and the next ones fall nowhere
    if (ours || run.taken) this.swallow(event);
    this.waitFor(run);
  }

  /**
   * Return the run that a key belongs to.
   * @param {Element | null} field
   * @param {number} at
   */
  runFor(field, at) {
    const run = this.run;
    if (run && (run.taken || (run.field === field && at - run.last <= PAUSE))) return run;
    const begun = new Run(field);
    this.begin(begun);
    return begun;
  }

  /** @param {Run | null} run */
  begin(run) {
    window.clearTimeout(this.timer);
    this.run = run;
  }

  /** @param {string} char */
  insert(char) {
    const { field } = this;
    if (document.activeElement !== field) field.focus();
    const end = field.value.length;
    field.setRangeText(
      char,
      nullOr(field.selectionStart, end),
      nullOr(field.selectionEnd, end),
      "end",
    );
  }

  /** What comes by other ways than keys: an input method, dictation, a dropped text.
   * @param {InputEvent} event
   */
  onInput(event) {
    if (!/^insert/.test(event.inputType || "insertText")) return this.begin(null);
    const run = this.runFor(null, event.timeStamp);
    run.add(event.data || "", event.timeStamp);
    this.waitFor(run);
  }

  /** A scanner that sends no Enter ends with a pause; so does a digit that is a choice.
   * @param {Run} run
   */
  waitFor(run) {
    window.clearTimeout(this.timer);
    if (run.isBurst) {
      const pause = parse(this.textOf(run)) ? COMPLETE : ABANDONED;
      this.timer = window.setTimeout(() => this.takeUnlessMore(run), pause);
    } else if (run.field === null && /^[0-9]$/.test(this.field.value)) {
      this.timer = window.setTimeout(() => this.choose(this.field.value), ALONE);
    }
  }

  /** Where the page was busy, keys may still wait behind the timer: let them in first.
   * @param {Run} run
   */
  takeUnlessMore(run) {
    this.timer = window.setTimeout(() => {
      this.tookAt = performance.now();
      this.take(run);
    }, BREATH);
  }

  /** @param {string} digit */
  choose(digit) {
    const { onDigit } = this.listener;
    if (!onDigit || !onDigit(digit)) return;
    this.clear();
  }

  /** @param {KeyboardEvent} event */
  onEnd(event) {
    const run = this.run;
    const ours = this.isOurs(event.target);
    const burst = run !== null && run.isBurst && (ours ? run.field === null : run.taken);
    if (!burst && !(ours && isEnter(event))) {
      // The Enter of a burst that was taken for its pause must not press a button.
      if (event.timeStamp - this.tookAt < LATE) this.swallow(event);
      this.tookAt = -Infinity;
      return;
    }
    this.swallow(event);
    if (!event.repeat) this.take(run);
  }

  /** @param {Event} event */
  onSubmit(event) {
    event.preventDefault();
    this.take(this.run);
  }

  /** @param {Run | null} run what is known of the keys; null after editing */
  take(run) {
    const burst = run !== null && run.isBurst;
    const text = this.textOf(run);
    if (run === null || run.field === null) this.clear();
    else run.takeBack();
    this.begin(null);
    if (bare(text) !== "") this.listener.onScan(text, burst ? "scanner" : "typed");
  }

  /** The check digits decide whether what was in the field before belongs to a burst.
   * @param {Run | null} run
   */
  textOf(run) {
    const whole = recover(this.field.value);
    if (run === null || !run.isBurst) return whole;
    const ours = run.field === null;
    return ours && (parse(whole) || !parse(run.text)) ? whole : run.text;
  }

  /** @param {ClipboardEvent} event */
  onPaste(event) {
    if (!this.isOurs(event.target) || !event.clipboardData) return;
    const lines = event.clipboardData.getData("text").split(/[\r\n]+/);
    event.preventDefault();
    this.clear();
    for (const line of lines) {
      if (bare(line) !== "") this.listener.onScan(recover(line), "pasted");
    }
  }

  /** Tell whether keys there are meant for the scan field: it has the focus, or nothing has.
   * @param {EventTarget | null} target
   */
  isOurs(target) {
    return target === this.field || !(target instanceof Element) || !target.closest(INTERACTIVE);
  }

  /** @param {KeyboardEvent} event */
  swallow(event) {
    event.preventDefault();
    event.stopPropagation();
    this.swallowed.add(event.code);
  }

  /** A button is pressed when Space is let go of.
   * @param {KeyboardEvent} event
   */
  onKeyUp(event) {
    if (this.swallowed.delete(event.code)) event.preventDefault();
  }
}

/** @param {KeyboardEvent} event */
function hasModifier(event) {
  return event.ctrlKey || event.altKey || event.metaKey || event.getModifierState("AltGraph");
}

/** @param {KeyboardEvent} event */
function isEnter(event) {
  return event.key === "Enter" || event.code === "Enter" || event.code === "NumpadEnter";
}

/** @param {KeyboardEvent} event */
function isEnd(event) {
  return isEnter(event) || ((event.code || event.key) === "Tab" && !event.shiftKey);
}

/**
 * Return what a US keyboard would have written; what the browser says where it names no position.
 * @param {KeyboardEvent} event
 * @returns {string | null}
 */
function charOf(event) {
  if (event.code) return usKey(event.code, event.shiftKey);
  return event.key.length === 1 ? event.key : null;
}

/** @typedef {{value: string, start: number | null, end: number | null}} Snapshot */

/**
 * @param {Element | null} field
 * @returns {Snapshot | null}
 */
function snapshot(field) {
  if (field instanceof HTMLSelectElement) return { value: field.value, start: null, end: null };
  if (!isText(field)) return null;
  return { value: field.value, start: field.selectionStart, end: field.selectionEnd };
}

/**
 * @param {Element | null} field
 * @returns {field is HTMLInputElement | HTMLTextAreaElement}
 */
function isText(field) {
  if (field instanceof HTMLTextAreaElement) return true;
  return field instanceof HTMLInputElement && !NOT_TEXT.test(field.type);
}

/**
 * @param {Element | null} field
 * @param {Snapshot | null} before
 */
function restore(field, before) {
  if (before === null || !(isText(field) || field instanceof HTMLSelectElement)) return;
  field.value = before.value;
  if (isText(field) && before.start !== null) field.setSelectionRange(before.start, before.end);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  if (!isText(field)) field.dispatchEvent(new Event("change", { bubbles: true }));
}

/**
 * @param {number | null} given
 * @param {number} otherwise
 */
function nullOr(given, otherwise) {
  return given === null ? otherwise : given;
}
