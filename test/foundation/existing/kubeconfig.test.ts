import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { kubeconfigFiles, readContext } from "../../../components/foundation/existing/kubeconfig";
import { type Problem, SettingsProblems } from "../../../components/settings/problems";
import { madeUpKubeconfig } from "../../program/kubeconfig";

function problem(read: () => unknown): Problem {
  try {
    read();
  } catch (error) {
    expect(error).to.be.instanceOf(SettingsProblems);
    return (error as SettingsProblems).problems[0]!;
  }
  throw new Error("nothing was refused");
}

describe("the kubeconfig of an existing cluster", () => {
  let home: string;
  const put = (name: string, content: string) => {
    const file = join(home, name);
    writeFileSync(file, content);
    return file;
  };
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it("is the file that the settings name, else what KUBECONFIG names, else the one in the home directory", () => {
    expect(kubeconfigFiles("/given", { KUBECONFIG: "/other" })).to.deep.equal(["/given"]);
    expect(kubeconfigFiles(undefined, { KUBECONFIG: ["/a", "", "/b"].join(delimiter) })).to.deep.equal(["/a", "/b"]);
    expect(kubeconfigFiles(undefined, {})[0]).to.match(/\/\.kube\/config$/);
    expect(kubeconfigFiles("~/k", {})[0])
      .to.match(/^\/.*\/k$/)
      .and.not.contain("~");
  });

  it("is handed on with one context and nothing of the others", () => {
    const file = put("config", madeUpKubeconfig("kind-a", "kind-b"));
    const { kubeconfig, clusterName } = readContext({ kubeconfig: file, context: "kind-b" });
    expect(clusterName).to.equal("kind-b-cluster");
    expect(JSON.parse(kubeconfig)).to.deep.include({ "current-context": "kind-b" });
    expect(kubeconfig).to.contain("kind-b-user").and.to.not.contain("kind-a");
  });

  it("tells at which port the API server is, also where its address names none", () => {
    const port = (server: string) => {
      const text = madeUpKubeconfig("kind-a").replace("https://kind-a.fake.invalid:6443", server);
      return readContext({ kubeconfig: put("ports", text), context: "kind-a" }).serverPortNumber;
    };
    expect(port("https://127.0.0.1:16443")).to.equal(16443);
    expect(port("https://[::1]:8443")).to.equal(8443);
    expect(port("https://api.example.com/k8s/clusters/c-1")).to.equal(443);
    expect(problem(() => port("https://")).remedy).to.contain("set-cluster");
  });

  it("stays the same text whatever happens to other contexts, and in whatever order its keys stand", () => {
    const one = put("one", madeUpKubeconfig("kind-a"));
    const more = put("more", madeUpKubeconfig("kind-c", "kind-a"));
    const read = (kubeconfig: string) => readContext({ kubeconfig, context: "kind-a" }).kubeconfig;
    expect(read(more)).to.equal(read(one));
  });

  it("carries the content of the files it names, relative to its own folder", () => {
    mkdirSync(join(home, "pki"));
    put("pki/ca.crt", "made-up authority");
    const file = put(
      "config",
      stringify({
        contexts: [{ name: "lab", context: { cluster: "lab", user: "me" } }],
        clusters: [
          { name: "lab", cluster: { server: "https://lab.fake.invalid", "certificate-authority": "pki/ca.crt" } },
        ],
        users: [{ name: "me", user: {} }],
      }),
    );
    const { clusters } = JSON.parse(readContext({ kubeconfig: file, context: "lab" }).kubeconfig);
    expect(clusters[0].cluster).to.deep.equal({
      server: "https://lab.fake.invalid",
      "certificate-authority-data": Buffer.from("made-up authority").toString("base64"),
    });
  });

  it("is put together from several files, of which the first is right about a name", () => {
    const files = [put("a", madeUpKubeconfig("kind-a")), put("b", madeUpKubeconfig("kind-b", "kind-a"))];
    const env = { KUBECONFIG: files.join(delimiter) };
    expect(readContext({ context: "kind-b" }, env).clusterName).to.equal("kind-b-cluster");
    expect(JSON.parse(readContext({ context: "kind-a" }, env).kubeconfig).users).to.have.length(1);
  });

  it("that is not there is a problem with its path and what to do", () => {
    const missing = join(home, "missing");
    expect(problem(() => readContext({ kubeconfig: missing, context: "x" }))).to.deep.include({
      path: "foundation.kubeconfig",
      value: missing,
    });
    const ambient = problem(() => readContext({ context: "x" }, { KUBECONFIG: missing }));
    expect(ambient.value).to.contain(missing);
    expect(ambient.remedy).to.contain("kind get kubeconfig");
  });

  it("without the context is a problem that lists those it has", () => {
    const file = put("config", madeUpKubeconfig("kind-a", "kind-b"));
    expect(problem(() => readContext({ kubeconfig: file, context: "kind-c" }))).to.deep.include({
      path: "foundation.context",
      value: "kind-c",
      allowed: "kind-a, kind-b",
    });
    expect(problem(() => readContext({ kubeconfig: put("none", ""), context: "kind-c" })).allowed).to.contain(
      "has none",
    );
  });

  it("that is no YAML, has no server or names a missing file is a problem", () => {
    const broken = put("broken", "a: [");
    expect(problem(() => readContext({ kubeconfig: broken, context: "x" })).path).to.equal("foundation.kubeconfig");
    const noServer = put("no-server", stringify({ contexts: [{ name: "x", context: { cluster: "gone" } }] }));
    expect(problem(() => readContext({ kubeconfig: noServer, context: "x" })).remedy).to.contain("set-cluster gone");
    const noFile = put("no-file", stringify({ users: [{ name: "me", user: { "client-key": "gone.key" } }] }));
    expect(problem(() => readContext({ kubeconfig: noFile, context: "x" })).remedy).to.contain("--flatten");
  });
});
