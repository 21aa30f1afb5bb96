// A security key is asked by the browser; what it answers is sent with the form.
"use strict";
(() => {
  const form = document.querySelector("form[data-security-key]");
  const button = document.getElementById("answer");
  if (!form || !button || !window.allauth || !window.PublicKeyCredential) return;
  const notice = form.querySelector(".notice[hidden]");
  const ids = { credential: "credential", data: form.dataset.options };
  const { addForm, authenticateForm } = window.allauth.webauthn.forms;
  if (form.dataset.securityKey === "create") addForm({ ids: { ...ids, add: "answer" } });
  else authenticateForm({ ids: { ...ids, authenticate: "answer" } });
  // The person turned away, or the key did not answer: say so, and leave the button for another try.
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    notice.hidden = false;
    button.focus();
  });
})();
