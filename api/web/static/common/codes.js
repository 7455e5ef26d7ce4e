// @ts-check
// The numbers printed as barcodes, taken apart as on the server (domain/numbers.py).

export const PACKET = 1;
export const BAG = 2;
export const PLACE = 3;
export const BADGE = 4;
export const ACTION_CARD = 5;
export const REGISTRY = 6;

const LENGTH = 14;
const LAST_KIND = REGISTRY;
const SEPARATORS = /[ \u00a0\u202f-]/g;

/**
 * A valid code.
 * @typedef {{digits: string, kind: number, block: number, serial: number}} Code
 */

/**
 * Take a typed or scanned text apart; null if it is not a code of ours (see `faultOf`).
 * @param {string} text
 * @returns {Code | null}
 */
export function parse(text) {
  if (faultOf(text) !== null) return null;
  const digits = bare(text);
  return {
    digits,
    kind: Number(digits[0]),
    block: Number(digits.slice(1, 5)),
    serial: Number(digits.slice(5, 12)),
  };
}

/**
 * Say why a text is not a code, in the server's words; null if it is one.
 * @param {string} text
 * @returns {string | null}
 */
export function faultOf(text) {
  const digits = bare(text);
  if (digits === "") return "empty";
  if (!/^[0-9]+$/.test(digits)) return "not-digits";
  if (digits.length !== LENGTH) return digits.length < LENGTH ? "too-short" : "too-long";
  // Fourteen digits fit exactly into a number.
  if (Number(digits) % 97 !== 1) return "check-digits";
  const kind = Number(digits[0]);
  return kind >= PACKET && kind <= LAST_KIND ? null : "foreign";
}

/**
 * Return the text without spaces and hyphens between groups.
 * @param {string} text
 */
export function bare(text) {
  return text.trim().replace(SEPARATORS, "");
}

/**
 * Write 14 digits in groups for reading aloud: `1026 6000 0012 34`; other texts as they are.
 * @param {string} digits
 */
export function grouped(digits) {
  const found = /^(\d{4})(\d{4})(\d{4})(\d{2})$/.exec(digits);
  return found ? found.slice(1).join(" ") : digits;
}
