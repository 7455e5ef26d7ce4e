// @ts-check
// The last fifty scans, kept while the browser's tab is open: a change of place empties no list.
import { made, put } from "../common/dom.js";

/**
 * A line of the list: an entry, and what is said of it.
 * @typedef {{ref: string, number: string, doing: string, at: string, tone: string, mark: string,
 *   said: string}} Line
 */

const LISTED = 50;
const KEY = "qolhat.last.";
const PENDING = "pending";

export class LastScans {
  /**
   * @param {HTMLElement} list
   * @param {string} language
   * @param {number} person
   */
  constructor(list, language, person) {
    this.list = list;
    this.key = KEY + person;
    this.clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    /** @type {Line[]} the last first */
    this.lines = [];
    // What waited when the page was left is in the queue; it comes back from there.
    const kept = this.kept().filter((line) => line.tone !== PENDING);
    for (const line of kept.reverse()) this.note(line);
  }

  /**
   * Write a line above all others, or write it anew where it stands.
   * @param {Line} line
   * @param {string} [number] as the server writes it
   */
  note(line, number = "") {
    const known = this.rows.get(line.ref);
    const row = known || this.newRow(line);
    row.dataset.tone = line.tone;
    put(row, "mark", line.mark);
    put(row, "said", line.said);
    put(row, "number", number || line.number);
    if (known) this.lines = this.lines.map((each) => (each.ref === line.ref ? line : each));
    else this.lines.unshift(line);
    this.shorten();
    this.keep();
  }

  /** @param {string} ref of something that became something else */
  forget(ref) {
    const row = this.rows.get(ref);
    if (row) row.remove();
    this.rows.delete(ref);
    this.lines = this.lines.filter((line) => line.ref !== ref);
    this.keep();
  }

  /** @param {Line} line */
  newRow(line) {
    const row = made("li");
    row.dataset.ref = line.ref;
    const mark = made("span", "mark");
    mark.setAttribute("aria-hidden", "true");
    const what = made("span", "what");
    what.append(
      made("span", "number"),
      " ",
      made("span", "doing", line.doing),
      " ",
      made("span", "said"),
    );
    const time = made("time", "", this.clock.format(new Date(line.at)));
    time.setAttribute("datetime", line.at);
    row.append(mark, what, time);
    this.rows.set(line.ref, row);
    this.list.prepend(row);
    return row;
  }

  /** A line that fell off comes back on top when its answer comes. */
  shorten() {
    for (const line of this.lines.splice(LISTED)) {
      const row = this.rows.get(line.ref);
      if (row) row.remove();
      this.rows.delete(line.ref);
    }
  }

  /** @returns {Line[]} */
  kept() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key) || "[]");
    } catch {
      return [];
    }
  }

  keep() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.lines));
    } catch {
      // then the list begins anew with the next page
    }
  }
}
