// Runs the report's model in the page: the artifact and the device's C code, compiled to WebAssembly (live.c).
// Nothing is loaded and nothing is sent. Whatever is typed or comes from the model is shown as text, never as markup.
(function () {
  "use strict";

  const SLICE = 12; // milliseconds of work between two looks at what was typed
  const PAUSE = 150; // milliseconds without a key before a run begins
  const SHOWN = 12; // labels of a table
  const LISTED = 4096; // integers listed
  const ONE = 65536; // logits have 16 bits behind the point
  const Task = { number: 2, embedding: 3, multiLabel: 5, tags: 6 }; // embq_task; any other: one of the labels

  const section = document.getElementById("live");
  const [status, answer] = ["live-status", "live-answer"].map((id) => document.getElementById(id));
  const boxes = ["live-first", "live-second"].map((id) => document.getElementById(id));
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  // ---- The page ----------------------------------------------------------------------------------------------------

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }

  /** A text of the user's or the model's, whose writing direction stays its own. */
  function own(text) {
    return element("bdi", "", text);
  }

  /** A label, which may break where words meet, as the report's others do. */
  function label(name) {
    const words = name.replace(/(\p{Ll})(?=\p{Lu})|([_\-./])(?=.)/gu, "$1$2\u0000").split("\u0000");
    return element("bdi", "", ...words.flatMap((word, index) => (index ? [element("wbr", ""), word] : [word])));
  }

  function say(text, isProblem) {
    status.textContent = text;
    status.classList.toggle("problem", Boolean(isProblem));
  }

  function grouped(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  /** A share that is 0 or 100 % only where it is. */
  function percent(share) {
    if (share > 0 && share < 0.0001) return "< 0.01 %";
    if (share < 1 && share > 0.9999) return "> 99.99 %";
    return `${(share * 100).toFixed(2)} %`;
  }

  function bar(share) {
    const fill = element("span", "fill");
    fill.style.width = `${(Math.min(1, Math.max(0, share)) * 100).toFixed(1)}%`;
    return element("span", "track", fill);
  }

  /** A table as the report's others are; a number's column is named in `numbers`. */
  function table(name, titles, numbers, rows) {
    const cell = (kind, scope, content, index) => {
      const made = element(kind, numbers.includes(index) ? "n" : "", content);
      if (scope) made.scope = scope;
      return made;
    };
    const head = element("tr", "", ...titles.map((title, index) => cell("th", "col", title, index)));
    const body = rows.map((row) =>
      element("tr", "", ...row.map((content, index) => cell(index ? "td" : "th", index ? "" : "row", content, index))));
    const made = element(
      "table", "answers", element("caption", "", name), element("thead", "", head), element("tbody", "", ...body));
    const box = element("div", "wide", made);
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", name);
    return box;
  }

  function note(text) {
    return element("p", "note", text);
  }

  // ---- The model ---------------------------------------------------------------------------------------------------

  function bytesOf(id) {
    const text = atob(document.getElementById(id).textContent.trim());
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  }

  /** Opens the artifact. Memory may move whenever the module takes more of it: views are made anew each time. */
  async function open() {
    const module = await WebAssembly.instantiate(bytesOf("live-module"), {});
    const c = module.instance.exports;
    const memory = (Type, at, count) => new Type(c.memory.buffer, at >>> 0, count);
    const string = (at) => {
      const bytes = memory(Uint8Array, at);
      return decoder.decode(bytes.subarray(0, bytes.indexOf(0)));
    };
    const check = (code) => {
      if (code !== 0) throw new Error(string(c.statusText(code)));
    };
    const artifact = bytesOf("live-artifact");
    const at = c.artifact(artifact.length);
    if (at === 0) throw new Error("the browser gives no memory for the artifact");
    memory(Uint8Array, at, artifact.length).set(artifact);
    check(c.open());
    const labels = Array.from({ length: c.outputs() }, (_, index) => string(c.label(index)));
    const task = c.task();
    // An encoder takes two texts one after the other, a tagger one.
    const takesPairs = c.takesPairs() !== 0 && task !== Task.embedding && task !== Task.tags;
    return { c, memory, check, labels, task, takesPairs };
  }

  /** What was recorded with the artifact: a text to begin with. */
  function example(model, index) {
    const size = model.c.exampleSize(index);
    return size > 0 ? decoder.decode(model.memory(Uint8Array, model.c.example(index), size)) : "";
  }

  /** Runs texts as the device does; null when `isStale` says meanwhile that nobody waits any longer. */
  async function run(model, texts, isStale) {
    const { c, memory, check } = model;
    const encoded = texts.map((text) => encoder.encode(text));
    const most = c.textSize();
    const long = encoded.find((bytes) => bytes.length > most);
    if (long) throw new Error(`a text of ${grouped(long.length)} bytes is too long: the page takes ${grouped(most)}`);
    encoded.forEach((bytes, index) => memory(Uint8Array, c.text(index), bytes.length).set(bytes));
    check(c.begin(encoded[0].length, encoded[1] ? encoded[1].length : 0, encoded.length > 1 ? 1 : 0));
    let spent = 0;
    for (let isLeft = true; isLeft;) {
      const start = performance.now();
      while (isLeft && performance.now() - start < SLICE) isLeft = c.step(4) !== 0;
      spent += performance.now() - start;
      if (isLeft) await new Promise((resolve) => setTimeout(resolve));
      if (isStale()) return null;
    }
    return { ...sentence(model, encoded), ...labelled(model, encoded[0]), milliseconds: spent };
  }

  /** The tokens of a run and what it took. */
  function sentence({ c, memory, task, labels }, encoded) {
    const count = c.tokens();
    const ids = Array.from(memory(Uint16Array, c.ids(), count));
    const places = memory(Uint32Array, c.places(), 3 * count);
    const tokens = ids.map((id, index) => {
      const [start, end, text] = places.subarray(3 * index, 3 * index + 3);
      return { id, text: decoder.decode((encoded[text] || encoded[0]).subarray(start, end)) };
    });
    const rows = task === Task.tags ? count : 1;
    return {
      tokens, whole: c.tokensInAll(), arena: c.arenaSize(), products: c.products(),
      logits: Array.from(memory(Int32Array, c.logits(), rows * labels.length)),
    };
  }

  /** A tagger's tokens with their labels. */
  function labelled({ c, memory, task, labels }, bytes) {
    if (task !== Task.tags) return {};
    const first = c.firstTag();
    const tags = memory(Uint32Array, c.tags(), 3 * c.tagCount());
    const logits = memory(Int32Array, c.logits());
    return {
      tags: Array.from({ length: tags.length / 3 }, (_, at) => {
        const [start, end, index] = tags.subarray(3 * at, 3 * at + 3);
        const from = (first + at) * labels.length;
        const share = softmax(Array.from(logits.subarray(from, from + labels.length)))[index];
        return { text: decoder.decode(bytes.subarray(start, end)), index, share };
      }),
    };
  }

  // ---- Answers -----------------------------------------------------------------------------------------------------

  function softmax(logits) {
    const top = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp((logit - top) / ONE));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  }

  /** The places of numbers, the largest first; of equals the first, as the device answers. */
  function ranked(numbers) {
    return numbers.map((_, index) => index).sort((a, b) => numbers[b] - numbers[a] || a - b);
  }

  /** The labels that are shown first, and a note of how many are not. */
  function labelTable(model, logits) {
    const kind = section.dataset.scores;
    const shares =
      kind === "softmax" ? softmax(logits) : logits.map((logit) => 1 / (1 + Math.exp(-logit / ONE)));
    const order = ranked(logits);
    const rows = order.slice(0, SHOWN).map((index) => {
      const name = label(model.labels[index]);
      const applies = model.task === Task.multiLabel ? logits[index] > 0 : index === order[0];
      const title = applies ? element("b", "", name) : name;
      return kind === "identity"
        ? [title, String(logits[index])]
        : [title, bar(shares[index]), percent(shares[index]), String(logits[index])];
    });
    const rest = order.length - rows.length;
    return [
      kind === "identity"
        ? table("Labels", ["Label", "Logit"], [1], rows)
        : table("Labels", ["Label", "Share", "Percent", "Logit"], [2, 3], rows),
      ...(rest > 0 ? [note(`${grouped(rest)} more not shown.`)] : []),
    ];
  }

  function headline(...children) {
    return element("p", "result", ...children);
  }

  function classified(model, { logits }) {
    const best = model.task === Task.multiLabel
      ? model.labels.filter((_, index) => logits[index] > 0)
      : [model.labels[ranked(logits)[0]]];
    const names = best.flatMap((name, index) => (index ? [", ", label(name)] : [label(name)]));
    return [headline(...(names.length ? names : ["no label"])), ...labelTable(model, logits)];
  }

  function numbers(model, { logits }) {
    if (logits.length === 1) return [headline((logits[0] / ONE).toFixed(4))];
    const rows = logits.map((logit, index) => [label(model.labels[index]), (logit / ONE).toFixed(4), String(logit)]);
    return [table("Numbers", ["Output", "Number", "Integer"], [1, 2], rows)];
  }

  function tagged(model, { tags }) {
    const rows = tags.map(({ text, index, share }) => [own(text), label(model.labels[index]), percent(share)]);
    return [table("Tags", ["Token", "Label", "Percent"], [2], rows)];
  }

  /** How near two embeddings are, by the model's own function. */
  function similarity(a, b) {
    const sum = (value) => a.reduce((total, x, index) => total + value(x / ONE, b[index] / ONE), 0);
    switch (section.dataset.similarity) {
      case "dot": return sum((x, y) => x * y);
      case "euclidean": return -Math.sqrt(sum((x, y) => (x - y) ** 2));
      case "manhattan": return -sum((x, y) => Math.abs(x - y));
      default: return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
    }
  }

  function embedded(model, result, other) {
    const distance = "negative distance";
    const names = { cosine: "cosine", dot: "dot product", euclidean: distance, manhattan: distance };
    if (!other) return [headline(`an embedding of ${result.logits.length} numbers`)];
    const value = similarity(result.logits, other.logits);
    const name = names[section.dataset.similarity];
    return [headline(`similarity ${value.toFixed(4)}`), note(`The ${name} of both embeddings.`)];
  }

  /** The tokens, the cost, and every integer of a run. */
  function details(result, name) {
    const { tokens, whole, arena, products, milliseconds, logits } = result;
    const facts = [
      ["Tokens", tokens.length], ["Multiply-accumulates", products], ["Arena, bytes", arena],
      ["Milliseconds here", Math.max(1, Math.round(milliseconds))],
    ].map(([title, value]) => element("div", "", element("dt", "", title), element("dd", "", grouped(value))));
    const words = tokens.map(({ id, text }) => {
      const chip = element("span", "token", ...(text ? [own(text), " "] : []), element("small", "", String(id)));
      chip.dataset.id = id;
      return chip;
    });
    const listed = logits.slice(0, LISTED).join(" ");
    const integers = element("p", "code", logits.length > LISTED ? `${listed} …` : listed);
    integers.dataset.logits = name;
    const cut = `The text has ${grouped(whole)} tokens; the model reads ${grouped(tokens.length)} of them.`;
    return [
      element("dl", "facts", ...facts),
      ...(whole > tokens.length ? [element("p", "problem", cut)] : []),
      element("h3", "", name === "first" ? "Tokens" : "Tokens of the second text"),
      element("p", "tokens", ...words),
      element("details", "", element("summary", "", `The integers, in steps of 1/${grouped(ONE)}`), integers),
    ];
  }

  // ---- Typing ------------------------------------------------------------------------------------------------------

  let latest = 0;
  let running = Promise.resolve();

  /** Runs what stands in the boxes, unless something newer does; one run at a time, the memory is one run's. */
  function refresh(model) {
    const number = ++latest;
    const isStale = () => number !== latest;
    running = running.then(async () => {
      if (isStale()) return;
      const texts = boxes.map((box) => box.value);
      try {
        say("Running …");
        const isPair = model.takesPairs && texts[1] !== "";
        const result = await run(model, isPair ? texts : texts.slice(0, 1), isStale);
        if (!result) return;
        let other = null;
        if (model.task === Task.embedding && texts[1] !== "") {
          other = await run(model, texts.slice(1), isStale);
          if (!other) return;
        }
        const show = {
          [Task.number]: numbers, [Task.embedding]: embedded, [Task.tags]: tagged,
        }[model.task] || classified;
        answer.replaceChildren(
          ...show(model, result, other), ...details(result, "first"), ...(other ? details(other, "second") : []));
        say("Done, in the integers that the device computes.");
      } catch (error) {
        if (isStale()) return;
        answer.replaceChildren();
        say(`This text cannot be run: ${error.message}.`, true);
      }
    });
    return running;
  }

  async function begin() {
    try {
      const model = await open();
      if (model.task === Task.embedding || model.takesPairs) boxes[1].parentElement.hidden = false;
      boxes[0].value = example(model, 0);
      if (model.task === Task.embedding) boxes[1].value = example(model, 1);
      let timer = 0;
      for (const box of boxes) {
        box.disabled = false;
        box.addEventListener("input", () => {
          latest++; // what runs is no longer waited for
          clearTimeout(timer);
          timer = setTimeout(() => refresh(model), PAUSE);
          say("…");
        });
        box.addEventListener("change", () => {
          clearTimeout(timer);
          refresh(model);
        });
      }
      await refresh(model);
    } catch (error) {
      say(`The model does not run in this browser: ${error.message}.`, true);
    }
  }

  begin();
})();
