import { join, resolve } from "node:path";

/** Folder of Pulumi.yaml, of the stack files and of index.ts. */
export const projectDir = resolve(__dirname, "..");

/** Everything a simulated run writes is below this folder. */
export const defaultOutDir = join(projectDir, "out");

/** Serves the rules of `policy/` without Pulumi's plugin for Node, which comes with an engine that is installed and not with one that is built. */
export const ownPack = join(projectDir, "policy", "serve");
