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

  // A draft's parts are dragged into order; the buttons beside them do the same without a pointer.
  let dragged = null;
  const part = (event) => (event.target instanceof Element ? event.target.closest("[data-ordered] > li[id]") : null);
  const lay = () => {
    for (const grip of document.querySelectorAll("[data-grip][hidden]")) {
      grip.hidden = false;
      const row = grip.closest("li");
      grip.addEventListener("pointerdown", () => row.setAttribute("draggable", "true"));
      grip.addEventListener("pointerup", () => row.removeAttribute("draggable"));
    }
    for (const quote of document.querySelectorAll("[data-quote]:not([role])")) {
      quote.setAttribute("role", "button");
      quote.tabIndex = 0;
    }
  };
  const unmark = () => {
    for (const each of document.querySelectorAll(".over")) each.classList.remove("over");
  };
  document.addEventListener("dragstart", (event) => {
    const row = part(event);
    if (!row || !row.hasAttribute("draggable")) return;
    dragged = row;
    row.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
  });
  document.addEventListener("dragover", (event) => {
    const row = part(event);
    if (!dragged || !row) return;
    event.preventDefault();
    unmark();
    if (row !== dragged) row.classList.add("over");
  });
  document.addEventListener("drop", (event) => {
    const row = part(event);
    if (!dragged || !row || row === dragged) return;
    event.preventDefault();
    const below = dragged.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (below) row.after(dragged);
    else row.before(dragged);
    dragged.closest("form")?.querySelector("[data-order-save]")?.click();
  });
  document.addEventListener("dragend", () => {
    if (dragged) {
      dragged.classList.remove("dragged");
      dragged.removeAttribute("draggable");
    }
    dragged = null;
    unmark();
  });
  // A choice that changes who reads is saved and shown at once.
  document.addEventListener("change", (event) => {
    if (event.target instanceof Element && event.target.matches("[data-saves]")) {
      event.target.closest("form")?.querySelector("[data-order-save]")?.click();
    }
  });
  // A figure is quoted into the text that was written in last.
  let words = null;
  document.addEventListener("focusin", (event) => {
    if (event.target instanceof HTMLTextAreaElement && event.target.closest(".block.text")) words = event.target.id;
  });
  const insert = (quote) => {
    const all = document.querySelectorAll(".block.text textarea");
    const into = document.getElementById(words) || all[all.length - 1];
    if (!into) return;
    into.setRangeText(quote.dataset.quote, into.selectionStart, into.selectionEnd, "end");
    into.focus();
  };
  document.addEventListener("click", (event) => {
    const quote = event.target instanceof Element ? event.target.closest("[data-quote]") : null;
    if (quote) insert(quote);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof Element) || !event.target.matches("[data-quote]")) return;
    event.preventDefault();
    insert(event.target);
  });
  document.addEventListener("htmx:afterSettle", lay);
  lay();
})();
