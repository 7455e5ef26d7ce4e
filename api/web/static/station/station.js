// @ts-check
// The station's page: puts keyboard, queue, sounds and screen together.
import { offerCamera } from "../camera/camera.js";
import { carried, speaker } from "../common/texts.js";
import { Desk } from "./desk.js";
import { keepFocus } from "./focus.js";
import { Keyboard } from "./keyboard.js";
import { Queue } from "./queue.js";
import { click, isMuted, mute, play, unlockOnFirstKey } from "./sound.js";
import { View } from "./view.js";

/** @typedef {import("./keyboard.js").How} How */

const PATIENCE = 5_000; // ms for the server to show that it is there

const page = document.getElementById("station");
const field = /** @type {HTMLInputElement | null} */ (document.getElementById("scan"));
if (page && field) open(page, field);

/**
 * @param {HTMLElement} root
 * @param {HTMLInputElement} scan
 */
function open(root, scan) {
  const language = document.documentElement.lang || "kk";
  const station = stationOf(root);
  const view = new View(speaker(carried("texts") || {}, language), language, station.person);
  const queue = new Queue(station);
  const desk = new Desk(queue, view, carried("cards") || {}, play, leave, keepFocus(scan));
  showQueue(queue, view);
  listen(desk, scan);
  unlockOnFirstKey();
  offerMute();
  desk.start();
  queue.start();
}

/**
 * @param {HTMLElement} root
 * @returns {import("./queue.js").Station}
 */
function stationOf(root) {
  const { person, place, csrf, scans, acts, void: voids } = root.dataset;
  return {
    person: Number(person),
    place: place || "",
    csrf: csrf || "",
    addresses: { scan: scans || "", act: acts || "", void: voids || "" },
  };
}

/**
 * @param {Queue} queue
 * @param {View} view
 */
function showQueue(queue, view) {
  let listed = "";
  queue.addEventListener("change", () => {
    view.count(queue.counts);
    const refused = queue.refused();
    const now = refused.map(({ entry }) => entry.body.ref).join();
    if (now === listed) return;
    listed = now;
    view.listRefused(refused, (ref) => queue.dismiss(ref));
  });
  queue.addEventListener("storage", () => play("amber"));
  queue.addEventListener("logged-out", () => play("amber"));
  window.addEventListener("beforeunload", (event) => {
    if (queue.counts.safe) return;
    event.preventDefault(); // what no storage took would be lost
    event.returnValue = "";
  });
}

/**
 * @param {Desk} desk
 * @param {HTMLInputElement} scan
 */
function listen(desk, scan) {
  const keyboard = new Keyboard(scan, {
    onScan: (text, how) => desk.scanned(text, how),
    onDigit: (digit) => desk.questions.chooseByDigit(digit),
    keys: {
      F2: () => desk.undo(),
      Escape: () => {
        keyboard.clear();
        desk.clear();
      },
    },
  });
  offerCamera(
    (code) => {
      click();
      desk.scanned(code, "camera");
    },
    (why) => {
      desk.view.fill({ tone: "amber", verdict: why });
      play("amber");
    },
  );
  for (const button of document.querySelectorAll("button[data-card]")) {
    const { card } = /** @type {HTMLElement} */ (button).dataset;
    button.addEventListener("click", () => desk.card(card || ""));
  }
}

/**
 * Go to another page of the server's, if the server can be reached.
 * @param {string} address
 */
async function leave(address) {
  const control = new AbortController();
  const timer = window.setTimeout(() => control.abort(), PATIENCE);
  await fetch(address, { credentials: "same-origin", redirect: "manual", signal: control.signal });
  window.clearTimeout(timer);
  window.location.assign(address);
}

function offerMute() {
  const button = document.getElementById("mute");
  if (button === null) return;
  const show = () => button.setAttribute("aria-pressed", String(isMuted()));
  button.addEventListener("click", () => {
    mute(!isMuted());
    show();
  });
  show();
}
