// Shows what the emulator knows, every second, and moves its clock. All that callers have sent is shown as text.

const SHOWN = 50;
const PAUSE = 1000;

/** @param {string} selector */
const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

/** @param {string} path @param {object} [body] */
async function control(path, body) {
  const headers = { authorization: `Bearer ${sessionStorage.getItem("control-token") ?? ""}`, "content-type": "application/json" };
  const options = body && { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(new URL(`_emulator/${path}`, location.href), { headers, ...options });
  const answer = await response.json();
  find("#token").hidden = response.status !== 401;
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}

/** @param {string} id @param {{ kind: string, cells: unknown[] }[]} rows @param {string} otherwise */
function fill(id, rows, otherwise) {
  const shown = rows.length ? rows : [{ kind: "", cells: [otherwise] }];
  find(id).replaceChildren(
    ...shown.map(({ kind, cells }) => {
      const row = document.createElement("tr");
      row.className = kind;
      for (const cell of cells) row.insertCell().textContent = String(cell);
      return row;
    }),
  );
}

/** @param {any} session @param {number} now */
function sessionRow(session, now) {
  const left = session.status === "active" ? `${Math.ceil(session.expires_at - now)} s` : "";
  return { kind: session.status, cells: [session.id, session.user, session.workflow.id, session.status, left, session.messages] };
}

/** @param {any} request */
function requestRow({ method, path, status, answer }) {
  return { kind: status === 200 ? "ok" : "failed", cells: [method, path, status ?? "dropped", codeOf(answer)] };
}

/** @param {{ body: string } | null} answer */
function codeOf(answer) {
  try {
    return JSON.parse(answer?.body ?? "{}").error?.code ?? "";
  } catch {
    return "";
  }
}

async function show() {
  try {
    const [{ clock, sessions }, { requests }] = await Promise.all([control(`state?latest=${SHOWN}`), control(`requests?latest=${SHOWN}`)]);
    find("#clock").textContent = new Date(clock.now * 1000).toLocaleTimeString() + (clock.ahead ? `, ${clock.ahead} s ahead` : "");
    fill("#sessions", sessions.reverse().map((/** @type {any} */ session) => sessionRow(session, clock.now)), "none yet");
    fill("#requests", requests.reverse().map(requestRow), "none yet");
    find("#trouble").textContent = "";
  } catch (error) {
    find("#trouble").textContent = error instanceof Error ? error.message : String(error);
  }
}

/** @param {string} path @param {object} body */
async function act(path, body) {
  await control(path, body).catch(() => {});
  await show();
}

for (const place of document.querySelectorAll("[data-url]")) {
  place.textContent = new URL(place.getAttribute("data-url") ?? "", location.href).href;
}
for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", () => act("clock", { advance: Number(button.getAttribute("data-advance")) }));
}
find("#reset").addEventListener("click", () => act("reset", {}));
find("#token").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("control-token", /** @type {HTMLInputElement} */ (find("#token input")).value);
  show();
});

for (;;) {
  await show();
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
}
