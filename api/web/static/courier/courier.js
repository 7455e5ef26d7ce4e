// @ts-check
// The courier's page: opens what is on the device, then looks for the network.
import { byId, put } from "../common/dom.js";
import { carried, speaker } from "../common/texts.js";
import { App } from "./app.js";
import { stayReady } from "./installed.js";

const root = document.getElementById("courier");
if (root) void start(root);

/** @param {HTMLElement} page */
async function start(page) {
  const language = document.documentElement.lang || "kk";
  const say = speaker(carried("texts") || {}, language);
  // Over plain HTTP browsers offer neither hashes nor what keeps a page without a network.
  if (!window.isSecureContext) return showUnsafe(say("unsafe"));
  const app = new App(say);
  await app.open();
  page.dataset.ready = "1";
  stayReady(page.dataset.worker || "", () => app.desk.idle && app.held.all().length === 0);
}

/** @param {string} said */
function showUnsafe(said) {
  byId("result").dataset.tone = "red";
  put(byId("result"), "shape", "✖");
  put(byId("result"), "verdict", said);
}
