import { existsSync } from "node:fs";
import { expect } from "chai";
import { charts } from "../../charts/lock";
import { packagedKeys } from "../../charts/packagedKeys";
import { treeOfSchema } from "../../charts/schemaKeys";
import { cachedChartFile } from "../../charts/source";
import { treeOfTemplates, united } from "../../charts/templateKeys";
import { valueFaults } from "../../charts/valueFaults";
import { isMap, type ValueNode } from "../../charts/valueNode";
import { chartKeys, chartsWithKeys, valueTree } from "../../charts/valueTree";
import { skip } from "../support/skip";

const types = /^(map|list|string|integer|number|boolean|any)(\|(map|list|string|integer|number|boolean|any))*$/;

/** Every word of a tree that is not a name. */
function words(node: ValueNode): string[] {
  if (typeof node === "string") return [node];
  return (isMap(node) ? Object.values(node) : [...node]).flatMap(words);
}

describe("the names of a chart's values", () => {
  for (const name of chartsWithKeys) {
    it(`${name}: are those of the locked version; npm run charts:keys writes them anew`, () => {
      expect(chartKeys(name).version).to.equal(charts[name].version);
    });

    it(`${name}: are names and types, no default and no comment`, () => {
      for (const word of words(chartKeys(name).keys)) expect(word).to.match(types);
    });

    it(`${name}: are what the packaged chart says`, function () {
      const file = cachedChartFile(name);
      if (!existsSync(file)) skip(this, `the chart is not at ${file}; fetch it with npm run charts:pull`);
      expect(packagedKeys(file)).to.deep.equal(chartKeys(name));
    });
  }

  it("mlflow: are those of its schema", () => {
    expect(valueFaults({ replicaCount: 2, podLabels: { a: "b" } }, valueTree("mlflow"))).to.deep.equal([]);
    expect(valueFaults({ replicaCount: "2" }, valueTree("mlflow"))).to.have.length(1);
  });
});

describe("the names that a values schema tells", () => {
  const tree = treeOfSchema({
    type: "object",
    properties: {
      closed: { type: "object", properties: { a: { type: ["integer", "null"] } } },
      open: { type: "object", additionalProperties: true, properties: { a: { type: "boolean" } } },
      texts: { type: "object", additionalProperties: { type: "string" } },
      empty: { type: "object", additionalProperties: false },
      list: { type: "array", items: { $ref: "#/definitions/one" } },
      kubernetes: { $ref: "#/definitions/io.k8s.api.core.v1.Affinity" },
      either: { type: ["string", "object"] },
      untold: {},
    },
    definitions: {
      one: { type: "object", properties: { name: { type: "string" } } },
      "io.k8s.api.core.v1.Affinity": { type: "object", properties: { nodeAffinity: {} } },
    },
  });

  it("are as closed as it says, and closed where it lists keys and says nothing", () => {
    expect(tree).to.deep.equal({
      closed: { a: "integer" },
      open: { a: "boolean", "*": "any" },
      texts: { "*": "string" },
      empty: {},
      list: [{ name: "string" }],
      kubernetes: "map",
      either: "string|map",
      untold: "any",
    });
  });

  it("accept what fits, null everywhere, and find every fault with its place", () => {
    const good = { closed: { a: 1 }, open: { b: 2 }, texts: { b: "c" }, list: [{ name: "x" }], either: {}, untold: [] };
    expect(valueFaults(good, tree)).to.deep.equal([]);
    expect(valueFaults({ closed: null, open: { a: null }, list: null }, tree)).to.deep.equal([]);
    const bad = {
      closed: { b: 1 },
      open: { a: "x" },
      texts: { a: 1 },
      empty: { a: 1 },
      list: [{}, { nam: 1 }],
      either: 1,
    };
    expect(valueFaults(bad, tree).map(({ path }) => path.join("."))).to.deep.equal([
      "closed.b",
      "open.a",
      "texts.a",
      "empty.a",
      "list.1.nam",
      "either",
    ]);
  });
});

describe("the names that a chart without schema tells", () => {
  const tree = treeOfTemplates({
    values: {
      read: { port: 80, deep: { a: 1 } },
      handedOn: { runAsUser: 1 },
      empty: {},
      list: [1],
      tested: { on: true },
      "a.b": { c: 1 },
    },
    templates: [
      "{{ .Values.read.port }} {{- if .Values.tested }}{{ $.Values.tested.on }}{{ end }}",
      "{{- with .Values.handedOn }}{{ toYaml . | nindent 2 }}{{ end }} {{ .Values.read.unlisted | quote }}",
      '{{ toYaml (index .Values "a.b") }} {{ .Values.only.here }} {{ .Values.empty.key }}',
    ],
  });

  it("are its defaults and what its templates read; open is what is empty or handed on whole", () => {
    expect(tree).to.deep.equal({
      read: { port: "any", deep: { a: "any" }, unlisted: "any" },
      handedOn: "map",
      empty: "any",
      list: "any",
      tested: { on: "any" },
      "a.b": "map",
      only: { here: "any" },
    });
  });

  it("of an inner chart win over what the outer one says of them", () => {
    const inner = { labels: "any", port: { http: "any" } };
    expect(united(inner, { labels: { a: "any" }, port: { https: "any" }, more: "any" })).to.deep.equal({
      labels: "any",
      port: { http: "any", https: "any" },
      more: "any",
    });
  });
});
