// @ts-check
// Three sounds that are told apart without looking: fine, look here, wrong; and a click for a code
// that the camera has read, as a scanner gives.

/** @typedef {"green" | "amber" | "red"} Tone */
/** @typedef {{hertz: number, from: number, to: number, shape: OscillatorType}} Note times in s */

export const SOUND_EVENT = "qolhat:sound";
const MUTED = "qolhat.muted";
const LOUDNESS = 0.25;
const EDGE = 0.01; // seconds in which a note swells and fades: a sudden one clicks

/** @type {{[tone in Tone]: Note[]}} */
const MELODIES = {
  green: [{ hertz: 1760, from: 0, to: 0.09, shape: "sine" }],
  amber: [
    { hertz: 740, from: 0, to: 0.13, shape: "triangle" },
    { hertz: 740, from: 0.2, to: 0.33, shape: "triangle" },
  ],
  red: [{ hertz: 130, from: 0, to: 0.7, shape: "sawtooth" }],
};

/** @type {Note} */
const CLICK = { hertz: 2600, from: 0, to: 0.04, shape: "square" };

/** @type {AudioContext | null} */
let context = null;
let muted = readMuted();

/**
 * Play the sound of a tone; it is told to the page (`qolhat:sound`) even where nothing is heard.
 * @param {Tone} tone
 */
export function play(tone) {
  perform(tone, MELODIES[tone]);
}

/** Let it be heard that a code was read: what becomes of it is told later. */
export function click() {
  perform("click", [CLICK]);
}

/**
 * @param {Tone | "click"} name
 * @param {Note[]} notes
 */
function perform(name, notes) {
  document.dispatchEvent(new CustomEvent(SOUND_EVENT, { detail: { name, muted } }));
  if (muted) return;
  const audio = open();
  if (audio && audio.state === "running") notes.forEach((note) => sound(audio, note));
}

/** Tell whether the sounds are off. */
export function isMuted() {
  return muted;
}

/**
 * Turn the sounds off or on, for this browser.
 * @param {boolean} off
 */
export function mute(off) {
  muted = off;
  try {
    localStorage.setItem(MUTED, off ? "1" : "");
  } catch {
    // without storage it holds until the page is closed
  }
}

/** Browsers let a page sound only after somebody has pressed something. */
export function unlockOnFirstKey() {
  const wake = () => {
    const audio = open();
    if (audio && audio.state === "suspended") audio.resume().catch(() => undefined);
  };
  document.addEventListener("keydown", wake, { capture: true });
  document.addEventListener("pointerdown", wake, { capture: true });
}

/** @returns {AudioContext | null} */
function open() {
  if (context === null && typeof AudioContext !== "undefined") context = new AudioContext();
  return context;
}

/**
 * @param {AudioContext} audio
 * @param {Note} note
 */
function sound(audio, note) {
  const [begins, ends] = [audio.currentTime + note.from, audio.currentTime + note.to];
  const volume = audio.createGain();
  volume.gain.setValueAtTime(0, begins);
  volume.gain.linearRampToValueAtTime(LOUDNESS, begins + EDGE);
  volume.gain.setValueAtTime(LOUDNESS, ends - EDGE);
  volume.gain.linearRampToValueAtTime(0, ends);
  const oscillator = audio.createOscillator();
  oscillator.type = note.shape;
  oscillator.frequency.value = note.hertz;
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(begins);
  oscillator.stop(ends);
}

function readMuted() {
  try {
    return localStorage.getItem(MUTED) === "1";
  } catch {
    return false;
  }
}
