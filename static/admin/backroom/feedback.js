/* Puts reply templates into the form, counts characters, and copies a customer's link. Without it all works. */
"use strict";

(() => {
  function countDown(form) {
    const text = form.querySelector("textarea");
    const note = form.querySelector("[data-count]");
    const left = text.maxLength - text.value.length;
    note.textContent = `${left.toLocaleString("en")} characters left.`;
  }

  function beginFrom(form) {
    const select = form.querySelector("[data-template]");
    const text = form.querySelector("textarea");
    const chosen = select.selectedOptions[0];
    if (!chosen || !chosen.dataset.text) return;
    const isOwn = text.value.trim() && ![...select.options].some((option) => option.dataset.text === text.value);
    if (isOwn && !window.confirm("Replace what you have written?")) return;
    text.value = chosen.dataset.text;
    text.focus();
    countDown(form);
  }

  document.querySelectorAll("[data-reply]").forEach((form) => {
    const use = form.querySelector("[data-use]");
    form.querySelector("textarea").addEventListener("input", () => countDown(form));
    if (use) {
      use.addEventListener("click", (event) => {
        event.preventDefault();
        beginFrom(form);
      });
    }
    countDown(form);
  });

  async function copy(form, button) {
    const panel = form.closest("[data-link-panel]");
    const news = panel.querySelector("[data-link-news]");
    const body = new FormData(form, button);
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "error" });
    const told = await answer.json();
    if (!answer.ok) {
      news.textContent = told.message;
      return;
    }
    const shown = panel.querySelector("[data-link-shown]");
    const field = shown.querySelector("input");
    field.value = told.address;
    shown.hidden = false;
    try {
      await navigator.clipboard.writeText(told.address);
      news.textContent = "Copied.";
    } catch {
      field.select();
      news.textContent = "Copy it from the field: this browser keeps its clipboard to itself.";
    }
    news.textContent += ` It works until ${told.expiresAt.slice(0, 10)}.`;
  }

  document.querySelectorAll("[data-link]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!button || button.name !== "issue") return;
      event.preventDefault();
      // Whatever goes wrong here, the page that comes back without a script has the link.
      copy(form, button).catch(() => form.submit());
    });
  });
})();
