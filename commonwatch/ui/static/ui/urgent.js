// An urgent notice on a bad line: it says how it stands with sending, tries again by itself, and keeps a copy of what is
// typed while the line is gone. The copy is of this tab, of one account and of one form; docs/decisions/0019-search.md.
"use strict";
(() => {
  const PREFIX = "commonwatch-copy:";
  const AGAIN = 10000;
  const first = document.querySelector("form[data-copy]");
  if (!first) return;
  const store = (() => {
    try {
      return window.sessionStorage;
    } catch {
      return null;
    }
  })();
  const mine = `${PREFIX}${first.dataset.account}:`;
  const name = `${mine}${first.dataset.copy}`;
  const form = () => document.getElementById("form");
  const now = () => new Date().toISOString().slice(11, 16);

  // The copy. Others' copies are thrown away as soon as this page is opened by somebody else.
  const forget = () => {
    try {
      store?.removeItem(name);
    } catch {
      // Without storage there is no copy.
    }
  };
  for (const key of store ? Object.keys(store) : []) {
    if (key.startsWith(PREFIX) && !key.startsWith(mine)) store.removeItem(key);
  }
  const keep = () => {
    const typed = [...new FormData(form()).entries()].filter(
      ([field, value]) => field !== "csrfmiddlewaretoken" && typeof value === "string",
    );
    try {
      store?.setItem(name, JSON.stringify({ at: now(), typed }));
    } catch {
      return;
    }
    const saved = document.getElementById("saved");
    if (store && saved) saved.textContent = saved.dataset.kept;
  };
  const put = (typed) => {
    const given = new Map();
    for (const [field, value] of typed) given.set(field, [...(given.get(field) || []), value]);
    for (const each of form().elements) {
      if (!each.name || each.name === "csrfmiddlewaretoken" || each.type === "submit") continue;
      const values = given.get(each.name) || [];
      if (each.type === "checkbox" || each.type === "radio") each.checked = values.includes(each.value);
      else if (values.length) each.value = values[0];
      const folded = each.closest("details");
      if (folded && (each.checked || (each.type !== "radio" && each.type !== "checkbox" && each.value))) {
        folded.open = true;
      }
    }
  };
  const restore = () => {
    let copy = null;
    try {
      copy = JSON.parse(store?.getItem(name) || "null");
    } catch {
      forget();
    }
    if (!copy) return;
    put(copy.typed);
    const note = document.getElementById("put-back");
    note.querySelector("p").textContent = note.dataset.says.replace("{time}", copy.at);
    note.hidden = false;
  };

  // The time of the event by the clocks of the capital.
  const local = () => {
    for (const each of document.querySelectorAll("[data-local]")) {
      const at = Date.parse(`${document.getElementById(each.dataset.local)?.value}Z`);
      if (Number.isNaN(at)) continue;
      const here = new Date(at + Number(each.dataset.offset) * 60000).toISOString();
      each.textContent = `${here.slice(0, 10)} ${here.slice(11, 16)}`;
    }
  };

  // Sending: said in words; what did not go out is tried again by itself, under the same reference.
  let waits = 0;
  let pressed = null;
  const say = (what, time = "") => {
    const place = document.getElementById("sending");
    if (!place) return;
    place.textContent = what ? place.dataset[what].replace("{time}", time) : "";
    place.hidden = !what;
  };
  const again = () => {
    clearTimeout(waits);
    waits = 0;
    if (pressed && form()) form().requestSubmit([...form().elements].find((each) => each.value === pressed));
  };
  const failed = () => {
    keep();
    say(waits ? "tries" : "lost", now());
    clearTimeout(waits);
    waits = setTimeout(again, AGAIN);
  };
  const from = (event) => event.detail.elt;
  const sends = (event) => from(event) === form();
  document.addEventListener("submit", (event) => {
    if (event.target === form() && event.submitter) pressed = event.submitter.value;
  }, true);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (sends(event)) say("going");
  });
  for (const kind of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(kind, (event) => {
      if (sends(event)) failed();
      else if (from(event).id === "saved") keep();
    });
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (sends(event) && status >= 500) failed();
    if (status < 200 || status >= 500) return;
    if (sends(event)) {
      if (status < 300) say("sent");
      pressed = null;
      clearTimeout(waits);
      waits = 0;
    }
    if (status < 300 && (sends(event) || from(event).id === "saved")) forget();
  });
  window.addEventListener("online", () => {
    if (pressed) again();
    else if (store?.getItem(name) && form()) form().dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("input", local);

  restore();
  local();
})();
