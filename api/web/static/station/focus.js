// @ts-check
// The scan field gets the focus back whenever nothing has it; who moves by Tab is left alone.

const INTERACTIVE =
  "a[href], button, input, select, textarea, label, summary, [contenteditable], [tabindex]";

/**
 * Keep the focus on a field.
 * @param {HTMLElement} field
 * @returns {() => void} gives the focus back if nothing has it
 */
export function keepFocus(field) {
  let pressed = false;

  function giveBack() {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (lost && !pressed && document.hasFocus()) field.focus({ preventScroll: true });
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const target = /** @type {Element} */ (event.target);
    const selecting = window.getSelection();
    if (selecting !== null && !selecting.isCollapsed) return; // a text is being copied
    const control = target.closest(INTERACTIVE);
    const isPage = control === null || control.matches("main, [tabindex='-1']");
    // A button that was clicked has done its work; one pressed by key may be pressed again.
    const isButton = control instanceof HTMLButtonElement && event.detail > 0;
    if (isPage || (isButton && document.activeElement === control))
      field.focus({ preventScroll: true });
  }

  document.addEventListener("pointerdown", () => (pressed = true), true);
  for (const over of ["pointerup", "pointercancel"]) {
    document.addEventListener(over, () => (pressed = false), true);
  }
  document.addEventListener("click", onClick);
  document.addEventListener("focusout", () => window.setTimeout(giveBack));
  window.addEventListener("focus", () => window.setTimeout(giveBack));
  giveBack();
  return giveBack;
}
