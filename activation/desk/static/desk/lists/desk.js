/* The search over all pages, and lists that send no identifier. What is typed goes into bodies, never into addresses. */
(() => {
    "use strict";
    const PAUSE = 200;

    /* The same as the server's `looks_like_identifier`: such text is not sent at all. */
    const looksLikeIdentifier = (typed) => {
        const text = typed.trim();
        if (/[@\uff20]/.test(text) || /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text)) return true;
        const digits = (text.match(/\d/g) || []).length;
        return digits >= 6 && /^[+(]?\d[\d\s()./-]*$/.test(text) && !/^\d{4}-\d{2}-\d{2}/.test(text);
    };

    const guardLists = () => {
        document.querySelectorAll("form[data-refuses-identifiers]").forEach((form) => {
            form.addEventListener("submit", (event) => {
                const field = form.querySelector("input[type=text]");
                const isRefused = looksLikeIdentifier(field.value);
                form.querySelector("[role=alert]").hidden = !isRefused;
                if (isRefused) {
                    event.preventDefault();
                    field.value = "";
                    field.focus();
                }
            });
        });
    };

    const prepareSearch = (dialog) => {
        const form = dialog.querySelector("form");
        const field = form.querySelector("input[type=search]");
        const found = dialog.querySelector("#desk-search-found");
        const status = dialog.querySelector("#desk-search-status");
        let waiting = 0;
        let asked = 0;

        const links = () => [...found.querySelectorAll("a")];
        const say = () => {
            const last = [...found.querySelectorAll("p")].pop();
            status.textContent = last ? last.textContent.trim() : "";
        };
        const open = () => {
            if (!dialog.open) dialog.showModal();
            field.select();
        };
        const ask = async (begin) => {
            const mine = ++asked;
            const body = new FormData(form);
            body.set("begin", begin);
            const answer = await fetch(dialog.dataset.address, {method: "POST", body, redirect: "manual"}).catch(() => null);
            if (mine !== asked) return;
            const text = answer && answer.ok ? await answer.text() : "<p>The search did not answer. Reload the page.</p>";
            if (mine !== asked) return;
            const part = document.createRange().createContextualFragment(text);
            if (begin) found.append(part);
            else found.replaceChildren(part);
            say();
        };
        const look = () => {
            window.clearTimeout(waiting);
            asked += 1;
            if (!field.value.trim()) {
                found.replaceChildren();
                status.textContent = "";
            } else if (looksLikeIdentifier(field.value)) {
                found.replaceChildren(dialog.querySelector("#desk-search-person").content.cloneNode(true));
                say();
            } else {
                waiting = window.setTimeout(() => ask(0), PAUSE);
            }
        };
        const goOn = () => {
            const list = found.querySelector("ul[data-next]");
            if (!list || dialog.scrollTop + dialog.clientHeight < dialog.scrollHeight - 40) return;
            const begin = list.dataset.next;
            list.removeAttribute("data-next");
            ask(begin);
        };
        const step = (by) => {
            const all = links();
            const place = all.indexOf(document.activeElement) + by;
            if (place < 0) field.focus();
            else if (all[place]) all[place].focus();
        };

        field.addEventListener("input", look);
        dialog.addEventListener("scroll", goOn);
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            const first = links()[0];
            if (first) first.click();
        });
        dialog.addEventListener("keydown", (event) => {
            if (event.key === "Escape") { /* else a search field takes the first one, to empty itself */
                event.preventDefault();
                dialog.close();
                return;
            }
            if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
            event.preventDefault();
            step(event.key === "ArrowDown" ? 1 : -1);
        });
        dialog.addEventListener("click", (event) => {
            if (event.target === dialog || event.target.closest("[data-closes]")) dialog.close();
        });
        dialog.addEventListener("close", () => {
            window.clearTimeout(waiting);
            asked += 1;
            field.value = "";
            found.replaceChildren();
            status.textContent = "";
        });
        document.querySelectorAll("[data-opens-search]").forEach((one) => one.addEventListener("click", open));
        document.addEventListener("keydown", (event) => {
            if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
            event.preventDefault();
            open();
        });
    };

    document.addEventListener("DOMContentLoaded", () => {
        guardLists();
        const dialog = document.getElementById("desk-search");
        if (dialog) prepareSearch(dialog);
        const here = document.querySelector(".desk-nav a.active");
        if (here) here.scrollIntoView({block: "nearest"});
        document.addEventListener("keydown", (event) => {
            if (event.key !== "Escape") return;
            document.querySelectorAll(".desk-details[open]").forEach((one) => {
                one.open = false;
                one.querySelector("summary").focus();
            });
        });
    });
})();
