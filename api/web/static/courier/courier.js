// @ts-check
// The courier's page: opens what is on the device, then looks for the network.
import { carried, speaker } from "../common/texts.js";
import { App } from "./app.js";
import { stayReady } from "./installed.js";

const root = document.getElementById("courier");
if (root) void start(root);

/** @param {HTMLElement} page */
async function start(page) {
  const language = document.documentElement.lang || "kk";
  const app = new App(speaker(carried("texts") || {}, language));
  await app.open();
  page.dataset.ready = "1";
  stayReady(page.dataset.worker || "", () => app.desk.idle && app.held.all().length === 0);
}
