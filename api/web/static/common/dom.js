// @ts-check
// Small helpers for pages that change.

/**
 * Return the element with this id. A page without it is broken.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * Put a text into the part of an element that has this class.
 * @param {Element} parent
 * @param {string} name
 * @param {string} text
 */
export function put(parent, name, text) {
  const found = parent.querySelector(`.${name}`);
  if (found) found.textContent = text;
}

/**
 * Make an element.
 * @param {string} tag
 * @param {string} [name] its class
 * @param {string} [text]
 * @returns {HTMLElement}
 */
export function made(tag, name = "", text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}

/**
 * Make a button that submits nothing.
 * @param {string} name its class
 * @param {string} text
 * @param {() => void} press
 */
export function madeButton(name, text, press) {
  const button = made("button", name, text);
  button.setAttribute("type", "button");
  button.addEventListener("click", press);
  return button;
}

/**
 * Make a link.
 * @param {string} href
 * @param {string} text
 */
export function madeLink(href, text) {
  const anchor = made("a", "", text);
  anchor.setAttribute("href", href);
  return anchor;
}
