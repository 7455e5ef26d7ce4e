// @ts-check
// The log's chain: every entry holds the hash of the one before it, so that none can be taken out,
// put in or changed without being seen.

/** What is known before an entry has its number.
 * @typedef {object} Draft
 * @property {string} ref
 * @property {"scan" | "offer" | "accept" | "broken" | "depart" | "arrive"} kind
 * @property {string} happened_at by the device's clock, with its offset
 * @property {string} boot which opening of the page
 * @property {number} mono milliseconds since then, by a clock that nobody sets
 * @property {number} person
 * @property {string} place
 * @property {string} code
 * @property {{[name: string]: string}} facts
 */
/** @typedef {Draft & {seq: number, prev: string, hash: string, server_at: string}} Entry */
/** @typedef {{seq: number, hash: string} | null} Tail the last entry of a log */

/**
 * Number drafts and chain them to the end of a log.
 * @param {Tail} tail
 * @param {Draft[]} drafts
 * @param {string} serverAt the last time that the server told
 * @returns {Promise<Entry[]>}
 */
export async function chained(tail, drafts, serverAt) {
  /** @type {Entry[]} */
  const entries = [];
  let [seq, prev] = tail === null ? [0, ""] : [tail.seq, tail.hash];
  for (const draft of drafts) {
    seq += 1;
    const hash = await sha256(canonical({ ...draft, seq, prev, server_at: serverAt }));
    entries.push({ ...draft, seq, prev, hash, server_at: serverAt });
    prev = hash;
  }
  return entries;
}

/**
 * Write an entry as it is hashed: the server writes it in the same way.
 * @param {Omit<Entry, "hash">} entry
 */
export function canonical(entry) {
  const facts = Object.keys(entry.facts)
    .sort()
    .map((name) => `${name}=${entry.facts[name]}`);
  const { seq, prev, ref, kind, happened_at: at, boot, mono, server_at: server } = entry;
  const { person, place, code } = entry;
  return [seq, prev, ref, kind, at, boot, mono, server, person, place, code, ...facts].join("\n");
}

/** Return the code by which a hand-over is verified later: `a1b2-c3d4-e5f6`.
 * @param {string} hash
 */
export function proofCode(hash) {
  return `${hash.slice(0, 4)}-${hash.slice(4, 8)}-${hash.slice(8, 12)}`;
}

/** @param {string} text */
async function sha256(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
