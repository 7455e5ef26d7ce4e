// @ts-check
// What the server must know before an act is recorded: asked one after the other, answered by
// digit, mouse, typing or a badge.
import { packetOf } from "./entries.js";

/** @typedef {import("./queue.js").Question} Question */
/** @typedef {import("./queue.js").Facts} Facts */
/** @typedef {import("./desk.js").Waiting} Waiting */
/** @typedef {{waiting: Waiting, question: Question}} Asked */

const FEW = 9; // choices that a digit alone decides
/** @type {{[need: string]: string}} */
const FIELDS = {
  "executor": "executor",
  "grounds": "grounds",
  "reasons": "text",
  "incoming-number": "incoming_number",
};

export class Questions {
  /**
   * @param {import("./view.js").View} view
   * @param {() => void} giveFocusBack
   * @param {(waiting: Waiting[], details: Facts, label: string) => void} onAnswer
   */
  constructor(view, giveFocusBack, onAnswer) {
    this.view = view;
    this.giveFocusBack = giveFocusBack;
    this.onAnswer = onAnswer;
    /** @type {Asked[]} */
    this.open = [];
    /** @type {Asked | undefined} */
    this.shown = undefined;
  }

  /** @param {Asked} asked */
  add(asked) {
    this.open.push(asked);
    this.show();
  }

  /** Tell whether this is what is asked now.
   * @param {string} needs
   */
  isFor(needs) {
    return this.open.length > 0 && this.open[0].question.needs === needs;
  }

  /** Ask nothing any more.
   * @returns {Asked[]} what was not answered
   */
  drop() {
    const dropped = this.open.splice(0);
    this.show();
    return dropped;
  }

  show() {
    const asked = this.open[0];
    if (asked === this.shown) return; // somebody may be writing the answer
    this.shown = asked;
    if (asked !== undefined) {
      this.ask(asked);
    } else {
      this.view.askNothing();
      this.giveFocusBack();
    }
  }

  /** @param {Asked} asked */
  ask({ waiting, question }) {
    const title = `${question.title} · ${packetOf(waiting.entry)}`;
    if (choicesOf(question).length > 0) {
      this.view.askChoice(title, question.choices, (choice) => this.pick(choice));
      return;
    }
    const [long, required] = [question.needs === "reasons", question.needs !== "incoming-number"];
    const field = FIELDS[question.needs] || "text";
    this.view.askText(title, long, required, (text) => this.answer({ [field]: text }, text));
  }

  /** Choose by number; false if nothing is asked that has such a choice.
   * @param {string} typed
   */
  choose(typed) {
    const choices = this.open.length > 0 ? choicesOf(this.open[0].question) : [];
    const choice = /^\d{1,2}$/.test(typed) ? choices[Number(typed) - 1] : undefined;
    if (choice === undefined) return false;
    this.pick(choice);
    return true;
  }

  /** A digit alone chooses among nine; of more, one types the number and Enter.
   * @param {string} digit
   */
  chooseByDigit(digit) {
    const few = this.open.length > 0 && choicesOf(this.open[0].question).length <= FEW;
    return few && this.choose(digit);
  }

  /** @param {{key: string, label: string}} choice */
  pick({ key, label }) {
    const { needs } = this.open[0].question;
    this.answer({ [FIELDS[needs] || "text"]: needs === "grounds" ? [key] : key }, label);
  }

  /**
   * Answer the first question. An executor is named for all packets of the same card.
   * @param {Facts} details
   * @param {string} label
   */
  answer(details, label) {
    const first = this.open[0];
    const together = this.open.filter((other) => other === first || areAlike(first, other));
    this.open = this.open.filter((other) => !together.includes(other));
    this.onAnswer(
      together.map(({ waiting }) => waiting),
      details,
      label,
    );
    this.show();
  }
}

/**
 * @param {Asked} one
 * @param {Asked} other
 */
function areAlike(one, other) {
  const { armed } = one.waiting;
  const forAll = armed !== null && one.question.needs === "executor";
  return forAll && other.waiting.armed === armed && other.question.needs === "executor";
}

/** @param {Question} question */
function choicesOf(question) {
  return question.choices || [];
}
