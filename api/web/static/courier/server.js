// @ts-check
// Asks the server; says whether it could not be reached, or what is wrong.
import { localIso } from "../station/queue.js";

const PATIENCE = 30_000; // ms for one answer
const TODAY = "/courier/today";
const SYNC = "/courier/sync";
const LOG_OUT = "/logout";

/** @typedef {{asked: number, took: number}} Asked when by the device's clock, for how long (ms) */
/** @typedef {{body: any, asked: Asked}} Said */

/** The server cannot be reached, or says nothing that a server of ours would. */
export class Unreachable extends Error {}

/** The server says why not. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {any} body
   */
  constructor(status, body) {
    super(String((body && body.title) || status));
    this.status = status;
    this.turnedAway = status === 401 || status === 403;
    this.detail = String((body && body.detail) || "");
  }
}

export function askToday() {
  return ask("GET", TODAY, "", null);
}

/**
 * @param {string} csrf
 * @param {string} log
 * @param {import("./chain.js").Entry[]} entries
 */
export function sendEntries(csrf, log, entries) {
  return ask("POST", SYNC, csrf, (at) => ({ log, sent_at: at, entries }));
}

/** End the session; succeeds also where it has ended already.
 * @param {string} csrf
 */
export async function endSession(csrf) {
  const headers = { "x-csrf-token": csrf };
  try {
    const answer = await fetch(LOG_OUT, { method: "POST", headers, redirect: "manual" });
    return answer.type === "opaqueredirect" || answer.status === 401;
  } catch {
    return false;
  }
}

/**
 * @param {string} method
 * @param {string} address
 * @param {string} csrf
 * @param {((at: string) => unknown) | null} body
 * @returns {Promise<Said>}
 */
async function ask(method, address, csrf, body) {
  const control = new AbortController();
  const timer = window.setTimeout(() => control.abort(), PATIENCE);
  const [asked, began] = [Date.now(), performance.now()];
  try {
    const answer = await fetch(address, {
      method,
      headers: body ? { "content-type": "application/json", "x-csrf-token": csrf } : {},
      body: body ? JSON.stringify(body(localIso(new Date(asked)))) : undefined,
      credentials: "same-origin",
      cache: "no-store",
      signal: control.signal,
    });
    const took = performance.now() - began; // the answer's time was written before its body
    const said = await answer.json();
    if (!answer.ok) throw new Problem(answer.status, said);
    return { body: said, asked: { asked, took } };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Unreachable(String(error));
  } finally {
    window.clearTimeout(timer);
  }
}
