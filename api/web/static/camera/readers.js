// @ts-check
// Reads barcodes in a picture: by the browser's reader where there is one that knows our kind of
// code, else by one that lies on the device.

const LIBRARY = "../vendor/zxing-wasm/reader/index.js";
const BINARY = new URL("../vendor/zxing-wasm/zxing_reader.wasm", import.meta.url).href;
const MOST = 30; // codes in one picture

/** @typedef {import("./agreement.js").Seen} Seen */
/** Reads the codes in a picture. @typedef {(canvas: HTMLCanvasElement) => Promise<Seen[]>} Reader */

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
      (await detector.detect(canvas)).map((/** @type {any} */ found) => ({
        text: found.rawValue,
        corners: found.cornerPoints,
      }));
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
    const found = await readBarcodes(picture, { formats: ["Code128"], maxNumberOfSymbols: MOST });
    return found.map((/** @type {any} */ { text, position: at }) => ({
      text,
      corners: [at.topLeft, at.topRight, at.bottomRight, at.bottomLeft],
    }));
  };
}
