// @ts-check
// Reads barcodes by the camera of a phone or a desk until it is closed. A code counts when several
// looks agree and its check digits are right, and once for as long as it stays in the picture.
import { Agreement } from "./agreement.js";
import { bestReader } from "./readers.js";

const LOOK = 120; // ms between looks
const WIDEST = 1280;

/** @typedef {import("./agreement.js").Seen} Seen */
/** @typedef {import("./readers.js").Reader} Reader */

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
    this.agreement = new Agreement();
  }

  get isOpen() {
    return this.stream !== null;
  }

  /** Open the camera. Fails where there is none, or where it is not allowed. */
  async open() {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: "environment" }, width: { ideal: WIDEST } },
    });
    this.close(); // one that was opened meanwhile by a second press
    this.stream = stream;
    this.video.srcObject = stream;
    await this.video.play();
    void this.look(await bestReader(), stream);
  }

  close() {
    if (this.stream !== null) for (const track of this.stream.getTracks()) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.agreement = new Agreement();
  }

  /**
   * @param {Reader} reader
   * @param {MediaStream} stream
   */
  async look(reader, stream) {
    while (this.stream === stream) {
      const codes = await this.read(reader);
      if (this.stream !== stream) return; // closed meanwhile: what it saw last is not wanted
      for (const code of this.agreement.saw(codes, performance.now())) this.onCode(code);
      await new Promise((resolve) => window.setTimeout(resolve, LOOK));
    }
  }

  /**
   * @param {Reader} reader
   * @returns {Promise<Seen[]>}
   */
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
}

/**
 * Let the page's button open the camera and close it; what it reads is taken like a scanner's text.
 * @param {(code: string) => void} onCode
 * @param {(why: string) => void} onFailure takes what the page says where no camera opens
 */
export function offerCamera(onCode, onFailure) {
  const button = document.getElementById("camera");
  const viewfinder = document.getElementById("viewfinder");
  const video = document.getElementById("video");
  if (!button || !viewfinder || !(video instanceof HTMLVideoElement)) return;
  const camera = new Camera(video, onCode);
  const show = () => {
    viewfinder.hidden = !camera.isOpen;
    button.setAttribute("aria-pressed", String(camera.isOpen));
  };
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      if (camera.isOpen) camera.close();
      else await camera.open();
    } catch (error) {
      console.warn("no camera", error);
      camera.close();
      onFailure(button.dataset.failed || "");
    }
    show();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") camera.close();
    show();
  });
}
