import { spawn } from "node:child_process";
import { join } from "node:path";

/** What a program of this folder answers on stdout, as JSON, to what it gets on stdin. @throws with the end of what it complains of. */
export function askProgram<T>(python: string, program: string, question: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(__dirname, program)], {
      env: { PATH: process.env.PATH ?? "", AWS_ACCESS_KEY_ID: "made-up", AWS_SECRET_ACCESS_KEY: "made-up" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let [out, error] = ["", ""];
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (error += chunk));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(out) as T) : reject(new Error(error.slice(-3000)))));
    child.stdin.end(JSON.stringify(question));
  });
}
