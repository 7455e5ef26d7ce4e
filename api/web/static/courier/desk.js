// @ts-check
// What a scan means to a courier: a bag that is taken or handed over, the badge of who has it then,
// a packet, the card of a place. Nothing is preselected.
import {
  ACTION_CARD,
  BADGE,
  BAG,
  PACKET,
  PLACE,
  REGISTRY,
  grouped,
  parse,
} from "../common/codes.js";
import { digitsOf } from "./today.js";

/** @typedef {import("./today.js").Today} Today */
/** @typedef {import("./store.js").Kept} Kept */
/** @typedef {import("./recorder.js").Doing} Doing */
/** @typedef {import("../station/sound.js").Tone} Tone */
/** @typedef {"take" | "hand" | "broken"} Mode */
/** Bags that are dealt with together; `seals`: what was seen, by the bag.
 * @typedef {{mode: Mode, bags: string[], seals: Map<string, string>, giver: string}} Basket
 */
/** @typedef {{tone: Tone | "", verdict: string, code?: string, lines?: string[]}} Result */

const BOUNCE = 2_000; // ms in which the same code is not taken again

export class Desk {
  /**
   * @param {import("./recorder.js").Recorder} recorder
   * @param {import("./view.js").View} view
   * @param {(tone: Tone) => void} play
   * @param {() => string} signature what was drawn, as an address of a picture; empty if nothing was
   */
  constructor(recorder, view, play, signature) {
    this.recorder = recorder;
    this.view = view;
    this.say = view.say;
    this.play = play;
    this.signature = signature;
    /** @type {Today | null} */
    this.today = null;
    /** @type {Basket | null} */
    this.basket = null;
    this.here = ""; // the card of the place that was scanned last
    this.selected = "";
    this.last = { code: "", at: -Infinity };
    /** @type {Set<string>} names of the entries of which the screen tells */
    this.onScreen = new Set();
    /** @type {string | null} the code on the screen, if no storage took it */
    this.unstored = null;
    this.touched = false;
    /** @type {Promise<void>} one thing after the other: a scanner is quicker than a disk */
    this.line = Promise.resolve();
  }

  /** Tell whether the page may be replaced by a newer one now. */
  get idle() {
    return !this.touched && this.basket === null;
  }

  /**
   * Do something when all before it is done.
   * @param {() => unknown} work
   */
  next(work) {
    this.touched = true;
    this.line = this.line.then(work).then(
      () => undefined,
      (error) => console.error(error),
    );
    return this.line;
  }

  // --- scans -------------------------------------------------------------------------------------

  /**
   * Take what was scanned, typed, pasted or seen by the camera.
   * @param {string} text
   */
  async scanned(text) {
    const { today } = this;
    if (today === null) return this.tell("red", this.say("nobody"));
    const code = parse(text);
    const digits = digitsOf(text);
    if (this.bounces(digits)) return;
    if (code === null || code.kind === PACKET) return this.scan(today, digits, code !== null);
    if (code.kind === BAG) return this.bag(today, digits);
    if (code.kind === BADGE) return this.badge(today, digits);
    if (code.kind === PLACE) return this.place(today, digits);
    if (code.kind === REGISTRY) return this.registry(today, digits);
    if (code.kind === ACTION_CARD) this.tell("amber", this.say("no-cards"), digits);
  }

  /** @param {string} digits */
  bounces(digits) {
    const now = performance.now();
    const again = this.last.code === digits && now - this.last.at < BOUNCE;
    this.last = { code: digits, at: now };
    return again;
  }

  /**
   * Take down a packet, or whatever it is: no scan is dropped.
   * @param {Today} today
   * @param {string} text
   * @param {boolean} isPacket
   */
  async scan(today, text, isPacket) {
    const bag = today.bagWith(text);
    const lines = bag ? [this.say("in-bag", { bag: grouped(bag.code) })] : [];
    const doing = { kind: /** @type {const} */ ("scan"), code: text, place: today.me.place };
    const tone = isPacket ? "green" : "amber";
    await this.take([doing], tone, this.say(isPacket ? "kept" : "unknown-code"), lines, text);
  }

  /**
   * @param {Today} today
   * @param {string} bag
   */
  async bag(today, bag) {
    const { basket } = this;
    if (basket === null) return this.select(today, bag);
    if (basket.bags.includes(bag)) return this.tell("amber", this.say("in-list"), bag);
    if (basket.mode === "hand") {
      const offer = { kind: /** @type {const} */ ("offer"), code: bag };
      await this.take(
        [offer],
        this.knows(bag) ? "green" : "amber",
        this.say("offered"),
        this.facts(bag),
        bag,
      );
    } else this.note(this.knows(bag), this.say("listed"), bag, this.facts(bag));
    basket.bags.push(bag);
    this.showBasket();
  }

  /**
   * @param {Today} today
   * @param {string} bag
   */
  select(today, bag) {
    this.selected = bag;
    this.note(this.knows(bag), this.say("what-now"), bag, this.facts(bag));
    this.view.offer(bag, (mode) => this.next(() => this.begin(mode, bag)));
  }

  /**
   * @param {Today} today
   * @param {string} badge
   */
  async badge(today, badge) {
    const { basket } = this;
    const name = today.nameOf(badge);
    if (basket === null || basket.mode === "broken")
      return this.tell("amber", name || this.say("unknown-badge"), badge, [
        this.say("badge-alone"),
      ]);
    if (basket.mode === "hand") return this.handOver(today, basket, badge);
    if (today.isMe(badge)) return this.confirm();
    basket.giver = badge;
    const said = this.say("giver", { name: name || this.say("unknown-badge") });
    this.note(name !== "", said, badge);
    this.showBasket();
  }

  /**
   * @param {Today} today
   * @param {string} place
   */
  place(today, place) {
    const known = today.placeOf.get(place);
    this.here = place;
    const verdict = known ? this.say("here", { place: known.name }) : this.say("unknown-place");
    this.note(known !== undefined, verdict, place, [this.say("place-hint")]);
  }

  /**
   * @param {Today} today
   * @param {string} registry
   */
  registry(today, registry) {
    const bags = today.bagsOf(registry);
    const verdict = this.say(bags.length > 0 ? "registry" : "unknown-registry");
    const lines = bags.map((bag) => `${grouped(bag.code)} · ${bag.from.name} → ${bag.to.name}`);
    this.note(bags.length > 0, verdict, registry, lines);
  }

  // --- bags --------------------------------------------------------------------------------------

  /**
   * Begin to take bags, to hand them over, or to record that a seal is broken.
   * @param {Mode} mode
   * @param {string} [bag] the first one
   */
  async begin(mode, bag = "") {
    if (this.today === null) return this.tell("red", this.say("nobody"));
    if (this.basket === null || this.basket.mode !== mode) {
      this.basket = { mode, bags: [], seals: new Map(), giver: "" };
      this.view.clearSignature();
    }
    this.view.offerNothing();
    this.showBasket();
    if (bag !== "") await this.bag(this.today, bag);
    else this.tell("", this.say(`begin-${mode}`));
    this.view.focusScan();
  }

  cancel() {
    this.basket = null;
    this.showBasket();
    this.view.offerNothing();
    this.tell("", this.say("ready"));
    this.view.focusScan();
  }

  /** @param {string} bag */
  remove(bag) {
    if (this.basket === null) return;
    this.basket.bags = this.basket.bags.filter((each) => each !== bag);
    this.showBasket();
  }

  /** Record the basket: the bags are taken, or their seals are broken. */
  async confirm() {
    const { basket, today } = this;
    if (basket === null || today === null) return;
    if (basket.bags.length === 0) return this.tell("amber", this.say("no-bags"));
    if (basket.mode === "broken") return this.recordBroken(basket);
    if (basket.mode === "take") return this.accept(today, basket, today.me.badge, basket.giver);
  }

  /**
   * @param {Today} today
   * @param {Basket} basket
   * @param {string} receiver
   */
  async handOver(today, basket, receiver) {
    if (basket.bags.length === 0) return this.tell("amber", this.say("no-bags"), receiver);
    if (today.isMe(receiver)) return this.tell("amber", this.say("own-badge"), receiver);
    await this.accept(today, basket, receiver, today.me.badge);
  }

  /**
   * @param {Today} today
   * @param {Basket} basket
   * @param {string} receiver
   * @param {string} giver
   */
  async accept(today, basket, receiver, giver) {
    if (receiver === "") return this.tell("red", this.say("no-badge"));
    const person = today.isMe(receiver) ? today.me : today.personOf.get(receiver);
    const signature = basket.mode === "hand" ? this.signature() : "";
    const doings = basket.bags.map((bag) => {
      const facts = filled({ receiver, giver, seal: basket.seals.get(bag) || "", signature });
      const shown = this.shownOf(today, bag, receiver, giver);
      const kind = /** @type {const} */ ("accept");
      return { kind, code: bag, place: person ? person.place : "", facts, shown };
    });
    const name = person ? person.name : this.say("unknown-badge");
    const unknown = giver !== "" && today.nameOf(giver) === "";
    const tone = person && !unknown && basket.bags.every((bag) => this.isFine(basket, bag));
    const lines = [this.say("accepted-by", { name }), ...this.doubts(basket)];
    const kept = await this.take(doings, tone ? "green" : "amber", this.say("accepted"), lines);
    if (kept) this.view.showProof(kept);
  }

  /** @param {Basket} basket */
  async recordBroken(basket) {
    const doings = basket.bags.map((code) => {
      const facts = filled({ seal: basket.seals.get(code) || "" });
      return { kind: /** @type {const} */ ("broken"), code, facts };
    });
    await this.take(doings, "amber", this.say("broken"), basket.bags.map(grouped));
  }

  /**
   * Note the seal that somebody sees on a bag.
   * @param {string} bag
   * @param {string} seal
   */
  seal(bag, seal) {
    if (this.basket !== null) this.basket.seals.set(bag, seal.trim());
  }

  // --- runs --------------------------------------------------------------------------------------

  /**
   * @param {"depart" | "arrive"} kind
   * @param {import("./today.js").Run} run
   */
  async run(kind, run) {
    const route = `${run.branch.name} – ${run.authority.name}`;
    const doing = { kind, code: this.here, facts: { run: run.key }, shown: { route } };
    this.here = "";
    const verdict = this.say(kind === "depart" ? "departed" : "arrived");
    await this.take([doing], "green", verdict, [route]);
  }

  // --- what is said ------------------------------------------------------------------------------

  /**
   * Take down what was done; it is said and heard only when it is durable.
   * @param {Doing[]} doings
   * @param {Tone} tone
   * @param {string} verdict
   * @param {string[]} lines
   * @param {string} [code]
   * @returns {Promise<Kept[] | null>}
   */
  async take(doings, tone, verdict, lines, code = "") {
    if (this.today === null) return null;
    const ends = doings.some((each) => each.kind === "accept" || each.kind === "broken");
    const { kept, refs } = await this.recorder.record(this.today.me.person, doings);
    if (kept !== null) this.tell(tone, verdict, code, lines);
    else this.tell("red", this.say("not-stored"), code, [this.say("not-stored-hint")]);
    this.onScreen = new Set(refs);
    this.unstored = kept === null ? code : null;
    // Held entries go on by themselves: what they are about must not be done twice.
    if (ends) {
      this.basket = null;
      this.showBasket();
    }
    return kept;
  }

  /**
   * Say what the server answered of what is on the screen.
   * @param {import("./store.js").Answer[]} answers
   */
  answered(answers) {
    const worst = answers.find((each) => each.tone === "red");
    const ours = answers.filter((each) => this.onScreen.has(each.ref));
    if (worst) this.play("red");
    const said = ours.find((each) => each.tone === "red") || ours[0];
    if (!said || said.status === "retry") return;
    if (this.unstored === null) return this.view.answer(said.tone, said.verdict);
    // No storage took it, but the server has it: only now is it acknowledged.
    this.tell(said.tone, said.verdict, this.unstored);
  }

  /** What no storage took at first is stored now. */
  storedLate() {
    if (this.unstored !== null) this.tell("green", this.say("kept"), this.unstored);
  }

  /**
   * Say what was read where nothing is recorded yet: green is for what is durable.
   * @param {boolean} known whether this device knows the code
   * @param {string} verdict
   * @param {string} code
   * @param {string[]} [lines]
   */
  note(known, verdict, code, lines) {
    this.tell(known ? "" : "amber", verdict, code, lines);
    if (known) this.play("amber");
  }

  /**
   * @param {Tone | ""} tone
   * @param {string} verdict
   * @param {string} [code]
   * @param {string[]} [lines]
   */
  tell(tone, verdict, code = "", lines = []) {
    this.onScreen.clear();
    this.unstored = null;
    if (code !== this.selected) {
      this.selected = "";
      this.view.offerNothing();
    }
    this.view.result({ tone, verdict, code: grouped(code), lines });
    if (tone !== "") this.play(tone);
  }

  showBasket() {
    this.view.basket(this.basket, this.today, this);
  }

  /** @param {string} bag */
  knows(bag) {
    return this.today !== null && this.today.bagOf.has(bag);
  }

  /** What the device knows of a bag. @param {string} code */
  facts(code) {
    const bag = this.today && this.today.bagOf.get(code);
    if (!bag) return [this.say("unknown-bag")];
    return [`${bag.from.name} → ${bag.to.name}`, this.say("packets", { number: bag.count })];
  }

  /**
   * @param {Basket} basket
   * @param {string} code
   */
  isFine(basket, code) {
    const bag = this.today && this.today.bagOf.get(code);
    const seen = basket.seals.get(code) || "";
    return Boolean(bag) && (seen === "" || (bag && bag.seal) === seen);
  }

  /** @param {Basket} basket */
  doubts(basket) {
    return basket.bags.flatMap((code) => {
      const bag = this.today && this.today.bagOf.get(code);
      if (!bag) return [`${grouped(code)}: ${this.say("unknown-bag")}`];
      return this.isFine(basket, code) ? [] : [`${grouped(code)}: ${this.say("other-seal")}`];
    });
  }

  /**
   * Names as they are now, for the proof.
   * @param {Today} today
   * @param {string} code
   * @param {string} receiver
   * @param {string} giver
   */
  shownOf(today, code, receiver, giver) {
    const bag = today.bagOf.get(code);
    /** @type {import("./store.js").Shown} */
    const of = bag
      ? { registry: bag.registry, from: bag.from.name, to: bag.to.name, count: String(bag.count) }
      : {};
    return { ...of, receiver: today.nameOf(receiver), giver: today.nameOf(giver) };
  }
}

/**
 * Leave out what is empty.
 * @param {{[name: string]: string}} facts
 */
function filled(facts) {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== ""));
}
