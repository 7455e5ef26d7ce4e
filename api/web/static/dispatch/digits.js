// @ts-check
// Fields for codes take digits by the position of the key, whatever the keyboard's layout.
import { digitOf } from "../common/digits.js";

for (const each of document.querySelectorAll("input[data-digits]")) {
  const field = /** @type {HTMLInputElement} */ (each);
  field.addEventListener("keydown", (event) => {
    const digit = digitOf(event);
    if (digit === null) return;
    event.preventDefault();
    field.setRangeText(digit, field.selectionStart ?? 0, field.selectionEnd ?? 0, "end");
  });
}
