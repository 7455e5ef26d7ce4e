// @ts-check
// Draws the charts of a page from the JSON that it carries. The table beside each says the same, and
// stays; without scripts, or without the library, it stands alone.

import { carried } from "../common/texts.js";

/**
 * @typedef {object} Drawn what the page says of a chart
 * @property {"line" | "bars" | "waterfall" | "stacked"} kind
 * @property {string} title what it shows, for those who do not see it
 * @property {string} head what stands above it; nothing if the page says it
 * @property {string} unit of the values' axis
 * @property {string[]} labels
 * @property {{label: string, values: (number | number[] | null)[]}[]} sets
 * @property {string[][]} tips what is said of each value, by set
 * @property {boolean[]} marked the values that stand out
 */

/** @type {any} */
const Chart = /** @type {any} */ (window).Chart;
const LINE_HEIGHT = 2.1; // rem of a bar that lies
const LEAST_HEIGHT = 9;

/** @param {string} name */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const PALETTE = ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5"].map(colour);
const MARK = colour("--red");
const NUMBERS = new Intl.NumberFormat(document.documentElement.lang);

/**
 * The axis along which the values lie.
 * @param {Drawn} drawn
 */
function valueAxis(drawn) {
  const share = drawn.kind === "line";
  return {
    beginAtZero: true,
    max: share ? 100 : undefined,
    stacked: drawn.kind === "stacked",
    title: { display: Boolean(drawn.unit), text: drawn.unit },
    ticks: {
      precision: drawn.kind === "waterfall" ? undefined : 0,
      callback: (/** @type {number} */ value) => NUMBERS.format(value),
    },
  };
}

/** @param {Drawn} drawn */
function optionsOf(drawn) {
  const lying = drawn.kind === "waterfall" || drawn.kind === "stacked";
  const names = { stacked: drawn.kind === "stacked", offset: true, grid: { display: false } };
  const values = valueAxis(drawn);
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    indexAxis: lying ? "y" : "x",
    scales: lying ? { x: values, y: names } : { x: names, y: values },
    plugins: {
      title: { display: Boolean(drawn.head), text: drawn.head, align: "start" },
      legend: { display: drawn.sets.length > 1, position: "bottom" },
      tooltip: {
        displayColors: false,
        callbacks: {
          label: (/** @type {any} */ at) => drawn.tips[at.datasetIndex]?.[at.dataIndex] ?? "",
        },
      },
    },
  };
}

/** @param {Drawn} drawn */
function dataOf(drawn) {
  const datasets = drawn.sets.map((set, index) => {
    const plain = PALETTE[index % PALETTE.length];
    const colours = set.values.map((_, at) => (drawn.marked[at] ? MARK : plain));
    return {
      label: set.label,
      data: set.values,
      borderColor: plain,
      backgroundColor: colours,
      pointBackgroundColor: colours,
      pointRadius: 4,
      clip: false, // a point at 100 % is drawn whole
      borderWidth: drawn.kind === "line" ? 2 : 0,
      categoryPercentage: drawn.kind === "bars" ? 1 : 0.8,
      barPercentage: 0.95,
    };
  });
  return { labels: drawn.labels, datasets };
}

/**
 * @param {HTMLElement} place
 * @param {Drawn} drawn
 */
function draw(place, drawn) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", drawn.title);
  if (drawn.kind === "waterfall" || drawn.kind === "stacked") {
    place.style.height = `${LEAST_HEIGHT + LINE_HEIGHT * drawn.labels.length}rem`;
  }
  place.append(canvas);
  place.hidden = false;
  const type = drawn.kind === "line" ? "line" : "bar";
  new Chart(canvas, { type, data: dataOf(drawn), options: optionsOf(drawn) });
}

/** @type {{[key: string]: Drawn}} */
const charts = carried("charts") ?? {};
if (Chart) {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.color = colour("--ink");
  for (const place of document.querySelectorAll("[data-chart]")) {
    const drawn = charts[/** @type {HTMLElement} */ (place).dataset.chart ?? ""];
    if (drawn) draw(/** @type {HTMLElement} */ (place), drawn);
  }
}
