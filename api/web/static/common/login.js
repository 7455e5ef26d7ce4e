// A badge that is scanned ends with Enter: the PIN is asked for next, whatever the keyboard layout.
import { digitOf } from "./digits.js";

const badge = /** @type {HTMLInputElement | null} */ (document.getElementById("badge"));
const pin = /** @type {HTMLInputElement | null} */ (document.getElementById("pin"));

/** @param {HTMLInputElement} field */
function readDigitsByPosition(field) {
  field.addEventListener("keydown", (event) => {
    const digit = digitOf(event);
    if (digit === null) return;
    event.preventDefault();
    field.setRangeText(digit, field.selectionStart ?? 0, field.selectionEnd ?? 0, "end");
  });
}

if (badge && pin) {
  readDigitsByPosition(badge);
  readDigitsByPosition(pin);
  badge.addEventListener("keydown", (event) => {
    if (event.code !== "Enter" && event.code !== "NumpadEnter") return;
    if (pin.value === "") {
      event.preventDefault();
      pin.focus();
    }
  });
}
