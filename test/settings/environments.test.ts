import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { imageParts } from "../../components/settings/serving";
import { onAws, problemsOf } from "./fixtures";

const faults = (environments: object) => problemsOf(onAws({}, { environments })).map(({ path }) => path);
const of = (environments: object) => parseSettings(onAws({}, { environments })).environments;

describe("where packages of models come from", () => {
  it("is PyPI, by wheels alone, for every stack that says nothing", () => {
    expect(parseSettings(onAws({})).environments).to.deep.equal({
      build: true,
      indexUrl: "https://pypi.org/simple",
      extraIndexUrls: [],
      egressCidrs: ["0.0.0.0/0"],
      sourceBuilds: false,
      timeoutMinutes: 30,
      maxSizeMiB: 8192,
      memoryMiB: 2048,
    });
  });

  for (const indexUrl of ["https://pypi.example.com:8443/simple", "http://devpi.tools.svc:3141/root/pypi/+simple"]) {
    it(`may be ${indexUrl}`, () => {
      expect(of({ indexUrl }).indexUrl).to.equal(indexUrl);
    });
  }

  for (const indexUrl of ["http://pypi.example.com/simple", "https://user:word@pypi.example.com/simple", "pypi.org"]) {
    it(`is not ${indexUrl}`, () => {
      expect(faults({ indexUrl })).to.include("environments.indexUrl");
    });
  }
});

describe("an image's parts", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  for (const [image, parts] of [
    ["server:1", { repository: "server", tag: "1" }],
    ["registry.example.com:5000/server:1", { repository: "registry.example.com:5000/server", tag: "1" }],
    [`registry.example.com:5000/server@${digest}`, { repository: "registry.example.com:5000/server", tag: "", digest }],
    [`a/b:1@${digest}`, { repository: "a/b", tag: "1", digest }],
  ] as const) {
    it(`of ${image}`, () => expect(imageParts(image)).to.deep.equal(parts));
  }
});
