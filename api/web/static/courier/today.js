// @ts-check
// The day as the device knows it: what the server said last, and what was done here since.
import { parse } from "../common/codes.js";

/** @typedef {import("./store.js").Kept} Kept */
/** @typedef {{code: string, name: string}} Named */
/** @typedef {{key: string, branch: Named, authority: Named, planned_at: string, state: string,
 *   state_name: string}} Run
 */
/** @typedef {{code: string, registry: string, from: Named, to: Named, seal: string, count: number,
 *   packets: string[], state: string, state_name: string, holder: number | null,
 *   holder_name: string}} Bag
 */
/** @typedef {{badge: string, person: number, name: string, place: string}} Person */
/** @typedef {Person & {place_name: string}} Me */
/** @typedef {{code: string, organisation: number, name: string, role: string}} Place */
/** @typedef {{through: number, person: Me, runs: Run[], bags: Bag[], people: Person[],
 *   places: Place[]}} Said
 */

export class Today {
  /** @param {Said} said */
  constructor(said) {
    this.me = said.person;
    this.runs = said.runs;
    this.bags = said.bags;
    this.through = said.through;
    this.bagOf = by(said.bags, (bag) => bag.code);
    this.personOf = by(said.people, (person) => person.badge);
    this.placeOf = by(said.places, (place) => place.code);
    if (this.me.badge && !this.personOf.has(this.me.badge))
      this.personOf.set(this.me.badge, this.me);
  }

  /** @param {string} badge */
  isMe(badge) {
    return this.me.badge !== "" && this.me.badge === badge;
  }

  /** Return whose badge it is, as far as this device knows.
   * @param {string} badge
   */
  nameOf(badge) {
    const person = this.personOf.get(badge);
    return person ? person.name : "";
  }

  /** Return the bags of a registry.
   * @param {string} registry
   */
  bagsOf(registry) {
    return this.bags.filter((bag) => bag.registry === registry);
  }

  /** Return the bag in which a packet is said to be.
   * @param {string} packet
   */
  bagWith(packet) {
    return this.bags.find((bag) => bag.packets.includes(packet)) || null;
  }

  /** Return the last thing that was done here with each code or run since the server told the day.
   * @param {Kept[]} newestFirst
   * @returns {Map<string, Kept>}
   */
  doneHere(newestFirst) {
    /** @type {Map<string, Kept>} */
    const done = new Map();
    for (const kept of newestFirst) {
      const key = kept.entry.facts.run || kept.entry.code;
      const counts = kept.seq > this.through && kept.status !== "refused";
      if (counts && !done.has(key)) done.set(key, kept);
    }
    return done;
  }
}

/** Return the 14 digits of a scanned text, or the text itself.
 * @param {string} text
 */
export function digitsOf(text) {
  const code = parse(text);
  return code ? code.digits : text.trim();
}

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @returns {Map<string, T>}
 */
function by(items, key) {
  return new Map(
    items
      .filter((item) => key(item) !== "")
      .map((item) => /** @type {[string, T]} */ ([key(item), item])),
  );
}
