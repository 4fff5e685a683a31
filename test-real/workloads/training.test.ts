import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { pytestSuite } from "../../test/support/pytest";

const workloads = join(__dirname, "../../workloads");

pytestSuite("Training container: both samples, trained, judged and served without AWS", {
  environment: "training",
  folder: join(workloads, "training-template"),
  installSeconds: 600,
  runSeconds: 3600,
});

describe("What the training container is installed with", () => {
  it("is what the model server has, version by version: a model is served by what it was trained with", () => {
    const versions = (name: string) =>
      readFileSync(join(workloads, "requirements", `${name}.txt`), "utf8")
        .split("\n")
        .filter((line) => /^\S+==/.test(line));
    expect(versions("model-server")).to.include.members(versions("training"));
  });

  it("comes into its image: every folder that the Dockerfile copies is let through to it, and pins come along", () => {
    const read = (name: string) => readFileSync(join(workloads, "training-template", name), "utf8");
    const copied = [...read("Dockerfile").matchAll(/^COPY (?!--from)(\S+) /gm)].map(([, path]) => path!);
    const allowed = [...read("Dockerfile.dockerignore").matchAll(/^!(\S+)/gm)].map(([, path]) => path!);
    expect(copied).to.have.members(allowed).and.include("requirements/training.txt");
  });
});
