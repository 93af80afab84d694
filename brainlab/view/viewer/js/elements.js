// Create an element in one call: h("button", {title: "..."}, "text").

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const group = (label, ...children) => h("div", { role: "group", "aria-label": label, class: "bl-group" }, ...children);

// A button with its keyboard shortcut; `press` is the handler.
const button = (text, key, title, press) =>
  h("button", { type: "button", title: `${title} (key ${key})`, "aria-keyshortcuts": key, onclick: press },
    text, h("kbd", { "aria-hidden": "true" }, key));

const range = (label, min, max, step, input) =>
  h("input", { type: "range", min, max, step, "aria-label": label, title: label,
    oninput: (event) => input(Number(event.target.value)) });
