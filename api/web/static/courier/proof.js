// @ts-check
// The proof of a hand-over: who, what, when, both badges, seals, signature, and the codes by which it
// is verified later. It is there at once, without a network.
import { grouped } from "../common/codes.js";
import { made } from "../common/dom.js";
import { proofCode } from "./chain.js";
import { momentOf } from "./clock.js";

/** @typedef {import("./store.js").Kept} Kept */
/** @typedef {ReturnType<typeof import("../common/texts.js").speaker>} Say */

/**
 * Write a proof of what was accepted at once.
 * @param {Kept[]} kept
 * @param {Say} say
 * @returns {HTMLElement[]}
 */
export function proofOf(kept, say) {
  const [{ entry, shown }] = kept;
  const facts = made("dl", "facts");
  const add = (/** @type {string} */ key, /** @type {string} */ value) =>
    facts.append(made("dt", "", say(key)), made("dd", "", value));
  add("proof-giver", person(shown.giver, entry.facts.giver || "", say));
  add("proof-receiver", person(shown.receiver, entry.facts.receiver, say));
  add("proof-when", momentOf(entry.happened_at));
  add("proof-count", String(kept.length));
  const list = made("ol", "proofs");
  list.append(...kept.map((each) => bagOf(each, say)));
  const signature = signatureOf(entry.facts.signature || "", say);
  const hint = made("p", "soft", say("proof-hint", { address: `${window.location.origin}/proof` }));
  return [facts, list, ...(signature ? [signature] : []), hint];
}

/**
 * @param {string} name
 * @param {string} badge
 * @param {Say} say
 */
function person(name, badge, say) {
  if (badge === "") return say("proof-nobody");
  return `${name || say("unknown-badge")} · ${grouped(badge)}`;
}

/**
 * @param {Kept} kept
 * @param {Say} say
 */
function bagOf({ entry, shown }, say) {
  const item = made("li");
  const lines = [
    shown.from ? `${shown.from} → ${shown.to}` : say("unknown-bag"),
    shown.registry ? say("proof-registry", { registry: grouped(shown.registry) }) : "",
    shown.count ? say("packets", { number: Number(shown.count) }) : "",
    entry.facts.seal ? say("seal", { seal: entry.facts.seal }) : "",
  ];
  item.append(
    made("strong", "number", grouped(entry.code)),
    made("p", "", lines.filter(Boolean).join(" · ")),
    made("p", "code", `${say("proof-code")}: ${proofCode(entry.hash)}`),
  );
  return item;
}

/**
 * @param {string} address
 * @param {Say} say
 */
function signatureOf(address, say) {
  if (address === "") return null;
  const figure = made("figure");
  const picture = /** @type {HTMLImageElement} */ (made("img"));
  picture.src = address;
  picture.alt = say("proof-signature");
  figure.append(picture, made("figcaption", "", say("proof-signature")));
  return figure;
}
