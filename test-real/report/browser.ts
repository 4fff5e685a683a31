import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { onPath } from "../../simulator/engine";

export const findChromium = () => ["chromium", "chromium-browser", "google-chrome"].flatMap((name) => onPath(name))[0];

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** A headless Chromium with one page, spoken to through a pipe. https://chromedevtools.github.io/devtools-protocol/ */
export class Browser {
  /** Addresses that the page asked for. */
  readonly asked: string[] = [];
  private readonly profile = mkdtempSync(join(tmpdir(), "mlplatform-chromium-"));
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (message: Message) => void>();
  private loaded: () => void = () => undefined;
  private session = "";
  private last = 0;

  constructor(binary: string) {
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"];
    this.child = spawn(binary, [...flags, `--user-data-dir=${this.profile}`], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    let unread = "";
    (this.child.stdio[4] as Readable).on("data", (text) => {
      const messages = (unread + text).split("\0");
      unread = messages.pop() ?? "";
      for (const message of messages) this.hear(JSON.parse(message) as Message);
    });
  }

  private hear({ id, method, params = {}, ...rest }: Message): void {
    if (id !== undefined) this.waiting.get(id)?.(rest);
    if (method === "Page.loadEventFired") this.loaded();
    if (method === "Network.requestWillBeSent") this.asked.push((params.request as { url: string }).url);
  }

  async send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    this.last += 1;
    const id = this.last;
    const session = this.session === "" ? {} : { sessionId: this.session };
    const answered = new Promise<Message>((resolve) => this.waiting.set(id, resolve));
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    const { result = {}, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async open(address: string): Promise<void> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    this.session = String(sessionId);
    await this.send("Page.enable");
    await this.send("Network.enable");
    const loaded = new Promise<void>((resolve) => {
      this.loaded = resolve;
    });
    await this.send("Page.navigate", { url: address });
    await loaded;
  }

  async evaluate<T>(expression: string): Promise<T> {
    const { result } = await this.send("Runtime.evaluate", { expression, returnByValue: true });
    return (result as { value: T }).value;
  }

  async press(key: string): Promise<void> {
    for (const type of ["keyDown", "keyUp"])
      await this.send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: 9 });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.kill("SIGKILL");
    await ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
