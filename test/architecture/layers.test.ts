import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { circles, folderOf, type Import, importsBelow } from "./imports";

/** What the program is made of, lowest first. A folder may import those before it, and nothing else of the project. */
const layers = [
  "package.json",
  "workloads",
  "functions",
  "lib",
  "contracts",
  "observability",
  "charts",
  "settings",
  "identity",
  "foundation",
  "governance",
  "data",
  "studio",
  "apps",
  "serving",
  "training",
  "delivery",
  "composition",
  "platform.ts",
];

const upwards = (imports: Import[]): string[] =>
  imports
    .filter(({ from, to }) => folderOf(from) !== folderOf(to))
    .filter(({ from, to }) => !(layers.indexOf(folderOf(to)) < layers.indexOf(folderOf(from))))
    .map(({ from, to }) => `${from} imports ${to}`);

describe("The layers of the program", () => {
  const imports = importsBelow("components", "charts", "functions");

  it("has a place for every folder", () => {
    const folders = new Set(imports.flatMap(({ from, to }) => [folderOf(from), folderOf(to)]));
    expect([...folders].filter((each) => !layers.includes(each))).to.deep.equal([]);
    expect(layers.filter((each) => !folders.has(each))).to.deep.equal([]);
  });

  it("imports downwards only, types too", () => {
    expect(upwards(imports)).to.deep.equal([]);
  });

  it("has no files that import each other in a circle", () => {
    expect(circles(imports)).to.deep.equal([]);
  });

  it("is known to the checks of a platform that runs by its names alone", () => {
    const names = ["components/contracts/", "components/lib/", "charts/values/", "simulator/progress.ts"];
    const others = importsBelow("smoke")
      .filter(({ to }) => !to.startsWith("smoke/") && !names.some((each) => to.startsWith(each)))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(others).to.deep.equal([]);
    expect(circles(importsBelow("smoke"))).to.deep.equal([]);
  });

  it("has no import of one app by another", () => {
    const app = (file: string) => /^components\/apps\/(\w+)\//.exec(file)?.[1];
    const apps = ["airflow", "jupyterhub", "landingPage", "mlflow", "monitoring", "mwaa", "podLogs"];
    expect([...new Set(imports.flatMap(({ from }) => app(from) ?? []))].sort()).to.deep.equal(apps);
    const across = imports
      .filter(({ from, to }) => app(from) !== undefined && app(to) !== undefined && app(from) !== app(to))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(across).to.deep.equal([]);
  });
});

describe("An engine of training", () => {
  const components = join(__dirname, "../../components");
  const texts = readdirSync(components, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file, readFileSync(join(components, file), "utf8")] as const);

  it("is told of in one place where it runs: nobody takes every other one for AWS's", () => {
    const asking = texts
      .filter(([, text]) => /engine\b[^;\n]*!==|Exclude<[^>]*engine/.test(text))
      .map(([file]) => file);
    expect(asking).to.deep.equal([]);
  });
});

describe("The check of layers", () => {
  const imported = (from: string, to: string, typesOnly = false): Import => ({ from, to, typesOnly });

  it("refuses an import of a higher layer", () => {
    const bad = imported("components/lib/mark.ts", "components/apps/mlflow/component.ts", true);
    expect(upwards([bad])).to.deep.equal(["components/lib/mark.ts imports components/apps/mlflow/component.ts"]);
  });

  it("finds a circle, and none where only types close it", () => {
    const half = imported("a.ts", "b.ts");
    expect(circles([half, imported("b.ts", "a.ts")])).to.deep.equal([["a.ts", "b.ts", "a.ts"]]);
    expect(circles([half, imported("b.ts", "a.ts", true)])).to.deep.equal([]);
  });
});
