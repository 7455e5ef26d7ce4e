// @ts-check
// A signature, drawn with a finger, a pen or a mouse: nobody has to.

const THICK = 3;
const LONGEST = 30_000; // characters of the picture's address
const SMALLER = 0.5;

export class Signature {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.drawn = false;
    this.down = false;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.go(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => (this.down = false));
    }
    this.clear();
  }

  clear() {
    this.drawn = false;
    this.context.fillStyle = "#fff";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Return the picture as an address; empty if nothing was drawn. */
  address() {
    if (!this.drawn) return "";
    const whole = this.canvas.toDataURL("image/png");
    return whole.length <= LONGEST ? whole : this.smaller();
  }

  /** @param {PointerEvent} event */
  begin(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.down = true;
    const { context } = this;
    context.strokeStyle = "#000";
    context.lineWidth = THICK;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(...this.at(event));
  }

  /** @param {PointerEvent} event */
  go(event) {
    if (!this.down) return;
    this.drawn = true;
    this.context.lineTo(...this.at(event));
    this.context.stroke();
  }

  /**
   * @param {PointerEvent} event
   * @returns {[number, number]}
   */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const { width, height } = this.canvas;
    return [
      ((event.clientX - box.left) * width) / box.width,
      ((event.clientY - box.top) * height) / box.height,
    ];
  }

  /** Who scribbles all over gets a smaller picture; none, if that is too long still. */
  smaller() {
    const small = document.createElement("canvas");
    small.width = this.canvas.width * SMALLER;
    small.height = this.canvas.height * SMALLER;
    const context = /** @type {CanvasRenderingContext2D} */ (small.getContext("2d"));
    context.drawImage(this.canvas, 0, 0, small.width, small.height);
    const address = small.toDataURL("image/png");
    return address.length <= LONGEST ? address : "";
  }
}
