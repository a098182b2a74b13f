// The page works without this: it counts characters, keeps a draft, and stops double taps.
(() => {
  const PREFIX = "feedback-draft:";
  const form = document.querySelector("form[data-draft]");

  // Storage may be switched off; a page without drafts is still a page.
  const store = (() => { try { return window.sessionStorage; } catch { return null; } })();

  if (document.querySelector("[data-forget]") && store) {
    Object.keys(store).filter((key) => key.startsWith(PREFIX)).forEach((key) => store.removeItem(key));
  }
  if (!form) return;

  const comment = form.elements.comment;
  const shown = document.getElementById("count");
  const spoken = document.getElementById("spoken-count");
  const rules = new Intl.PluralRules(document.documentElement.lang);
  const most = Number(comment.dataset.most);

  const count = () => {
    const left = most - comment.value.length;
    const number = Math.abs(left);
    const kind = left < 0 ? "over" : "left";
    const category = rules.select(number);
    shown.textContent = shown.getAttribute(`data-${kind}-${category}`).replace("{n}", number);
    shown.classList.toggle("over", left < 0);
    // Screen readers hear it only where it matters, not after each key.
    const said = left <= 50 ? shown.textContent : "";
    clearTimeout(count.later);
    count.later = setTimeout(() => { spoken.textContent = said; }, 800);
  };

  const key = PREFIX + form.dataset.draft;
  const names = ["rating", "productQuality", "deliveryExperience", "comment"];
  const keep = () => {
    try {
      store?.setItem(key, JSON.stringify(names.map((name) => form.elements[name].value)));
    } catch { /* a full storage keeps no draft */ }
  };
  const restore = () => {
    try {
      const kept = JSON.parse(store?.getItem(key));
      names.forEach((name, position) => { if (kept?.[position]) form.elements[name].value = kept[position]; });
    } catch { store?.removeItem(key); }
  };

  // What the server has sent back is what was sent to it.
  if (!("refused" in form.dataset)) restore();
  count();
  document.getElementById("alert")?.focus();

  form.addEventListener("input", () => { count(); keep(); });
  form.addEventListener("submit", (event) => {
    const button = form.querySelector("button");
    if (button.getAttribute("aria-disabled")) { event.preventDefault(); return; }
    button.setAttribute("aria-disabled", "true");
    button.textContent = form.dataset.sending;
  });
  // The page may come back from the browser's memory, by the back button.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
})();
