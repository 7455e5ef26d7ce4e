// @ts-check
// What the courier's page shows: the last result, what waits, the bags in hand, the day, the past.
import { grouped } from "../common/codes.js";
import { byId, made, madeButton, madeLink, put } from "../common/dom.js";
import { localIso } from "../station/queue.js";
import { clockOf, isWrong, span } from "./clock.js";
import { proofOf } from "./proof.js";

/** @typedef {import("./today.js").Today} Today */
/** @typedef {import("./today.js").Bag} Bag */
/** @typedef {import("./today.js").Run} Run */
/** @typedef {import("./store.js").Kept} Kept */
/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Basket} Basket */
/** @typedef {import("./desk.js").Mode} Mode */
/** @typedef {import("./desk.js").Result} Result */
/** @typedef {ReturnType<typeof import("../common/texts.js").speaker>} Say */

/** @type {{[tone: string]: string}} */
const SHAPES = { "": "○", green: "✔", amber: "▲", red: "✖" };
/** @type {Mode[]} */
const MODES = ["take", "hand", "broken"];

export class View {
  /**
   * @param {Say} say
   */
  constructor(say) {
    this.say = say;
    /** @type {() => void} */
    this.clearSignature = () => undefined;
    /** @type {(kept: Kept) => void} */
    this.onProof = () => undefined;
  }

  focusScan() {
    if (window.matchMedia("(pointer: fine)").matches) byId("scan").focus({ preventScroll: true });
  }

  // --- the result --------------------------------------------------------------------------------

  /** @param {Result} result */
  result({ tone, verdict, code, lines }) {
    const box = byId("result");
    box.dataset.tone = tone;
    put(box, "shape", SHAPES[tone]);
    put(box, "verdict", verdict);
    put(box, "packet", code || "");
    put(box, "next", "");
    const remarks = box.querySelector(".remarks");
    if (remarks) remarks.replaceChildren(...(lines || []).map((line) => made("li", "", line)));
  }

  /**
   * Say what the server made of what is on the screen.
   * @param {import("../station/sound.js").Tone} tone
   * @param {string} verdict
   */
  answer(tone, verdict) {
    const box = byId("result");
    if (tone !== "green") box.dataset.tone = tone;
    if (tone !== "green") put(box, "shape", SHAPES[tone]);
    put(box, "next", this.say("server-says", { verdict }));
  }

  /**
   * Offer what can be done with a bag; nothing is chosen yet.
   * @param {string} bag
   * @param {(mode: Mode) => void} choose
   */
  offer(bag, choose) {
    const buttons = MODES.map((mode) => madeButton("second", this.say(mode), () => choose(mode)));
    byId("choices").replaceChildren(made("p", "number", grouped(bag)), ...buttons);
    byId("choices").hidden = false;
  }

  offerNothing() {
    byId("choices").hidden = true;
    byId("choices").replaceChildren();
  }

  // --- bags in hand ------------------------------------------------------------------------------

  /**
   * @param {Basket | null} basket
   * @param {Today | null} today
   * @param {Desk} desk
   */
  basket(basket, today, desk) {
    const box = byId("basket");
    box.hidden = basket === null;
    for (const mode of ["take", "hand"]) {
      byId(mode).setAttribute("aria-pressed", String(basket !== null && basket.mode === mode));
    }
    if (basket === null || today === null) return;
    put(box, "title", this.say(`basket-${basket.mode}`, { number: basket.bags.length }));
    put(box, "hint", this.say(`begin-${basket.mode}`));
    put(box, "giver", basket.giver === "" ? "" : this.giver(today, basket.giver));
    const rows = basket.bags.map((bag) => this.basketRow(bag, basket, today, desk));
    keepingFocus(byId("listed"), () => byId("listed").replaceChildren(...rows));
    byId("signing").hidden = basket.mode !== "hand";
    byId("confirm").hidden = basket.mode === "hand";
    if (basket.mode !== "hand") byId("confirm").textContent = this.say(`confirm-${basket.mode}`);
  }

  /**
   * @param {Today} today
   * @param {string} badge
   */
  giver(today, badge) {
    return this.say("giver", { name: today.nameOf(badge) || this.say("unknown-badge") });
  }

  /**
   * @param {string} code
   * @param {Basket} basket
   * @param {Today} today
   * @param {Desk} desk
   */
  basketRow(code, basket, today, desk) {
    const bag = today.bagOf.get(code);
    const row = made("li", "field");
    const field = /** @type {HTMLInputElement} */ (made("input"));
    field.id = `seal-${code}`;
    field.autocomplete = "off";
    field.maxLength = 40;
    field.value = basket.seals.get(code) || "";
    field.addEventListener("input", () => desk.seal(code, field.value));
    const label = made("label", "", this.say("seal-seen", { bag: grouped(code) }));
    label.setAttribute("for", field.id);
    const route = bag ? `${bag.from.name} → ${bag.to.name}` : this.say("unknown-bag");
    const remove = madeButton("quiet", this.say("remove"), () => desk.remove(code));
    remove.id = `remove-${code}`;
    remove.setAttribute("aria-label", this.say("remove-bag", { bag: grouped(code) }));
    row.append(made("p", bag ? "" : "amber-text", route), label, field, remove);
    return row;
  }

  // --- the day -----------------------------------------------------------------------------------

  /**
   * @param {Today} today
   * @param {Map<string, Kept>} done
   * @param {Desk} desk
   */
  today(today, done, desk) {
    byId("me").textContent = [today.me.name, today.me.place_name].filter(Boolean).join(" · ");
    const runs = today.runs.map((run) => this.runItem(run, done.get(run.key), desk));
    const bags = today.bags.map((bag) => this.bagItem(bag, done.get(bag.code), desk));
    this.list("runs", runs, "no-runs");
    this.list("bags", bags, "no-bags-today");
  }

  nobody() {
    byId("me").textContent = this.say("nobody");
    for (const id of ["runs", "bags"]) byId(id).replaceChildren();
  }

  /**
   * @param {string} id
   * @param {HTMLElement[]} items
   * @param {string} none
   */
  list(id, items, none) {
    const shown = items.length > 0 ? items : [made("li", "soft", this.say(none))];
    keepingFocus(byId(id), () => byId(id).replaceChildren(...shown));
  }

  /**
   * @param {Run} run
   * @param {Kept | undefined} done
   * @param {Desk} desk
   */
  runItem(run, done, desk) {
    const at = clockOf(localIso(new Date(run.planned_at)));
    const item = made("li", "card");
    const title = made("h3", "", `${at} · ${run.branch.name} – ${run.authority.name}`);
    title.id = `run-${run.key}`;
    item.append(title, made("p", "", run.state_name), ...this.doneHere(done));
    const buttons = made("div", "buttons");
    for (const kind of /** @type {const} */ (["depart", "arrive"])) {
      const button = madeButton("second", this.say(kind), () =>
        desk.next(() => desk.run(kind, run)),
      );
      button.id = `${kind}-${run.key}`;
      button.setAttribute("aria-describedby", title.id);
      buttons.append(button);
    }
    item.append(buttons);
    return item;
  }

  /**
   * @param {Bag} bag
   * @param {Kept | undefined} done
   * @param {Desk} desk
   */
  bagItem(bag, done, desk) {
    const item = made("li", "card");
    const title = made("h3", "number", grouped(bag.code));
    title.id = `bag-${bag.code}`;
    const facts = [
      this.say("packets", { number: bag.count }),
      bag.seal ? this.say("seal", { seal: bag.seal }) : "",
      bag.state_name,
      bag.holder_name,
    ];
    item.append(
      title,
      made("p", "", `${bag.from.name} → ${bag.to.name}`),
      made("p", "", facts.filter(Boolean).join(" · ")),
      ...this.doneHere(done),
      this.inside(bag),
      this.bagButtons(bag, title.id, desk),
    );
    return item;
  }

  /** @param {Bag} bag */
  inside(bag) {
    const details = made("details");
    const summary = made("summary", "", this.say("inside"));
    summary.id = `inside-${bag.code}`;
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.childElementCount > 1) return;
      const list = made("ul", "plain inside");
      list.append(...bag.packets.map((packet) => made("li", "number", grouped(packet))));
      details.append(list);
    });
    return details;
  }

  /**
   * @param {Bag} bag
   * @param {string} title
   * @param {Desk} desk
   */
  bagButtons(bag, title, desk) {
    const buttons = made("div", "buttons");
    for (const mode of MODES) {
      const begin = () => desk.next(() => desk.begin(mode, bag.code));
      const button = madeButton("second", this.say(mode), begin);
      button.id = `${mode}-${bag.code}`;
      button.setAttribute("aria-describedby", title);
      buttons.append(button);
    }
    // The server reads the picture: without a network the link stays where it is, and says so.
    const photograph = madeLink(`/bags/${bag.code}/picture`, this.say("photograph"));
    photograph.className = "button second";
    photograph.setAttribute("aria-describedby", title);
    buttons.append(photograph);
    return buttons;
  }

  /** Say what was done here that the server's day does not tell yet. @param {Kept} [done] */
  doneHere(done) {
    if (!done || done.entry.kind === "scan") return [];
    const what = this.say(`did-${done.entry.kind}`, { name: done.shown.receiver || "" });
    const at = clockOf(done.entry.happened_at);
    return [made("p", "amber-text", this.say("done-here", { what, at }))];
  }

  // --- the past ----------------------------------------------------------------------------------

  /** @param {Kept[]} newestFirst */
  history(newestFirst) {
    const items = newestFirst.map((kept) => this.historyItem(kept));
    this.list("history", items, "no-history");
  }

  /** @param {Kept} kept */
  historyItem(kept) {
    const { entry } = kept;
    const item = made("li");
    item.dataset.status = kept.open ? "waits" : kept.status;
    item.dataset.tone = kept.tone;
    const mark = made("span", "mark", kept.open ? "…" : SHAPES[kept.tone || "green"]);
    mark.setAttribute("aria-hidden", "true");
    const what = this.say(`kind-${entry.kind}`);
    const at = clockOf(entry.happened_at);
    const state = kept.open ? this.say("waits") : kept.verdict;
    const words = [at, what, grouped(entry.code), kept.shown.route, state];
    item.append(mark, ` ${words.filter(Boolean).join(" · ")} `);
    if (entry.kind === "accept") {
      const button = madeButton("quiet", this.say("proof"), () => this.onProof(kept));
      button.id = `proof-${kept.seq}`;
      button.setAttribute("aria-label", this.say("proof-of", { bag: grouped(entry.code) }));
      item.append(button);
    }
    return item;
  }

  // --- the proof ---------------------------------------------------------------------------------

  /** @param {Kept[]} kept accepted at once */
  showProof(kept) {
    const box = byId("proof");
    byId("proof-body").replaceChildren(...proofOf(kept, this.say));
    box.hidden = false;
    document.body.classList.add("proof");
    box.scrollIntoView({ block: "nearest" });
  }

  hideProof() {
    byId("proof").hidden = true;
    document.body.classList.remove("proof");
    this.focusScan();
  }

  // --- what waits, and what is wrong -------------------------------------------------------------

  /**
   * @param {number} waiting
   * @param {number} others how many of them somebody else did: they go when that one is here
   * @param {import("./sender.js").Sender} sender
   */
  queue(waiting, others, sender) {
    const parts = [this.say("queue", { number: waiting })];
    if (others > 0) parts.push(this.say("others", { number: others }));
    if (sender.offline) parts.push(this.say("offline"));
    else if (sender.problem) parts.push(sender.problem);
    else if (sender.sending && waiting > 0) parts.push(this.say("sending"));
    text(byId("queue"), parts.join(" · "));
    byId("queue").dataset.waits = waiting > 0 || sender.offline ? "1" : "";
    byId("session").hidden = sender.turnedAway === "";
    text(byId("session-why"), sender.turnedAway);
    this.clock(sender.clock);
    byId("findings").hidden = sender.findings.length === 0;
    const findings = sender.findings.map((finding) => made("li", "", finding.text));
    byId("findings-list").replaceChildren(...findings);
  }

  /** @param {import("./clock.js").Difference | null} found */
  clock(found) {
    const wrong = found !== null && isWrong(found);
    byId("clock").hidden = !wrong;
    if (!wrong || found === null) return;
    const key = found.ahead > 0 ? "clock-ahead" : "clock-behind";
    text(byId("clock-text"), this.say(key, { span: span(found.ahead) }));
  }

  /**
   * @param {boolean} troubled
   * @param {number} held
   */
  storage(troubled, held) {
    byId("storage").hidden = !troubled;
    text(byId("storage-text"), troubled ? this.say("storage", { number: held }) : "");
  }

  /**
   * @param {Kept[]} refused
   * @param {(kept: Kept) => void} dismiss
   */
  refused(refused, dismiss) {
    byId("refused").hidden = refused.length === 0;
    const items = refused.map((kept) => {
      const { kind, code } = kept.entry;
      const item = made(
        "li",
        "",
        `${this.say(`kind-${kind}`)} ${grouped(code)} · ${kept.verdict} `,
      );
      const button = madeButton("quiet", this.say("dismiss"), () => dismiss(kept));
      button.id = `dismiss-${kept.seq}`;
      item.append(button);
      return item;
    });
    keepingFocus(byId("refused"), () => byId("refused-list").replaceChildren(...items));
  }
}

/** Say something once: a live region that is written again is read again.
 * @param {HTMLElement} element
 * @param {string} said
 */
function text(element, said) {
  if (element.textContent !== said) element.textContent = said;
}

/**
 * Draw a part of the page anew; what had the focus there, or was open, still has it and is.
 * @param {HTMLElement} part
 * @param {() => void} draw
 */
function keepingFocus(part, draw) {
  const active = document.activeElement;
  const id = active instanceof HTMLElement && part.contains(active) ? active.id : "";
  const open = [...part.querySelectorAll("details[open] > summary")].map((each) => each.id);
  draw();
  for (const each of open) {
    const summary = document.getElementById(each);
    if (summary && summary.parentElement) summary.parentElement.setAttribute("open", "");
  }
  const again = id ? document.getElementById(id) : null;
  if (again) again.focus({ preventScroll: true });
}
