// Prints a form as soon as it is there: the receipt with the label, in one go.

const frame = /** @type {HTMLIFrameElement | null} */ (document.getElementById("printed"));
const button = document.getElementById("print");

/** Load the PDF into the frame and ask the browser to print it; the link stays for those who can't. */
function printFrame() {
  if (!frame || !frame.dataset.src) return;
  frame.hidden = false;
  frame.addEventListener(
    "load",
    () => {
      try {
        frame.contentWindow?.focus();
        frame.contentWindow?.print();
      } catch {
        // The browser shows PDF files elsewhere: the link opens it.
      }
    },
    { once: true },
  );
  frame.src = frame.dataset.src;
}

// Once for a registration: a page that is shown again does not print again.
const printedBefore = "qolhat.printed";
if (frame && navigator.pdfViewerEnabled !== false) {
  if (sessionStorage.getItem(printedBefore) !== frame.dataset.src) {
    sessionStorage.setItem(printedBefore, frame.dataset.src ?? "");
    printFrame();
  }
  button?.addEventListener("click", (event) => {
    event.preventDefault();
    printFrame();
  });
}
