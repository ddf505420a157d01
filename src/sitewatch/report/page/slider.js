// Lays the two pictures of each comparison over each other, with a line to drag between them.
// Without this script they stand side by side. Nothing is loaded and nothing is sent.
"use strict";
for (const compare of document.querySelectorAll(".compare")) {
  const handle = document.createElement("span");
  handle.className = "handle";
  const range = document.createElement("input");
  Object.assign(range, { type: "range", min: "0", max: "100", step: "2", value: "50" });
  range.setAttribute("aria-label", `{{ _("%(about)s: share of the picture that shows the look before", about="${compare.dataset.about}"|safe) }}`);

  const show = (percent) => {
    const before = Math.min(Math.max(percent, 0), 100);
    range.value = before;
    range.setAttribute("aria-valuetext", `{{ _("%(before)s %% before, %(after)s %% after", before="${Math.round(before)}"|safe, after="${Math.round(100 - before)}"|safe) }}`);
    compare.style.setProperty("--at", `${before}%`);
  };
  const follow = (event) => {
    const box = compare.getBoundingClientRect();
    show(100 * (event.clientX - box.left) / box.width);
  };

  range.addEventListener("input", () => show(range.valueAsNumber));
  compare.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !compare.classList.contains("is-slider") || compare.classList.contains("is-flicker")) return;
    event.preventDefault();
    compare.setPointerCapture(event.pointerId);
    range.focus({ preventScroll: true });
    follow(event);
  });
  compare.addEventListener("pointermove", (event) => {
    if (compare.hasPointerCapture(event.pointerId)) follow(event);
  });

  compare.append(range, handle);
  compare.classList.add("is-slider");
  show(50);

  const controls = compare.closest("figure").querySelector(".controls");
  const choice = (text, changed) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    label.append(box, ` ${text}`);
    controls.append(label);
    box.addEventListener("change", () => changed(box.checked));
    return box;
  };
  const apart = choice({{ _("Side by side")|tojson }}, (is) => {
    compare.classList.toggle("is-slider", !is);
    if (is) turned(false);
  });
  // One after the other in the same place: only when asked for. Who wants less motion turns the page by hand.
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const flicker = choice(still ? {{ _("Only after")|tojson }} : {{ _("Flicker")|tojson }}, (is) => turned(is));
  const turned = (is) => {
    flicker.checked = is;
    compare.classList.toggle("is-flicker", is);
    range.disabled = is;
    if (is && apart.checked) {
      apart.checked = false;
      compare.classList.add("is-slider");
    }
  };
}
// On paper everything is open.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
