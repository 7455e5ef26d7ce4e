// @ts-check
// A place's page keeps itself up: new rows are put in place of the old ones, and what was ticked,
// where the focus is and what was typed stay.
import { digitOf } from "../common/digits.js";
import { recover } from "../common/layouts.js";

const pile = document.getElementById("pile");
const lying = document.getElementById("lying");
const count = document.getElementById("count");
const live = document.getElementById("live");
const ended = document.getElementById("ended");
const numbers = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("numbers"));

/** @type {EventSource | null} */
let source = null;
let fetching = false;
let again = false;

function rows() {
  return /** @type {HTMLElement | null} */ (document.getElementById("rows"));
}

/** @returns {HTMLInputElement[]} */
function boxes() {
  return Array.from(document.querySelectorAll("#rows input[name=number]"));
}

function tickAll() {
  return /** @type {HTMLInputElement | null} */ (document.getElementById("tick-all"));
}

function agreeOnAll() {
  const all = tickAll();
  if (!all) return;
  const ticked = boxes().filter((box) => box.checked).length;
  all.checked = ticked > 0 && ticked === boxes().length;
  all.indeterminate = ticked > 0 && !all.checked;
}

/** @param {string} fragment */
function swap(fragment) {
  if (!lying || !count) return;
  const ticked = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  const focused = document.activeElement;
  const inside = focused !== null && lying !== focused && lying.contains(focused);
  const place = inside && focused ? focused.id || focused.getAttribute("href") : "";

  const made = new DOMParser().parseFromString(fragment, "text/html").getElementById("rows");
  const before = rows();
  if (!made || !before) return;
  before.replaceWith(document.adoptNode(made));

  for (const box of boxes()) box.checked = ticked.has(box.value);
  agreeOnAll();
  if (inside) (find(place) || lying).focus({ preventScroll: true });
  const said = made.dataset.count || "";
  if (count.textContent !== said) count.textContent = said;
}

/**
 * @param {string | null} place the id of an element, or where a link leads
 * @returns {HTMLElement | null}
 */
function find(place) {
  if (!place || !lying) return null;
  const links = Array.from(lying.querySelectorAll("a"));
  return document.getElementById(place) || links.find((a) => a.getAttribute("href") === place) || null;
}

async function refresh() {
  if (!pile) return;
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    do {
      again = false;
      const answer = await fetch(pile.dataset.rows || "", { headers: { accept: "text/html" } });
      if (answer.redirected || answer.status === 401 || answer.status === 403) return finish();
      if (answer.ok) swap(await answer.text());
    } while (again);
  } catch {
    // No network: the stream connects again by itself, and tells what was missed.
  } finally {
    fetching = false;
  }
}

function follow() {
  if (!pile || source || (ended && !ended.hidden)) return;
  const mark = rows()?.dataset.mark || "";
  source = new EventSource(`${pile.dataset.live}?mark=${encodeURIComponent(mark)}`);
  source.addEventListener("open", () => {
    if (live) live.hidden = false;
  });
  source.addEventListener("error", () => {
    if (live) live.hidden = true;
  });
  source.addEventListener("changed", () => void refresh());
  source.addEventListener("ended", finish);
}

function rest() {
  source?.close();
  source = null;
  if (live) live.hidden = true;
}

function finish() {
  rest();
  if (ended) ended.hidden = false;
}

/** @param {Event} event */
function onTick(event) {
  const box = /** @type {HTMLInputElement} */ (event.target);
  if (box.id === "tick-all") for (const each of boxes()) each.checked = box.checked;
  if (box.type === "checkbox") agreeOnAll();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const digit = digitOf(event);
  if (digit === null || !numbers) return;
  event.preventDefault(); // whatever the layout, the key's own digit
  numbers.setRangeText(digit, numbers.selectionStart, numbers.selectionEnd, "end");
}

// Where the browser does not tell the positions of keys, only the letters of the layout come.
function readScanned() {
  if (numbers) numbers.value = numbers.value.split("\n").map(recover).join("\n");
}

agreeOnAll();
lying?.addEventListener("change", onTick);
pile?.addEventListener("submit", readScanned);
numbers?.addEventListener("keydown", onKey);
// A browser opens few connections to one server: pages that nobody sees do not listen.
document.addEventListener("visibilitychange", () => (document.hidden ? rest() : follow()));
window.addEventListener("pagehide", rest);
window.addEventListener("pageshow", follow);
follow();
