/** `tsx delivery/report.ts --stack dev <preview.json`: what a preview would change, for people, in Markdown. */
import { readFileSync } from "node:fs";
import { previewReport } from "./previewReport";

const stack = process.argv[process.argv.indexOf("--stack") + 1] ?? "";
process.stdout.write(previewReport(stack, readFileSync(0, "utf8")));
