// Security keys and passkeys: asks the browser for one when a form marked `data-key` is sent.
"use strict";

const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const withIds = (list) => (list || []).map((one) => ({ ...one, id: decode(one.id) }));

function read(options) {
  const asked = { ...options, challenge: decode(options.challenge) };
  if (asked.user) asked.user = { ...asked.user, id: decode(asked.user.id) };
  if (asked.excludeCredentials) asked.excludeCredentials = withIds(asked.excludeCredentials);
  if (asked.allowCredentials) asked.allowCredentials = withIds(asked.allowCredentials);
  return asked;
}

function write(credential) {
  const answer = credential.response;
  const response = { clientDataJSON: encode(answer.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (answer[part]) response[part] = encode(answer[part]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}

async function ask(form, event) {
  const field = form.querySelector("input[name=credential]");
  if (field.value) return;
  event.preventDefault();
  const failure = form.querySelector("[data-failure]");
  failure.hidden = true;
  try {
    const options = JSON.parse(document.getElementById("key-options").textContent);
    const credential = await navigator.credentials[form.dataset.key]({ publicKey: read(options.publicKey) });
    field.value = write(credential);
    form.submit();
  } catch {
    failure.hidden = false;
  }
}

for (const form of document.querySelectorAll("form[data-key]")) {
  if (window.PublicKeyCredential) {
    form.hidden = false;
    form.querySelector("input[name=credential]").value = ""; // what was refused is not sent again
    form.addEventListener("submit", (event) => ask(form, event));
  }
}
