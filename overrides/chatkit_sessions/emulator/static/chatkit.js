// A stand-in for the web component of ChatKit, to see a page at work without OpenAI. It has the element's name, methods
// and events as the types of @openai/chatkit 1.9 declare them, and answers each message with an echo.
/** @import { ChatKitOptions, OpenAIChatKit } from "@openai/chatkit" */
(() => {
  "use strict";

  const script = document.currentScript ?? document.querySelector('script[src$="/chatkit.js"]');
  const CHAT_URL = new URL("chat", /** @type {HTMLScriptElement | null} */ (script)?.src ?? location.href);

  const OPTIONS = [
    "api", "locale", "theme", "frameTitle", "initialThread", "onClientTool", "header", "history", "startScreen",
    "threadItemActions", "composer", "disclaimer", "entities", "commands", "widgets", "thread",
  ];

  const TEMPLATE = `
    <style>
      :host { display: block; min-width: 16rem; height: 24rem; color: #222; background: #fff; font: 15px/1.5 system-ui, sans-serif; }
      :host([hidden]) { display: none; }
      section { display: flex; flex-direction: column; box-sizing: border-box; height: 100%; border: 1px solid #8885; border-radius: 12px; overflow: hidden; }
      section.dark { color: #eee; background: #222; }
      header { padding: .5rem 1rem; border-bottom: 1px solid #8883; font-weight: 600; }
      header small { float: right; font-weight: 400; opacity: .7; }
      [role="log"] { flex: 1; overflow: auto; padding: 1rem; }
      p { margin: 0 0 .5rem; padding: .35rem .75rem; width: fit-content; max-width: 85%; border-radius: 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
      .user { margin-left: auto; background: #0b57d0; color: #fff; }
      .assistant { background: #8882; }
      .greeting { opacity: .7; }
      [role="alert"]:not(:empty) { padding: .35rem 1rem; background: #b3261e; color: #fff; }
      form { display: flex; gap: .5rem; padding: .75rem; border-top: 1px solid #8883; }
      input { flex: 1; min-width: 0; }
      input, button { font: inherit; padding: .35rem .75rem; border: 1px solid #8887; border-radius: 12px; background: transparent; color: inherit; }
      footer:not(:empty) { padding: 0 1rem .5rem; font-size: smaller; opacity: .7; }
    </style>
    <section>
      <header><span></span><small>stand-in</small></header>
      <div role="log"></div>
      <div role="alert"></div>
      <form><input aria-label="Message" autocomplete="off"><button>Send</button></form>
      <footer></footer>
    </section>`;

  /** @implements {OpenAIChatKit} */
  class ChatKit extends HTMLElement {
    /** @type {ChatKitOptions | null} */
    #options = null;
    /** @type {string | null} */
    #secret = null;
    /** @type {Promise<string> | null} */
    #asking = null;
    /** @type {string | null} */
    #threadId = null;
    #hasStarted = false;
    #root = this.attachShadow({ mode: "open" });

    constructor() {
      super();
      this.#root.innerHTML = TEMPLATE;
      this.#find("form").addEventListener("submit", (event) => {
        event.preventDefault();
        const text = this.#input.value;
        this.#input.value = "";
        // What fails is told by `chatkit.error`.
        if (text.trim()) this.sendUserMessage({ text }).catch(() => {});
      });
    }

    connectedCallback() {
      this.#start();
    }

    /** @param {ChatKitOptions} options */
    setOptions(options) {
      check(options);
      const isFirst = this.#options === null;
      this.#options = options;
      if (isFirst) this.#threadId = options.initialThread ?? null;
      this.#show(options);
      this.#start();
    }

    async focusComposer() {
      this.#input.focus();
    }

    /** @param {string | null} threadId */
    async setThreadId(threadId) {
      this.#changeThread(threadId);
      this.#find("[role=log]").replaceChildren();
      if (this.#options) this.#show(this.#options);
    }

    /** @param {{ type: string, payload?: Record<string, unknown> }} action @param {string} [itemId] */
    async sendCustomAction(action, itemId) {
      await this.#send({ action, item_id: itemId });
    }

    /** @type {OpenAIChatKit["sendUserMessage"]} */
    async sendUserMessage(params) {
      if (params.newThread) await this.setThreadId(null);
      const text = textOf(params);
      if (this.#threadId === null) this.#changeThread(`cthr_${Math.random().toString(16).slice(2)}`);
      this.#say("user", text);
      await this.#send({ ...params, text, thread_id: this.#threadId }, (echo) => this.#say("assistant", echo.text));
    }

    /** @type {OpenAIChatKit["setComposerValue"]} */
    async setComposerValue(params) {
      this.#input.value = textOf(params);
    }

    async showHistory() {
      this.#emit("chatkit.history.open");
    }

    async hideHistory() {
      this.#emit("chatkit.history.close");
    }

    async fetchUpdates() {}

    // It starts once it is in the page and has its options, in a turn of its own, as a frame that loads.
    #start() {
      if (this.#hasStarted || !this.isConnected || this.#options === null) return;
      this.#hasStarted = true;
      setTimeout(() => {
        this.#emit("chatkit.ready");
        this.#newSecret().catch((error) => this.#fail(error));
      });
    }

    /** Ask the page for a secret; whoever needs one meanwhile waits for the same. */
    #newSecret() {
      this.#asking ??= this.#ask().finally(() => { this.#asking = null; });
      return this.#asking;
    }

    async #ask() {
      const api = this.#options?.api;
      if (!api || !("getClientSecret" in api)) throw new Error("setOptions was not called yet");
      const secret = await api.getClientSecret(this.#secret);
      if (typeof secret !== "string" || secret === "") {
        throw new TypeError(`getClientSecret must resolve to a string that is not empty, got ${secret === "" ? "an empty one" : typeof secret}`);
      }
      this.#secret = secret;
      return secret;
    }

    /**
     * Send something with the secret, and with another secret if that one is over.
     * @param {object} message
     * @param {(echo: any) => void} [show]
     */
    async #send(message, show) {
      try {
        const secret = this.#secret ?? (await this.#newSecret());
        let response = await post(secret, message);
        if (response.status === 401) {
          // Another message may have got a new one while this was on its way.
          const next = this.#secret === secret || this.#secret === null ? await this.#newSecret() : this.#secret;
          response = await post(next, message);
        }
        const answer = await response.json();
        if (!response.ok) throw new Error(`${response.status}: ${answer.error.message}`);
        this.#find("[role=alert]").textContent = "";
        this.#emit("chatkit.response.start");
        show?.(answer.echo);
        this.#emit("chatkit.response.end");
      } catch (error) {
        this.#fail(error);
        throw error;
      }
    }

    /** @param {unknown} reason */
    #fail(reason) {
      const error = reason instanceof Error ? reason : new Error(String(reason));
      this.#find("[role=alert]").textContent = error.message;
      this.#scroll();
      this.#emit("chatkit.error", { error });
    }

    /** @param {string | null} threadId */
    #changeThread(threadId) {
      this.#threadId = threadId;
      this.#emit("chatkit.thread.change", { threadId });
    }

    /** @param {ChatKitOptions} options */
    #show({ api, composer, disclaimer, frameTitle, header, startScreen, theme }) {
      const scheme = typeof theme === "string" ? theme : theme?.colorScheme;
      this.#find("section").className = scheme ?? "";
      this.#find("section").setAttribute("aria-label", frameTitle ?? "Chat");
      this.#find("header").hidden = header?.enabled === false;
      this.#find("header span").textContent = header?.title?.text ?? "ChatKit";
      this.#input.placeholder = composer?.placeholder ?? "Message the AI";
      this.#find("footer").textContent = disclaimer?.text ?? "";
      if (this.#find("[role=log]").querySelector(".user") === null) {
        this.#find("[role=log]").replaceChildren();
        this.#say("greeting", startScreen?.greeting ?? "What can I help with today?");
      }
    }

    /** @param {string} who @param {string} text */
    #say(who, text) {
      const line = document.createElement("p");
      line.className = who;
      line.textContent = text;
      this.#find("[role=log]").append(line);
      this.#scroll();
    }

    /** @param {string} name @param {unknown} [detail] */
    #emit(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail }));
    }

    #scroll() {
      const log = this.#find("[role=log]");
      log.scrollTop = log.scrollHeight;
    }

    get #input() {
      return /** @type {HTMLInputElement} */ (this.#find("input"));
    }

    /** @param {string} selector */
    #find(selector) {
      return /** @type {HTMLElement} */ (this.#root.querySelector(selector));
    }
  }

  /** Refuse options that the real element refuses, too. @param {any} options */
  function check(options) {
    if (typeof options !== "object" || options === null) throw new TypeError("setOptions: expected an object");
    for (const name of Object.keys(options)) {
      if (!OPTIONS.includes(name)) throw new TypeError(`setOptions: unknown option '${name}'; known are ${OPTIONS.join(", ")}`);
    }
    const api = options.api;
    if (typeof api !== "object" || api === null) throw new TypeError("setOptions: api is missing");
    if ("getClientSecret" in api) {
      const others = Object.keys(api).filter((name) => name !== "getClientSecret");
      if (others.length) throw new TypeError(`setOptions: ${others.join(", ")} cannot stand beside api.getClientSecret`);
      if (typeof api.getClientSecret !== "function") throw new TypeError("setOptions: api.getClientSecret must be a function");
    } else {
      throw new TypeError("setOptions: this stand-in needs api.getClientSecret; a custom api.url has a server of its own");
    }
  }

  /** @param {{ text?: string, content?: { text: string }[] }} params */
  function textOf({ text, content }) {
    return text ?? (content ?? []).map((part) => part.text).join("");
  }

  /** @param {string} secret @param {object} message */
  function post(secret, message) {
    return fetch(CHAT_URL, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify(message),
    });
  }

  if (!customElements.get("openai-chatkit")) customElements.define("openai-chatkit", ChatKit);
})();
