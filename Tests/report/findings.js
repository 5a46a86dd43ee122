// What is wrong with a report's page as it is laid out now: a list of sentences. Runs inside the page.
(function (minimumTextSize) {
  "use strict";
  const found = [];
  const describe = (element) => {
    const kind = element.getAttribute("class");
    const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    const section = element.closest("section");
    return `${element.tagName.toLowerCase()}${kind ? "." + kind.split(" ").join(".") : ""}` +
      `${section ? " in #" + section.id : ""}${text ? ` "${text}"` : ""}`;
  };
  const say = (problem, element) => found.push(`${problem}: ${describe(element)}`);
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const page = document.documentElement.clientWidth;
  const isShown = (element) => element.checkVisibility() && !element.closest("caption, title, desc");
  const inScrollBox = (element) => element.closest(".wide") !== null;

  // Nothing leaves the page, or its own box where that would be cut off or lie over something else.
  if (document.documentElement.scrollWidth > page + 1) {
    found.push(`the page is ${document.documentElement.scrollWidth} pixels wide, ${page} are there`);
  }
  for (const element of all("body *")) {
    if (!isShown(element) || element.ownerSVGElement) continue;
    const box = element.getBoundingClientRect();
    if (!inScrollBox(element) && (box.right > page + 1 || box.left < -1)) say("leaves the page", element);
    if (element.matches(".wide") || element.tagName === "svg") continue;
    const overflow = getComputedStyle(element).display === "inline" ? 0 : element.scrollWidth - element.clientWidth;
    if (overflow > 1) say(`overflows by ${overflow} pixels`, element);
  }

  // Nothing is empty.
  for (const element of all("h1, h2, h3, th, figcaption, caption, dt, dd, title, p, a")) {
    // A row's first cell and a column's title say something; a data cell may have nothing to say.
    if (element.textContent.trim() === "") say("is empty", element);
  }
  for (const element of all("section, .tiles, .pair, .trio, .ranges, .verdict, tbody, nav")) {
    if (element.children.length === 0) say("is empty", element);
  }
  for (const element of all("section")) {
    if (!element.querySelector("p, table, svg")) say("shows nothing", element);
  }
  for (const table of all("table")) {
    const width = table.querySelectorAll("thead th").length;
    for (const row of table.querySelectorAll("tbody tr")) {
      if (row.children.length !== width) say(`has ${row.children.length} cells under ${width} titles`, row);
    }
  }
  for (const svg of all("svg")) {
    const box = svg.getBoundingClientRect();
    if (isShown(svg) && (box.width < 20 || box.height < 20)) say(`is ${box.width} by ${box.height} pixels`, svg);
    if (!svg.querySelector("rect, path, circle")) say("draws nothing", svg);
    if (/nan|undefined|inf|∞/i.test(svg.outerHTML.replace(/<(title|desc|text)[^]*?<\/\1>/g, ""))) {
      say("has a coordinate that is no number", svg);
    }
  }

  // Names for those who cannot see: of drawings, tables, links and places.
  if (!document.documentElement.lang) found.push("the page has no language");
  if (all("h1").length !== 1) found.push(`there are ${all("h1").length} h1`);
  let level = 1;
  for (const heading of all("h1, h2, h3, h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) say(`jumps from h${level}`, heading);
    level = next;
  }
  for (const svg of all("svg")) {
    if (svg.getAttribute("role") !== "img") say("has no role", svg);
    if (!svg.querySelector(":scope > title")) say("has no title", svg);
  }
  for (const table of all("table")) if (!table.querySelector("caption")) say("has no caption", table);
  for (const title of all("th")) if (!title.scope) say("has no scope", title);
  for (const row of all("tbody tr")) if (!row.querySelector("th")) say("has no header", row);
  for (const box of all(".wide")) {
    if (box.tabIndex !== 0 || !box.getAttribute("aria-label")) say("cannot be scrolled by keyboard", box);
  }
  const ids = all("[id]").map((element) => element.id);
  if (new Set(ids).size !== ids.length) found.push("an id stands twice");
  for (const link of all("a[href^='#']")) {
    if (!document.getElementById(link.getAttribute("href").slice(1))) say("leads nowhere", link);
  }
  // Nothing runs but the one script of a live report, between its two runs of bytes.
  const scripts = all("script").map((script) => script.id || script.type || "script").join(" ");
  const expected = document.getElementById("live-status") ? "live-module live-artifact script" : "";
  const loading = "iframe, img, object, embed, form, link:not([rel=icon]), [onclick], [onload], [onerror]";
  if (scripts !== expected || all(loading).length > 0) found.push("something runs or is loaded");

  // Texts in drawings stay inside, do not lie over one another and can be read.
  for (const svg of all("svg")) {
    if (!isShown(svg)) continue;
    const frame = svg.getBoundingClientRect();
    const texts = Array.from(svg.querySelectorAll("text")).map((text) => [text, text.getBoundingClientRect()]);
    texts.forEach(([text, box], index) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) {
        say("leaves its drawing", text);
      }
      const scale = Math.abs(frame.width / svg.viewBox.baseVal.width);
      const size = parseFloat(getComputedStyle(text).fontSize) * scale;
      if (size < minimumTextSize) say(`is ${size.toFixed(1)} pixels high`, text);
      for (const [other, otherBox] of texts.slice(index + 1)) {
        const across = Math.min(box.right, otherBox.right) - Math.max(box.left, otherBox.left);
        const down = Math.min(box.bottom, otherBox.bottom) - Math.max(box.top, otherBox.top);
        // Line boxes are taller than the digits in them.
        if (across > 1 && down > box.height * 0.35) say(`lies over "${other.textContent}"`, text);
      }
    });
  }

  // Every text has a contrast of 4.5 on what lies under it, 3 where it is large (WCAG 2.2, 1.4.3).
  const colour = (text) => {
    const parts = text.match(/[\d.]+/g);
    if (!parts || !text.startsWith("rgb")) return [0, 0, 0, 0];
    const [r, g, b, a = 1] = parts.map(Number);
    return [r, g, b, a];
  };
  const over = (top, bottom) => [0, 1, 2].map((i) => top[i] * top[3] + bottom[i] * (1 - top[3])).concat(1);
  const luminance = (c) => [0, 1, 2].reduce((sum, i) => {
    const v = c[i] / 255;
    return sum + [0.2126, 0.7152, 0.0722][i] * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const shapes = new Set(["rect", "path", "circle"]);
  const groundUnder = (element, x, y) => {
    let ground = [255, 255, 255, 1];
    const below = document.elementsFromPoint(x, y).reverse();
    for (const candidate of below) {
      if (candidate === element) break;
      const style = getComputedStyle(candidate);
      if (shapes.has(candidate.tagName)) {
        const fill = colour(style.fill);
        ground = over([fill[0], fill[1], fill[2], fill[3] * Number(style.fillOpacity)], ground);
      } else if (!(candidate instanceof SVGElement)) {
        ground = over(colour(style.backgroundColor), ground);
      }
    }
    return ground;
  };
  const seen = new Set();
  for (const element of all("body *")) {
    const isText = element.tagName === "text" ||
      Array.from(element.childNodes).some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
    if (!isText || !isShown(element) || (element instanceof SVGElement && element.tagName !== "text")) continue;
    const box = element.getClientRects()[0];
    if (!box || box.width === 0) continue;
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const style = getComputedStyle(element);
    // In a scrolled box it may be out of sight; other texts of the kind are not.
    if (x < 0 || y < 0 || x >= page || y >= window.innerHeight) continue;
    const ink = colour(element instanceof SVGElement ? style.fill : style.color);
    const ground = groundUnder(element, x, y);
    ink[3] *= Number(style.opacity) * (element instanceof SVGElement ? Number(style.fillOpacity) : 1);
    const [a, b] = [luminance(over(ink, ground)), luminance(ground)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const key = `${style.color} ${style.fill} ${ground}`;
    if (contrast < needed && !seen.has(key)) {
      seen.add(key);
      say(`has a contrast of ${contrast.toFixed(2)}, ${needed} is needed`, element);
    }
  }
  return found;
})
