// @ts-check
// Reads barcodes by the phone's camera: with the browser's reader where there is one that knows our
// kind of code, else with one that lies on the device. A code counts when two looks agree and its
// check digits are right, and once for as long as it stays in the picture.
import { parse } from "../common/codes.js";

const LOOK = 120; // ms between looks
const GONE = 2_000; // ms after which a code that was out of the picture counts again
const WIDEST = 1280;
const LIBRARY = "../vendor/zxing-wasm/reader/index.js";
const BINARY = new URL("../vendor/zxing-wasm/zxing_reader.wasm", import.meta.url).href;

/** Reads the codes in a picture.
 * @typedef {(canvas: HTMLCanvasElement) => Promise<string[]>} Reader
 */

export class Camera {
  /**
   * @param {HTMLVideoElement} video
   * @param {(code: string) => void} onCode
   */
  constructor(video, onCode) {
    this.video = video;
    this.onCode = onCode;
    /** @type {MediaStream | null} */
    this.stream = null;
    this.canvas = document.createElement("canvas");
    this.before = "";
    /** @type {Map<string, number>} when each code was seen last, of those that were told */
    this.told = new Map();
  }

  get isOpen() {
    return this.stream !== null;
  }

  /** Open the camera. Fails where there is none, or where it is not allowed. */
  async open() {
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: "environment" }, width: { ideal: WIDEST } },
    });
    this.video.srcObject = this.stream;
    await this.video.play();
    void this.look(await bestReader());
  }

  close() {
    if (this.stream !== null) for (const track of this.stream.getTracks()) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.told.clear();
    this.before = "";
  }

  /** @param {Reader} reader */
  async look(reader) {
    while (this.isOpen) {
      const codes = await this.read(reader);
      this.saw(codes, performance.now());
      await new Promise((resolve) => window.setTimeout(resolve, LOOK));
    }
  }

  /** @param {Reader} reader */
  async read(reader) {
    const { canvas, video } = this;
    if (video.videoWidth === 0) return [];
    const scale = Math.min(1, WIDEST / video.videoWidth);
    canvas.width = video.videoWidth * scale;
    canvas.height = video.videoHeight * scale;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) return [];
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    return reader(canvas).catch(() => []);
  }

  /**
   * @param {string[]} codes
   * @param {number} now
   */
  saw(codes, now) {
    const valid = codes.filter((code) => parse(code) !== null);
    const agreed = valid.find((code) => code === this.before);
    // Two codes in one picture: nobody knows which is meant.
    this.before = valid.length === 1 ? valid[0] : "";
    if (agreed === undefined || valid.length !== 1) return;
    const at = this.told.get(agreed);
    this.told.set(agreed, now);
    if (at === undefined || now - at > GONE) this.onCode(agreed);
  }
}

/** @returns {Promise<Reader>} */
export async function bestReader() {
  return (await ownReader()) || bundledReader();
}

/** Return the browser's reader, where it reads our codes. @returns {Promise<Reader | null>} */
async function ownReader() {
  const Detector = /** @type {any} */ (window).BarcodeDetector;
  if (Detector === undefined) return null;
  try {
    const formats = await Detector.getSupportedFormats();
    if (!formats.includes("code_128")) return null;
    const detector = new Detector({ formats: ["code_128"] });
    return async (canvas) =>
      (await detector.detect(canvas)).map((/** @type {any} */ found) => found.rawValue);
  } catch {
    return null;
  }
}

/** Return the reader that lies on the device. @returns {Promise<Reader>} */
export async function bundledReader() {
  const { prepareZXingModule, readBarcodes } = await import(LIBRARY);
  await prepareZXingModule({ overrides: { locateFile: () => BINARY }, fireImmediately: true });
  return async (canvas) => {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) return [];
    const picture = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = await readBarcodes(picture, { formats: ["Code128"], maxNumberOfSymbols: 4 });
    return found.map((/** @type {any} */ each) => each.text);
  };
}
