// @ts-check
// Puts log, network, keyboard, camera, sounds and screen together.
import { offerCamera } from "../camera/camera.js";
import { byId } from "../common/dom.js";
import { keepFocus } from "../station/focus.js";
import { Keyboard } from "../station/keyboard.js";
import { isMuted, mute, play, unlockOnFirstKey } from "../station/sound.js";
import { Desk } from "./desk.js";
import { Held } from "./held.js";
import { offerInstalling } from "./installed.js";
import { Recorder } from "./recorder.js";
import { Sender } from "./sender.js";
import { endSession } from "./server.js";
import { Signature } from "./signature.js";
import { Store } from "./store.js";
import { Today } from "./today.js";
import { View } from "./view.js";

/** @typedef {import("./store.js").Kept} Kept */
/** @typedef {ReturnType<typeof import("../common/texts.js").speaker>} Say */

const CHANNEL = "qolhat.courier";
const SHOWN = 50; // of what was done
const SOON = 50; // ms
const SEARCHED = 500; // of it for what the server's day does not tell yet

export class App {
  /**
   * @param {Say} say
   */
  constructor(say) {
    this.say = say;
    this.view = new View(say);
    this.store = new Store();
    this.held = new Held();
    this.sender = new Sender(this.store, this.held, crypto.randomUUID());
    this.recorder = new Recorder(this.store, this.held, this.sender);
    this.signature = new Signature(/** @type {HTMLCanvasElement} */ (byId("canvas")));
    this.desk = new Desk(this.recorder, this.view, play, () => this.signature.address());
    this.channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(CHANNEL) : null;
    this.unreadable = false;
    /** @type {Promise<void> | null} */
    this.drawing = null;
    this.dayDrawn = "";
    this.view.clearSignature = () => this.signature.clear();
    this.view.onProof = (kept) => this.openProof(kept);
  }

  async open() {
    const scan = /** @type {HTMLInputElement} */ (byId("scan"));
    new Keyboard(scan, {
      onScan: (text) => this.desk.next(() => this.desk.scanned(text)),
      keys: { Escape: () => this.escape() },
    });
    // A finger would get the keyboard on the screen at every turn: scans come without the focus.
    if (window.matchMedia("(pointer: fine)").matches) keepFocus(scan);
    unlockOnFirstKey();
    this.offerButtons();
    offerCamera(
      (code) => void this.desk.next(() => this.desk.scanned(code)),
      (why) => this.desk.tell("amber", why),
    );
    await this.store.beginAnew(Date.now()).catch(() => false);
    await this.recall();
    this.listen();
    void this.persist();
    void this.sender.start();
  }

  escape() {
    if (!byId("proof").hidden) this.view.hideProof();
    else void this.desk.next(() => this.desk.cancel());
  }

  /** Take up what the device knows. */
  async recall() {
    try {
      const [today, clock] = await Promise.all([this.store.get("today"), this.store.get("clock")]);
      if (this.sender.today === null) this.sender.today = today || null;
      this.sender.clock = clock || null;
      this.unreadable = false;
    } catch (error) {
      console.warn("nothing can be kept", error);
      this.unreadable = true;
      play("red");
    }
    await this.draw();
  }

  listen() {
    const { sender, recorder } = this;
    for (const event of ["change", "today"]) sender.addEventListener(event, () => this.draw());
    sender.addEventListener("answers", (event) => {
      this.desk.answered(/** @type {CustomEvent} */ (event).detail);
      if (this.held.all().length === 0 && recorder.troubled) recorder.clear();
      this.changed();
    });
    sender.addEventListener("turned-away", () => play("amber"));
    recorder.addEventListener("stored", () => this.changed());
    recorder.addEventListener("late", () => this.desk.storedLate());
    recorder.addEventListener("trouble", () => this.draw());
    if (this.channel) this.channel.onmessage = (event) => this.heard(event.data);
    window.addEventListener("beforeunload", (event) => {
      if (this.held.all().length === 0) return;
      event.preventDefault(); // what no storage took would be lost
      event.returnValue = "";
    });
  }

  /** Something is different in the log: the device's other pages show it, too. */
  changed() {
    if (this.channel) this.channel.postMessage("changed");
    void this.draw();
  }

  /** @param {string} said by another page of this device */
  async heard(said) {
    if (said === "forgotten") return window.location.reload();
    const today = await this.store.get("today").catch(() => null);
    if (today && isNewer(today, this.sender.today)) this.sender.today = today;
    await this.draw();
  }

  // --- what is shown -----------------------------------------------------------------------------

  /** Draw what the log says, soon: many things may happen at once. */
  draw() {
    if (this.drawing === null) {
      this.drawing = new Promise((resolve) => window.setTimeout(resolve, SOON)).then(() => {
        this.drawing = null;
        return this.drawn();
      });
    }
    return this.drawing;
  }

  async drawn() {
    const { view, sender, held } = this;
    const said = sender.today;
    this.desk.today = said ? new Today(said) : null;
    const [waiting, recent] = await this.read();
    const others = recent.filter((kept) => kept.open && !this.isOurs(kept)).length;
    const refused = recent.filter((kept) => kept.status === "refused" && !kept.read && !kept.open);
    view.queue(waiting + held.all().length, this.desk.today ? others : 0, sender);
    view.storage(this.recorder.troubled || this.unreadable, held.all().length);
    view.refused(refused, (kept) => void this.dismiss(kept));
    view.history(recent.filter((kept) => this.isOurs(kept)).slice(0, SHOWN));
    this.drawDay(recent);
  }

  /** Draw runs and bags, where anything is new. @param {Kept[]} recent */
  drawDay(recent) {
    const { today } = this.desk;
    if (today === null) {
      this.dayDrawn = "";
      return this.view.nobody();
    }
    const done = today.doneHere(recent);
    const now = [this.sender.today.server_at, ...[...done.values()].map((kept) => kept.seq)].join();
    if (now === this.dayDrawn) return;
    this.dayDrawn = now;
    this.view.today(today, done, this.desk);
  }

  /** @returns {Promise<[number, Kept[]]>} */
  async read() {
    try {
      const read = await Promise.all([this.store.waiting(), this.store.recent(SEARCHED)]);
      this.unreadable = false;
      return read;
    } catch {
      this.unreadable = true;
      return [0, []];
    }
  }

  /** @param {Kept} kept */
  isOurs(kept) {
    return this.desk.today !== null && kept.entry.person === this.desk.today.me.person;
  }

  /** @param {Kept} kept */
  async dismiss(kept) {
    await this.store.markRead(kept.seq).catch(() => this.recorder.tell("trouble"));
    this.changed();
    this.view.focusScan();
  }

  /** @param {Kept} kept */
  async openProof(kept) {
    const all = (await this.store.recent(SEARCHED)).reverse();
    this.view.showProof(all.filter((each) => each.group === kept.group));
    byId("proof-title").focus();
  }

  // --- buttons -----------------------------------------------------------------------------------

  offerButtons() {
    const { desk, view } = this;
    for (const mode of /** @type {const} */ (["take", "hand"])) {
      on(mode, () => desk.next(() => desk.begin(mode)));
    }
    on("confirm", () => desk.next(() => desk.confirm()));
    on("cancel", () => desk.next(() => desk.cancel()));
    on("clear", () => this.signature.clear());
    on("send", () => this.sender.now());
    on("print", () => window.print());
    on("close", () => view.hideProof());
    on("log-out", () => this.logOut());
    const show = () => byId("mute").setAttribute("aria-pressed", String(isMuted()));
    on("mute", () => {
      mute(!isMuted());
      show();
    });
    show();
    offerInstalling(byId("install"));
    document.addEventListener("click", (event) => this.stayWithoutNetwork(event));
  }

  /** A link that leads away would end at the browser's own page. @param {MouseEvent} event */
  stayWithoutNetwork(event) {
    const target = /** @type {Element} */ (event.target);
    if (navigator.onLine || !target.closest("a[href^='/']")) return;
    event.preventDefault();
    this.desk.tell("amber", this.say("offline"));
  }

  // --- this device -------------------------------------------------------------------------------

  /** Ask the browser once not to throw the log away when the disk fills. */
  async persist() {
    if (!navigator.storage || !navigator.storage.persist) return;
    try {
      if (await this.store.get("persist-asked")) return;
      await this.store.set("persist-asked", true);
      await navigator.storage.persist();
    } catch {
      // what cannot be kept is said where something is to be kept
    }
  }

  /** End the session, and forget who it was; not while something of theirs waits. */
  async logOut() {
    const { today } = this.sender;
    const person = today ? today.person.person : 0;
    if ((await this.waitsFor(person)) || this.held.all().length > 0)
      return this.desk.tell("amber", this.say("log-out-waits"));
    if (!(await endSession(today ? today.csrf : "")))
      return this.desk.tell("amber", this.say("log-out-offline"));
    this.sender.stop();
    if (!(await this.store.forget(person)))
      return this.desk.tell("amber", this.say("log-out-waits"));
    if (this.channel) this.channel.postMessage("forgotten");
    window.location.assign("/login?next=/courier");
  }

  /** Tell whether something that this person did is not with the server. @param {number} person */
  async waitsFor(person) {
    const waits = await this.store.unanswered(person, 0, 1).catch(() => null);
    return waits === null || waits.length > 0;
  }
}

/** What another page has stored may be older than what this one was told a moment ago.
 * @param {any} one what the server said of the day
 * @param {any} other
 */
function isNewer(one, other) {
  return other === null || Date.parse(one.server_at) > Date.parse(other.server_at);
}

/**
 * @param {string} id
 * @param {() => unknown} press
 */
function on(id, press) {
  byId(id).addEventListener("click", press);
}
