/* What the scripts say, in the page's language. The English sentences are the keys. */

export const language = document.documentElement.lang || "en";

const translated = language === "en" ? {} : await load();

/** The sentence with `{name}` filled in from `values`; numbers as the language writes them. */
export function say(english, values = {}) {
  return fill(translated[english] || english, values);
}

/** One of two sentences, by `count`, which fills `{count}` as well. */
export function sayCount(count, one, many, values = {}) {
  const [ofOne, ofMany] = translated[one] ?? [];
  const sentence = count === 1 ? ofOne || one : ofMany || many;
  return fill(sentence, { count, ...values });
}

export function number(value) {
  return value.toLocaleString(language);
}

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (gap, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : (value ?? gap);
  });
}

// A language that nobody has translated yet is written in English.
async function load() {
  try {
    return (await import(`./words/${language}.js`)).default;
  } catch {
    return {};
  }
}
