"use strict";
/* Shows what the form of a theme says, without saving it. */
(() => {
  const frame = document.getElementById("theme-preview");
  const form = frame && frame.closest("form");
  if (!form) return;
  let waiting = 0;
  const show = () => {
    const query = new URLSearchParams();
    for (const field of form.elements) {
      if (field.name && field.name.startsWith("var_")) query.set(field.name.slice(4), field.value);
      if (field.name === "title" || field.name === "controller") query.set(field.name, field.value);
    }
    frame.src = `${frame.dataset.src}?${query}`;
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 250);
  });
  show();
})();
