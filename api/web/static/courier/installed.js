// @ts-check
// Keeps the page on the device: registers the service worker, takes a newer one when nothing is in
// hand, offers to install the page.
import { byId } from "../common/dom.js";

const SCOPE = "/courier";

/**
 * Register the worker at this address.
 * @param {string} address
 * @param {() => boolean} isIdle whether the page may be loaded anew without asking
 */
export function stayReady(address, isIdle) {
  if (!("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  let replaces = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => {
    if (replaces) window.location.reload();
    replaces = true; // the first one takes over a page that is new already
  });
  serviceWorker
    .register(address, { scope: SCOPE, updateViaCache: "none" })
    .then((registration) => {
      if (registration.waiting) offer(registration.waiting, isIdle);
      registration.addEventListener("updatefound", () => watch(registration.installing, isIdle));
      void markReady();
    })
    .catch((error) => console.warn("not kept for work without a network", error));
}

/** Say to who looks that the page would open without a network now. */
async function markReady() {
  await navigator.serviceWorker.ready;
  document.body.dataset.offline = "ready";
}

/**
 * @param {ServiceWorker | null} worker
 * @param {() => boolean} isIdle
 */
function watch(worker, isIdle) {
  if (worker === null) return;
  worker.addEventListener("statechange", () => {
    if (worker.state === "installed" && navigator.serviceWorker.controller) offer(worker, isIdle);
  });
}

/**
 * @param {ServiceWorker} worker
 * @param {() => boolean} isIdle
 */
function offer(worker, isIdle) {
  const take = () => worker.postMessage("take-over");
  if (isIdle()) return take();
  byId("newer").hidden = false;
  byId("renew").addEventListener("click", take);
}

/** Offer to install the page where the browser can.
 * @param {HTMLElement} button
 */
export function offerInstalling(button) {
  /** @type {any} */
  let prompt = null;
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    prompt = event;
    button.hidden = false;
  });
  button.addEventListener("click", () => {
    button.hidden = true;
    if (prompt) void prompt.prompt();
  });
}
