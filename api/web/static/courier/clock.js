// @ts-check
// The device's clock against the server's. No time is ever corrected: a wrong clock is shown.

const BEARABLE = 60_000; // ms

/** How far the device's clock is ahead of the server's, in ms, and how sure that is.
 * @typedef {{ahead: number, give: number}} Difference
 */

/**
 * Compare the clocks: the server told its time somewhere between a question and its answer.
 * @param {string} serverAt
 * @param {{asked: number, took: number}} asked when by the device's clock, and for how long (ms)
 * @returns {Difference}
 */
export function difference(serverAt, asked) {
  const give = asked.took / 2;
  return { ahead: asked.asked + give - Date.parse(serverAt), give };
}

/** Tell whether a clock must be put right.
 * @param {Difference | null} found
 */
export function isWrong(found) {
  return found !== null && Math.abs(found.ahead) - found.give > BEARABLE;
}

/**
 * Write a length of time for people: `2:05:00`.
 * @param {number} milliseconds
 */
export function span(milliseconds) {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  const two = (/** @type {number} */ n) => String(Math.floor(n)).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/**
 * Write when something was recorded, by the clock of that time and place: `22.11.2026 17:02:16
 * (+05:00)`. Not every phone knows how Kazakh writes dates.
 * @param {string} at `2026-11-22T17:02:16.067+05:00`
 */
export function momentOf(at) {
  const found = /^(\d+)-(\d+)-(\d+)T([\d:]{8})[.\d]*(.*)$/.exec(at);
  if (found === null) return at;
  const [, year, month, day, clock, offset] = found;
  return `${day}.${month}.${year} ${clock} (${offset})`;
}

/** Write the time of day of that: `17:02`.
 * @param {string} at
 */
export function clockOf(at) {
  return at.slice(11, 16);
}
