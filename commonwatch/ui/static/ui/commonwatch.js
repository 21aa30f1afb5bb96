// What the pages do more when script runs; without it every page works all the same.
"use strict";
(() => {
  const DAY = 1440;
  const connection = document.getElementById("connection");
  const keys = document.getElementById("keys");

  // Clocks: the node's time counts. When the machine's own is off by more than a minute, the node's goes on.
  const minuteOfDay = () => Math.floor(Date.now() / 60000) % DAY;
  const written = (minute) => {
    const at = ((minute % DAY) + DAY) % DAY;
    return `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
  };
  const ahead = (() => {
    const first = document.querySelector("[data-clock]");
    if (!first) return 0;
    const [hours, minutes] = first.textContent.trim().split(":").map(Number);
    const told = hours * 60 + minutes - Number(first.dataset.offset || 0);
    const apart = ((told - minuteOfDay() + DAY + DAY / 2) % DAY) - DAY / 2;
    return Number.isFinite(apart) && Math.abs(apart) > 1 ? apart : 0;
  })();
  const now = () => minuteOfDay() + ahead;
  const tick = () => {
    for (const each of document.querySelectorAll("[data-clock]")) {
      const text = written(now() + Number(each.dataset.offset || 0));
      if (each.textContent !== text) each.textContent = text;
    }
  };
  setInterval(tick, 1000);
  tick();

  // Connection: said once when it is lost, with the time; gone when the node answers again.
  const lost = () => {
    if (!connection || !connection.hidden) return;
    connection.textContent = connection.dataset.lost.replace("{time}", written(now()));
    connection.hidden = false;
  };
  const found = () => {
    if (!connection || connection.hidden) return;
    connection.hidden = true;
    connection.textContent = "";
  };
  // A poll that found nothing new brings no part, so the time of the last look is written here.
  const checked = () => {
    const seconds = String(new Date().getUTCSeconds()).padStart(2, "0");
    for (const each of document.querySelectorAll("[data-checked]")) {
      each.textContent = each.dataset.checked.replace("{time}", `${written(now())}:${seconds}`);
    }
  };
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:afterRequest", (event) => {
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (status >= 500) lost();
    else if (status > 0) found();
    if (status === 304) checked();
  });

  // A part that is replaced keeps the reader's place: focus, what is scrolled, what is open.
  const name = (element) => {
    if (!element || element === document.body) return null;
    if (element.id) return `#${CSS.escape(element.id)}`;
    if (element.hasAttribute("href")) return `[href="${CSS.escape(element.getAttribute("href"))}"]`;
    if (element.name) return `[name="${CSS.escape(element.name)}"][value="${CSS.escape(element.value)}"]`;
    return null;
  };
  let place = null;
  const path = (address) => new URL(address, window.location.href).pathname;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target: part, xhr, requestConfig } = event.detail;
    // Led to another page, for instance to the entrance when the session has ended: go there, do not nest it.
    if (xhr.responseURL && path(xhr.responseURL) !== path(requestConfig.path)) {
      event.detail.shouldSwap = false;
      window.location.assign(xhr.responseURL);
      return;
    }
    const focused = part.contains(document.activeElement) ? name(document.activeElement) : null;
    const scrolled = [...part.querySelectorAll(".table-scroll[id]")].map((each) => [each.id, each.scrollLeft]);
    const open = [...part.querySelectorAll("details[open][id]")].map((each) => each.id);
    place = { focused, scrolled, open, part: part.id, sent: requestConfig.verb !== "get" };
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!place) return;
    const { focused, scrolled, open, part, sent } = place;
    place = null;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, left] of scrolled) {
      const box = document.getElementById(id);
      if (box) box.scrollLeft = left;
    }
    const within = document.getElementById(part) || document;
    const trouble = sent ? within.querySelector(".faults, .notice[role='alert']") : null;
    if (trouble) {
      trouble.tabIndex = -1;
      trouble.focus();
    } else if (focused && (!document.activeElement || document.activeElement === document.body)) {
      within.querySelector(focused)?.focus({ preventScroll: true });
    }
  });

  // Who signs out leaves nothing behind that was typed here; urgent.js keeps copies while the line is gone.
  document.addEventListener("submit", (event) => {
    if (!event.target.action?.endsWith("/sign-out/")) return;
    try {
      for (const key of Object.keys(window.sessionStorage)) {
        if (key.startsWith("commonwatch-copy:")) window.sessionStorage.removeItem(key);
      }
    } catch {
      // Without storage there are no copies.
    }
  });

  // Menus close when one leaves them.
  const shut = (except) => {
    for (const each of document.querySelectorAll("details.menu[open]")) {
      if (!except || !each.contains(except)) each.removeAttribute("open");
    }
  };
  document.addEventListener("click", (event) => shut(event.target));

  // Keys.
  const typing = (element) =>
    element instanceof Element && element.closest("input, textarea, select, [contenteditable]") !== null;
  // Single keys can be turned off (WCAG 2.1.4); the choice stays in this browser. Esc closes in any case.
  const KEYS_OFF = "commonwatch-keys-off";
  const kept = () => {
    try {
      return window.localStorage.getItem(KEYS_OFF) === "1";
    } catch {
      return false;
    }
  };
  let off = kept();
  const onOff = document.getElementById("keys-on");
  if (onOff) {
    onOff.checked = !off;
    onOff.addEventListener("change", () => {
      off = !onOff.checked;
      try {
        if (off) window.localStorage.setItem(KEYS_OFF, "1");
        else window.localStorage.removeItem(KEYS_OFF);
      } catch {
        // Without storage the choice holds for this page.
      }
    });
  }
  let gone = 0;
  const go = (way) => {
    const to = keys && keys.dataset[way];
    if (to) window.location.assign(to);
  };
  const nil = () => {
    const first = document.querySelector("[data-nil]");
    if (!first) return;
    if (document.activeElement === first) first.click();
    else first.focus();
  };
  const search = () => {
    const field = document.querySelector("[data-search]");
    if (field) {
      field.focus();
      field.select();
    } else go("searchPage");
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      shut();
      if (menu) menu.querySelector("summary").focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
    if (off || (keys && keys.open)) return;
    const second = Date.now() - gone < 1500;
    gone = 0;
    if (second && event.key === "w") go("watch");
    else if (second && event.key === "m") go("mine");
    else if (event.key === "g") gone = Date.now();
    else if (event.key === "n") nil();
    else if (event.key === "/") search();
    else if (event.key === "?" && keys) keys.showModal();
    else return;
    event.preventDefault();
  });
  for (const each of document.querySelectorAll("[data-keys]")) {
    each.hidden = false;
    each.addEventListener("click", () => {
      shut();
      each.closest("details")?.querySelector("summary").focus();
      keys?.showModal();
    });
  }
})();
