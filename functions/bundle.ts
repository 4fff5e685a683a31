import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** A function as AWS Lambda gets it: one CommonJS file, to be packed as `index.js` with the handler `index.handler`. */
export interface Bundle {
  /** Absolute path of the file. */
  file: string;
  /** Hash of its content, hexadecimal: the same source gives the same bytes on any machine. */
  sha256: string;
}

const bundled = new Map<string, Bundle>();

/**
 * Bundles `functions/<name>/index.ts` into `functions/dist/<name>/index.js`, once per process. The AWS SDK stays out: the
 * Node.js runtimes bring it. esbuild is loaded here and not at the top, so a stack without functions never pays for it.
 *
 * @throws with esbuild's messages when the source does not build.
 */
export function bundleFunction(name: string): Bundle {
  const known = bundled.get(name);
  if (known !== undefined) return known;

  const { buildSync } = require("esbuild") as typeof import("esbuild");
  const { outputFiles } = buildSync({
    absWorkingDir: __dirname, // esbuild writes paths into comments; relative ones are the same everywhere.
    entryPoints: [join(__dirname, name, "index.ts")],
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    charset: "utf8",
    external: ["@aws-sdk/*", "pg-native"],
    logLevel: "silent",
  });
  const code = outputFiles[0]!.contents;
  const bundle = {
    file: join(__dirname, "dist", name, "index.js"),
    sha256: createHash("sha256").update(code).digest("hex"),
  };
  writeWhenChanged(bundle.file, code);
  bundled.set(name, bundle);
  return bundle;
}

/** Another process may be reading or writing the same file, so it changes in one step. */
function writeWhenChanged(file: string, content: Uint8Array): void {
  try {
    if (readFileSync(file).equals(content)) return;
  } catch {
    mkdirSync(join(file, ".."), { recursive: true });
  }
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, file);
}

if (require.main === module) {
  for (const entry of readdirSync(__dirname, { withFileTypes: true })) {
    if (!entry.isDirectory() || !existsSync(join(__dirname, entry.name, "index.ts"))) continue;
    const { file, sha256 } = bundleFunction(entry.name);
    console.log(`${entry.name}: ${relative(process.cwd(), file)} sha256 ${sha256}`);
  }
}
