// Tells of a choice that did not reach us: without this, a press on a button would end in silence.
const show = (isLost) => () => { document.getElementById("lost").hidden = !isLost; };
document.addEventListener("htmx:sendError", show(true));
document.addEventListener("htmx:responseError", show(true));
document.addEventListener("htmx:beforeRequest", show(false));
