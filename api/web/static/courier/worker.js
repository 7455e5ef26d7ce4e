// The service worker: keeps the page's shell and every file that it needs, and nothing else. What
// the server says of people and papers is never kept here. `KEPT` is written before this file by
// the server; when one of the files changes, so does it, and a new store replaces the old one.

const PREFIX = "qolhat.courier.";
const STORE = PREFIX + self.KEPT.version;
const FILES = new Set(self.KEPT.files);

self.addEventListener("install", (event) => {
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(replace());
});

// The page says when nothing is in hand: its modules must not change under its feet.
self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  if (FILES.has(address.pathname)) event.respondWith(kept(address.pathname, request));
  else if (request.mode === "navigate" && address.pathname === self.KEPT.shell)
    event.respondWith(kept(self.KEPT.shell, request));
});

async function keep() {
  const store = await caches.open(STORE);
  const shell = await fetch(self.KEPT.shell, { credentials: "same-origin", cache: "no-store" });
  // Without a session the server leads to the log-in form: that is no shell.
  if (!shell.ok || shell.redirected) throw new Error(`no shell: ${shell.status}`);
  await store.addAll(self.KEPT.files);
  await store.put(self.KEPT.shell, shell);
}

async function replace() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== STORE) await caches.delete(name);
  }
  await self.clients.claim();
}

/**
 * @param {string} path
 * @param {Request} request
 */
async function kept(path, request) {
  const store = await caches.open(STORE);
  const found = await store.match(path, { ignoreVary: true, ignoreSearch: true });
  return found || fetch(request);
}
