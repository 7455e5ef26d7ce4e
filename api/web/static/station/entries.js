// @ts-check
// What an entry of the queue is about.
import { grouped } from "../common/codes.js";

/**
 * Return the number of an entry's packet, in groups; of an unknown code the code.
 * @param {import("./queue.js").Entry} entry
 */
export function packetOf(entry) {
  return grouped(codeOf(entry));
}

/**
 * Return the number of an entry's packet, or the code that was scanned.
 * @param {import("./queue.js").Entry} entry
 */
export function codeOf({ body }) {
  return String(body.code || body.number || (body.numbers || [])[0] || "");
}
