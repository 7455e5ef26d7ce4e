// @ts-check
// A scanner types as a US keyboard: what it meant, by the position of the key, or by the inverse of
// the Russian and Kazakh layouts where only the letters came through.
import { parse } from "./codes.js";

// The 47 keys of a US keyboard, plain and with Shift, and what the other layouts make of them
// (from CLDR, as Windows has them).
const US = "`1234567890-=qwertyuiop[]asdfghjkl;'\\zxcvbnm,./";
const US_SHIFT = '~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|ZXCVBNM<>?';
const RUSSIAN = "ё1234567890-=йцукенгшщзхъфывапролджэ\\ячсмитьбю.";
const RUSSIAN_SHIFT = 'Ё!"№;%:?*()_+ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭ/ЯЧСМИТЬБЮ,';
const KAZAKH = '("әіңғ,.үұқөһйцукенгшщзхъфывапролджэ\\ячсмитьбю№';
const KAZAKH_SHIFT = ")!ӘІҢҒ;:ҮҰҚӨҺЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭ/ЯЧСМИТЬБЮ?";

const SYMBOLS = [
  "Backquote",
  "Minus",
  "Equal",
  "BracketLeft",
  "BracketRight",
  "Semicolon",
  "Quote",
  "Backslash",
  "Comma",
  "Period",
  "Slash",
];
const SYMBOL_KEYS = "`-=[];'\\,./";
const NUMPAD = {
  NumpadDecimal: ".",
  NumpadDivide: "/",
  NumpadMultiply: "*",
  NumpadSubtract: "-",
  NumpadAdd: "+",
};

/** @type {Map<string, string>} */
const BY_CODE = new Map([
  ...SYMBOLS.map((code, i) => /** @type {[string, string]} */ ([code, SYMBOL_KEYS[i]])),
  ...Object.entries(NUMPAD),
  ["Space", " "],
]);

/**
 * Return what a US keyboard writes for a key, by its position; null if it writes nothing.
 * @param {string} code as in `KeyboardEvent.code`
 * @param {boolean} shift
 * @returns {string | null}
 */
export function usKey(code, shift) {
  const numpad = /^Numpad(\d)$/.exec(code);
  if (numpad) return numpad[1];
  const found = /^(?:Digit(\d)|Key([A-Z]))$/.exec(code);
  const plain = found ? found[1] || found[2].toLowerCase() : BY_CODE.get(code);
  if (plain === undefined) return null;
  const at = US.indexOf(plain);
  return shift && at >= 0 && !code.startsWith("Numpad") ? US_SHIFT[at] : plain;
}

/**
 * Return the code that was meant by a text, whatever layout it was written in; a text of which no
 * layout makes a code comes back as it is.
 * @param {string} text
 */
export function recover(text) {
  const given = text.trim();
  const meant = [given, ...INVERSES.map((inverse) => undo(given, inverse))];
  return meant.find((each) => parse(each) !== null) || given;
}

/**
 * @param {string} layout
 * @param {string} shifted
 * @param {boolean} fold what Caps Lock made of the digits' keys is a digit again
 */
function inverseOf(layout, shifted, fold) {
  /** @type {Map<string, string>} */
  const inverse = new Map();
  for (let i = 0; i < US.length; i += 1) {
    inverse.set(shifted[i], fold && /\d/.test(US[i]) ? US[i] : US_SHIFT[i]);
  }
  for (let i = 0; i < US.length; i += 1) inverse.set(layout[i], US[i]);
  return inverse;
}

const INVERSES = [inverseOf(RUSSIAN, RUSSIAN_SHIFT, false), inverseOf(KAZAKH, KAZAKH_SHIFT, true)];

/**
 * @param {string} text
 * @param {Map<string, string>} inverse
 */
function undo(text, inverse) {
  return Array.from(text, (char) => inverse.get(char) || char).join("");
}
