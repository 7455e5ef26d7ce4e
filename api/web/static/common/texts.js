// @ts-check
// The page's words: everything that scripts say stands in the page, in the reader's language.

/**
 * Read the JSON that the page carries under this id; null if it carries none.
 * @param {string} id
 * @returns {any}
 */
export function carried(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent || "null") : null;
}

/** @typedef {string | {[category: string]: string}} Text one text, or one for each plural form */

/**
 * Return a function that says texts, with `{facts}` filled in. Where a text has plural forms, the
 * fact `number` decides. A text that is missing is an error of the page, and said to be so.
 * @param {{[key: string]: Text}} texts
 * @param {string} language
 */
export function speaker(texts, language) {
  const numbers = new Intl.NumberFormat(language);
  const plurals = new Intl.PluralRules(language);

  /**
   * @param {string} key
   * @param {{[name: string]: string | number}} [facts]
   * @returns {string}
   */
  function say(key, facts = {}) {
    const text = texts[key];
    if (text === undefined) {
      console.error("no text", key);
      return "";
    }
    const form = typeof text === "string" ? text : formOf(text, Number(facts.number));
    return form.replace(/\{(\w+)\}/g, (whole, name) => {
      const fact = facts[name];
      if (fact === undefined) return whole;
      return typeof fact === "number" ? numbers.format(fact) : fact;
    });
  }

  /**
   * @param {{[category: string]: string}} forms
   * @param {number} number
   */
  function formOf(forms, number) {
    return forms[plurals.select(number)] || forms.other || "";
  }

  return say;
}
