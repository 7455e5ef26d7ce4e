// @ts-check
// When a code that a camera sees counts: as on the server (scanner/agreement.py). The same code must
// be read at one place several times in a row; another code there in between begins anew.
import { parse } from "../common/codes.js";

const READS = 3;
const WITHIN = 1_000; // ms from one read of a code to the next that agrees with it
const GONE = 3_000; // ms after which a code that was out of the picture counts again

/** @typedef {{x: number, y: number}} Point */
/** A code that was read; its corners clockwise from the left of its first line.
 * @typedef {{text: string, corners: Point[]}} Seen
 */
/** Reads of one code that followed each other. @typedef {{seen: Seen, last: number, reads: number}} Run */

export class Agreement {
  constructor() {
    /** @type {Map<string, Run>} */
    this.runs = new Map();
    /** @type {Map<string, number>} when each accepted code was seen last */
    this.told = new Map();
  }

  /**
   * Take what was read in one look; return the codes that are accepted by it.
   * @param {Seen[]} codes
   * @param {number} now ms of a clock that goes on
   * @returns {string[]}
   */
  saw(codes, now) {
    this.forget(now);
    const ours = new Map(codes.filter(({ text }) => parse(text)).map((each) => [each.text, each]));
    const seen = [...ours.values()];
    const accepted = [];
    for (const one of seen) {
      const contested = seen.some((other) => other !== one && meet(one, other));
      if (this.agree(one, now, contested) && !this.told.has(one.text)) {
        this.told.set(one.text, now);
        accepted.push(one.text);
      }
    }
    return accepted;
  }

  /** @param {number} now */
  forget(now) {
    for (const [text, run] of this.runs) if (now - run.last > WITHIN) this.runs.delete(text);
    for (const [text, last] of this.told) if (now - last > GONE) this.told.delete(text);
  }

  /**
   * Count a read; tell whether enough of them agree.
   * @param {Seen} seen
   * @param {number} now
   * @param {boolean} contested
   */
  agree(seen, now, contested) {
    const { text } = seen;
    if (this.told.has(text)) this.told.set(text, now);
    for (const [other, run] of this.runs) {
      if (other !== text && meet(run.seen, seen)) this.runs.delete(other);
    }
    if (contested) this.runs.delete(text);
    if (contested) return false;
    const reads = (this.runs.get(text) || { reads: 0 }).reads + 1;
    this.runs.set(text, { seen, last: now, reads });
    return reads >= READS;
  }
}

/** Tell whether two reads can be of one label: the middle of one lies within the other's bars.
 * @param {Seen} one
 * @param {Seen} other
 */
function meet(one, other) {
  const across = Math.max(lengthOf(one), lengthOf(other));
  return distance(middleOf(one), middleOf(other)) < across / 4;
}

/** @param {Seen} seen @returns {Point} */
function middleOf({ corners }) {
  const sum = corners.reduce((all, each) => ({ x: all.x + each.x, y: all.y + each.y }));
  return { x: sum.x / corners.length, y: sum.y / corners.length };
}

/** @param {Seen} seen */
function lengthOf({ corners }) {
  return distance(corners[0], corners[1]);
}

/** @param {Point} one @param {Point} other */
function distance(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
