// Digits by the position of the key, so that the active layout does not matter.

/**
 * Return the digit of a key that is pressed without Shift, Ctrl, Alt or Meta; null if it has none.
 * @param {KeyboardEvent} event
 * @returns {string | null}
 */
export function digitOf(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return null;
  const found = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  return found ? found[1] : null;
}
