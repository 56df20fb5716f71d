"use strict";

// Draws the picture of lineage. Names are other people's: they are written as text, never as markup. Where
// nodes stand is dagre's work, moving about is d3-zoom's.
(() => {
    const SVG = "http://www.w3.org/2000/svg";
    const WIDTH = 212;
    const HEIGHT = 68;
    const READABLE = 0.6; // below this scale, names cannot be read: then a part is shown first
    const STEP = 80;
    const ICONS = {
        dataset: "M0 3c0-4 14-4 14 0v9c0 4-14 4-14 0zM0 3c0 4 14 4 14 0",
        job: "M2 0l10 7-10 7z",
        gate: "M7 0l7 2.500v4.500c0 4-3 6-7 7.500-4-1.500-7-3.500-7-7.500v-4.500zM3.500 7l2.500 2.700 4.700-5",
        destination: "M0 7h11M7 2.500l5 4.500-5 4.500M14 0v14",
        person: "M7 0a3 3 0 1 1 0 6.200a3 3 0 1 1 0-6.200M1 14c0-8 12-8 12 0z",
    };

    const stage = document.getElementById("lineage-stage");
    const data = document.getElementById("lineage-drawing");
    if (!stage || !data) return;
    const drawing = JSON.parse(data.textContent);
    if (!drawing.nodes.length) return;

    const svg = document.getElementById("lineage-picture");
    const panel = document.getElementById("lineage-panel");
    const graph = place(drawing);
    stage.hidden = false; // from here on, what is drawn can be measured
    const layer = make("g", { id: "lineage-layer" }, svg);
    const edges = drawEdges(layer);
    const boxes = drawNodes(layer);
    const zoom = d3.zoom().scaleExtent([0.04, 3]).on("zoom", (event) => {
        layer.setAttribute("transform", event.transform.toString());
    });
    const view = d3.select(svg).call(zoom).on("dblclick.zoom", null);
    let asking = null;

    makeRoom();
    begin();
    listen();

    function make(name, attributes, parent, text) {
        const element = document.createElementNS(SVG, name);
        for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
        if (text !== undefined) element.textContent = text;
        parent.append(element);
        return element;
    }

    function place({ nodes, edges: lines }) {
        const placed = new dagre.graphlib.Graph();
        placed.setGraph({ rankdir: "LR", nodesep: 22, ranksep: 52, marginx: 12, marginy: 12 });
        placed.setDefaultEdgeLabel(() => ({}));
        for (const node of nodes) placed.setNode(node.key, { width: WIDTH, height: HEIGHT });
        for (const { source, target } of lines) {
            if (placed.hasNode(source) && placed.hasNode(target)) placed.setEdge(source, target);
        }
        dagre.layout(placed);
        return placed;
    }

    function drawEdges(parent) {
        return graph.edges().map(({ v, w }) => {
            const from = graph.node(v);
            const to = graph.node(w);
            const first = { x: from.x + WIDTH / 2, y: from.y };
            const end = { x: to.x - WIDTH / 2, y: to.y };
            const between = graph.edge(v, w).points.slice(1, -1);
            let line = `M${first.x},${first.y}`;
            let last = first;
            for (const point of [...between, end]) {
                const middle = (last.x + point.x) / 2;
                line += `C${middle},${last.y} ${middle},${point.y} ${point.x},${point.y}`;
                last = point;
            }
            const attributes = { d: line, class: "lineage-edge", "marker-end": "url(#lineage-arrow)" };
            return { v, w, path: make("path", attributes, parent) };
        });
    }

    function drawNodes(parent) {
        const inOrder = drawing.nodes
            .map((node) => ({ node, at: graph.node(node.key) }))
            .sort((one, other) => one.at.x - other.at.x || one.at.y - other.at.y);
        return new Map(inOrder.map(({ node, at }) => [node.key, drawNode(node, at, parent)]));
    }

    function drawNode(node, at, parent) {
        const classes = ["lineage-node", `lineage-${node.kind}`];
        if (node.isPersonal) classes.push("lineage-personal");
        if (node.isFocus) classes.push("lineage-focus");
        const link = make("a", {
            href: node.href,
            class: classes.join(" "),
            transform: `translate(${at.x - WIDTH / 2},${at.y - HEIGHT / 2})`,
            "aria-label": node.label,
            "data-key": node.key,
        }, parent);
        make("title", {}, link, node.title);
        make("path", { d: outline(node.kind), class: "lineage-outline" }, link);
        make("path", { d: ICONS[node.kind], class: "lineage-icon", transform: "translate(14,11)" }, link);
        make("text", { x: 36, y: 22, class: "lineage-kind" }, link, node.kind);
        if (node.isPersonal) {
            make("path", { d: ICONS.person, class: "lineage-icon", transform: "translate(108,11)" }, link);
            make("text", { x: 126, y: 22, class: "lineage-kind" }, link, "personal data");
        }
        squeeze(make("text", { x: 14, y: 42, class: "lineage-name" }, link, node.name));
        squeeze(make("text", { x: 14, y: 57, class: "lineage-namespace" }, link, node.namespace));
        return { node, at, link };
    }

    function squeeze(text) {
        const room = WIDTH - 30;
        if (text.getComputedTextLength() <= room) return;
        text.setAttribute("textLength", room);
        text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }

    function outline(kind) {
        const right = WIDTH;
        const low = HEIGHT;
        if (kind === "destination") {
            return `M0 0H${right - 16}L${right} ${low / 2}L${right - 16} ${low}H0z`;
        }
        const turn = kind === "dataset" ? 4 : 18;
        const corner = (x, y) => `a${turn} ${turn} 0 0 1 ${x} ${y}`;
        const wide = right - 2 * turn;
        const high = low - 2 * turn;
        return `M${turn} 0h${wide}${corner(turn, turn)}v${high}${corner(-turn, turn)}` +
            `h${-wide}${corner(-turn, -turn)}v${-high}${corner(turn, -turn)}z`;
    }

    function makeRoom() {
        // Through the object model: the Content-Security-Policy bars style attributes, not this.
        const whole = graph.graph();
        const scale = Math.min(svg.getBoundingClientRect().width / whole.width, 1);
        const wanted = Math.max(whole.height * Math.max(scale, READABLE) + 60, 320);
        svg.parentElement.style.height = `min(72vh, ${Math.round(wanted)}px)`;
    }

    function begin() {
        const focused = drawing.nodes.find((node) => node.isFocus);
        if (fittingScale() >= READABLE) return fit();
        const at = focused ? graph.node(focused.key) : null;
        const { height } = svg.getBoundingClientRect();
        const scale = 0.8;
        view.call(zoom.transform, d3.zoomIdentity.scale(scale));
        if (at) return view.call(zoom.translateTo, at.x, at.y);
        const first = boxes.values().next().value.at;
        view.call(zoom.translateTo, first.x - WIDTH / 2 - 12, first.y, [0, height / 2]);
    }

    function fittingScale() {
        const { width, height } = svg.getBoundingClientRect();
        const whole = graph.graph();
        return Math.min(width / whole.width, height / whole.height, 1);
    }

    function fit() {
        const whole = graph.graph();
        view.call(zoom.transform, d3.zoomIdentity.scale(fittingScale()));
        view.call(zoom.translateTo, whole.width / 2, whole.height / 2);
    }

    function pan(x, y) {
        view.call(zoom.translateBy, x / d3.zoomTransform(svg).k, y / d3.zoomTransform(svg).k);
    }

    function listen() {
        const acts = {
            in: () => view.call(zoom.scaleBy, 1.3),
            out: () => view.call(zoom.scaleBy, 1 / 1.3),
            fit,
        };
        for (const button of stage.querySelectorAll("[data-act]")) {
            button.addEventListener("click", acts[button.dataset.act]);
        }
        const keys = {
            "+": acts.in,
            "=": acts.in,
            "-": acts.out,
            0: fit,
            ArrowLeft: () => pan(STEP, 0),
            ArrowRight: () => pan(-STEP, 0),
            ArrowUp: () => pan(0, STEP),
            ArrowDown: () => pan(0, -STEP),
        };
        svg.addEventListener("keydown", (event) => {
            if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
            event.preventDefault();
            keys[event.key]();
        });
        stage.addEventListener("keydown", (event) => {
            if (event.key === "Escape") close();
        });
        for (const box of boxes.values()) {
            box.link.addEventListener("click", (event) => choose(event, box));
            box.link.addEventListener("focus", () => bringIntoView(box));
        }
    }

    function bringIntoView({ at, link }, always) {
        const seen = svg.getBoundingClientRect();
        const box = link.getBoundingClientRect();
        const isInside = box.left >= seen.left && box.right <= seen.right &&
            box.top >= seen.top && box.bottom <= seen.bottom;
        if (!isInside && (always || link.matches(":focus-visible"))) view.call(zoom.translateTo, at.x, at.y);
    }

    function choose(event, box) {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a new tab or window
        event.preventDefault();
        highlight(box.node.key);
        tell(box, event.detail === 0);
    }

    function highlight(key) {
        for (const { node, link } of boxes.values()) {
            link.classList.toggle("lineage-chosen", node.key === key);
        }
        for (const { v, w, path } of edges) {
            path.classList.toggle("lineage-near", key !== null && (v === key || w === key));
        }
    }

    async function tell(box, byKeyboard) {
        const { node } = box;
        asking?.abort();
        asking = new AbortController();
        try {
            const answer = await fetch(node.href, { signal: asking.signal, credentials: "same-origin" });
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            const facts = page.getElementById("lineage-facts");
            if (!answer.ok || !facts) throw new Error("no facts");
            panel.querySelector("[data-facts]").replaceChildren(document.importNode(facts, true));
        } catch (error) {
            if (error.name === "AbortError") return;
            window.location.assign(node.href); // signed out, or gone: the page itself says so
            return;
        }
        panel.hidden = false;
        stage.classList.add("lineage-told");
        bringIntoView(box, true);
        panel.querySelector("[data-close]").onclick = close;
        if (byKeyboard) panel.querySelector("h2").focus();
    }

    function close() {
        if (panel.hidden) return;
        const chosen = layer.querySelector(".lineage-chosen");
        const hadFocus = panel.contains(document.activeElement);
        panel.hidden = true;
        stage.classList.remove("lineage-told");
        highlight(null);
        if (hadFocus) chosen?.focus();
    }
})();
