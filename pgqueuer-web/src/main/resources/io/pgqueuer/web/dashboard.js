// Makes the pages live. They work without it.
"use strict";
(() => {
  const controls = document.querySelector(".controls");
  const store = window.localStorage;
  let isPaused = false;
  let isReading = false;
  let source = null;

  const live = () => document.getElementById("live");

  // A page is not replaced under somebody's hands.
  function isInUse() {
    const main = live();
    const active = document.activeElement;
    return main.querySelector("input[type=checkbox]:checked") !== null ||
      (main.contains(active) && ["INPUT", "SELECT"].includes(active.tagName)) ||
      !window.getSelection().isCollapsed;
  }

  async function refresh() {
    if (isPaused || isReading || document.hidden || !live().dataset.live || isInUse()) return;
    isReading = true;
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const next = page.getElementById("live");
      if (next && !isInUse() && !isPaused) {
        update(live(), next);
        showTimes();
      }
      document.body.classList.remove("offline");
    } catch {
      document.body.classList.add("offline");
    } finally {
      isReading = false;
    }
  }

  // Changes only what differs, so that focus, open details and a click that has begun stay as they are.
  function update(old, next) {
    if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName) return old.replaceWith(next);
    if (old.nodeType === Node.TEXT_NODE) {
      if (old.data !== next.data) old.data = next.data;
      return;
    }
    if (old.nodeName === "TIME" && old.dateTime === next.dateTime) return;
    for (const { name } of [...old.attributes]) {
      if (!next.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    for (const { name, value } of next.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const before = [...old.childNodes];
    const after = [...next.childNodes];
    if (before.length !== after.length) return old.replaceChildren(...after);
    before.forEach((child, index) => update(child, after[index]));
  }

  // The stream tells when to read again. If there is none, a timer does.
  function listen() {
    source = new EventSource(document.body.dataset.events);
    source.addEventListener("tick", refresh);
    source.addEventListener("error", () => {
      document.body.classList.add("offline");
      window.setTimeout(refresh, 5000);
    });
  }

  function showTimes() {
    const isLocal = store.getItem("pgqueuer-zone") === "local";
    document.getElementById("zone").textContent = isLocal ? "Local time" : "UTC";
    for (const time of document.querySelectorAll("time:not(.zoned)")) {
      const instant = new Date(time.dateTime);
      time.textContent = isLocal
        ? instant.toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" })
        : time.dateTime.replace("T", " ").replace("Z", "");
      time.title = isLocal ? time.dateTime : instant.toLocaleString();
    }
  }

  function showTheme() {
    const theme = store.getItem("pgqueuer-theme");
    if (theme) document.documentElement.dataset.theme = theme;
  }

  function changeTheme() {
    const isDark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark"
      : window.matchMedia("(prefers-color-scheme: dark)").matches;
    store.setItem("pgqueuer-theme", isDark ? "light" : "dark");
    showTheme();
  }

  function changeZone() {
    store.setItem("pgqueuer-zone", store.getItem("pgqueuer-zone") === "local" ? "utc" : "local");
    showTimes();
  }

  function changePause() {
    isPaused = !isPaused;
    const button = document.getElementById("pause");
    button.textContent = isPaused ? "Go on" : "Pause updates";
    button.setAttribute("aria-pressed", String(isPaused));
    refresh();
  }

  const keys = { p: changePause, t: changeZone, d: changeTheme, "/": () => document.getElementById("filter")?.focus() };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
    const tab = document.querySelectorAll("nav a")[Number(event.key) - 1];
    if (tab) tab.click();
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });

  showTheme();
  controls.hidden = false;
  document.getElementById("pause").addEventListener("click", changePause);
  document.getElementById("zone").addEventListener("click", changeZone);
  document.getElementById("theme").addEventListener("click", changeTheme);
  document.addEventListener("visibilitychange", refresh);
  showTimes();
  listen();
})();
