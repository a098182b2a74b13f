/* Keeps a page of a job up to date, and asks before what cannot be undone. Without it all works. */
"use strict";

(() => {
  const EVERY_MS = 1500;
  const AFTER_ERROR_MS = 5000;
  const PACE_KEY = "backroom-pace";

  // Change only what differs, so that focus, selection and the bars' movement stay.
  function morph(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    const alike = old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName;
    if (!alike) {
      old.replaceWith(fresh.cloneNode(true));
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    if (isBeingUsed(old)) return;
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !isOpenedByHand(old, name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const before = [...old.childNodes];
    const after = [...fresh.childNodes];
    after.forEach((node, index) => {
      if (before[index]) morph(before[index], node);
      else old.append(node.cloneNode(true));
    });
    before.slice(after.length).forEach((node) => node.remove());
  }

  // A form that somebody fills in is left alone until the page is loaded anew.
  function isBeingUsed(element) {
    if (element.nodeName !== "FORM") return false;
    const file = element.querySelector("input[type=file]");
    return (file && file.files.length > 0) || (element.contains(document.activeElement) && document.activeElement.nodeName === "INPUT");
  }

  function isOpenedByHand(element, name) {
    return element.nodeName === "DETAILS" && name === "open";
  }

  // How often to ask: what the person chose on some page before, or what the page thinks right.
  function pace() {
    const select = document.querySelector("[data-pace]");
    const listeners = [];
    if (select) {
      const kept = localStorage.getItem(PACE_KEY);
      if ([...select.options].some((option) => option.value === kept)) select.value = kept;
      select.closest("[hidden]")?.removeAttribute("hidden");
      select.addEventListener("change", () => {
        localStorage.setItem(PACE_KEY, select.value);
        listeners.forEach((listener) => listener());
      });
    }
    return { ms: () => (select ? Number(select.value) * 1000 : EVERY_MS), onChange: (listener) => listeners.push(listener) };
  }

  function tell(text) {
    const news = document.querySelector("[data-news]");
    if (news && news.textContent !== text) news.textContent = text;
  }

  function standing(live) {
    const state = live.querySelector("[data-state]");
    const percent = live.querySelector("[data-percent]");
    return {
      state: state ? state.dataset.state : "",
      quarter: percent ? Math.floor(Number(percent.dataset.percent) / 25) * 25 : 0,
    };
  }

  function follow(live) {
    const rhythm = pace();
    let etag = null;
    let timer = 0;
    let isAsking = false;
    let isOver = live.dataset.open === "no";

    async function ask() {
      timer = 0;
      if (isOver || isAsking || document.hidden) return;
      isAsking = true;
      let wait = 0;
      try {
        const headers = etag ? { "If-None-Match": etag } : {};
        const answer = await fetch(live.dataset.live, { headers, cache: "no-store", credentials: "same-origin", redirect: "error" });
        if (answer.status === 200) show(await answer.text(), answer.headers);
        else if (answer.status === 403 || answer.status === 404) isOver = true;
        else if (answer.status !== 304) wait = AFTER_ERROR_MS;
      } catch {
        wait = AFTER_ERROR_MS;
      } finally {
        isAsking = false;
      }
      askAfter(wait);
    }

    function askAfter(least) {
      const wait = rhythm.ms();
      clearTimeout(timer);
      timer = isOver || !wait || document.hidden ? 0 : setTimeout(ask, Math.max(wait, least));
    }

    function show(html, headers) {
      const before = standing(live);
      const fresh = live.cloneNode(false);
      fresh.innerHTML = html;
      etag = headers.get("ETag");
      const clock = document.querySelector("[data-clock]");
      if (clock) clock.textContent = new Date().toTimeString().slice(0, 8);
      isOver = headers.get("X-Live") === "off";
      morph(live, fresh);
      live.dataset.open = isOver ? "no" : "yes";
      const now = standing(live);
      if (now.state !== before.state) tell(now.state);
      else if (now.quarter > before.quarter) tell(`${now.quarter} percent done`);
    }

    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        clearTimeout(timer);
        timer = 0;
      } else if (!timer && rhythm.ms()) ask();
    });
    rhythm.onChange(() => askAfter(0));
    askAfter(0);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-ask]");
    if (button && !window.confirm(button.dataset.ask)) event.preventDefault();
  });
  document.querySelectorAll("[data-live]").forEach(follow);
})();
