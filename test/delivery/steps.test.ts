import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { type BuildStage, buildspec } from "../../components/delivery/codepipeline/buildspecs";

const version = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/churn/7";
const earlier = version.replace("/7", "/6");
const execution = "arn:aws:states:eu-west-1:000000000000:execution:churn:1";

/** Plays the AWS command: writes down what is asked, and answers with the first line that fits. */
const playedAws = `#!/usr/bin/env bash
echo "$*" >>"$PLAY/asked"
while IFS=$'\\t' read -r pattern answer; do
  if [[ "$*" =~ $pattern ]]; then printf '%b\\n' "$answer"; exit 0; fi
done <"$PLAY/answers"
`;

/** Runs the phases of a stage as CodeBuild does: one shell, commands in order, none after one that failed. */
class Build {
  readonly folder = mkdtempSync(join(tmpdir(), "mlplatform-steps-"));

  constructor(answers: [pattern: string, answer: string][]) {
    mkdirSync(join(this.folder, "bin"));
    mkdirSync(join(this.folder, "source"));
    writeFileSync(join(this.folder, "bin/aws"), playedAws);
    chmodSync(join(this.folder, "bin/aws"), 0o755);
    writeFileSync(join(this.folder, "answers"), answers.map((line) => `${line.join("\t")}\n`).join(""));
  }

  write(file: string, text: string): void {
    const path = join(this.folder, "source", file);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  }

  run(stage: BuildStage, variables: Record<string, string>): { code: number; says: string; exported: string } {
    const { phases, env } = parse(buildspec(stage));
    const commands = ["install", "pre_build", "build"].flatMap((phase): string[] => phases[phase]?.commands ?? []);
    const shown = ((env["exported-variables"] ?? []) as string[]).map((name) => `${name}=$${name}`).join(" ");
    const script = [...commands, `echo "exported ${shown}"`]
      .map((command) => `${command}\n[ $? = 0 ] || exit 1`)
      .join("\n");
    const path = `${join(this.folder, "bin")}:${process.env.PATH}`;
    const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: join(this.folder, "source"),
      env: { PATH: path, PLAY: this.folder, PAUSE_SECONDS: "0", ...variables },
      encoding: "utf8",
    });
    const exported = /^exported (.*)$/m.exec(stdout)?.[1] ?? "";
    return { code: status ?? -1, says: `${stdout}${stderr}`, exported };
  }

  asked(): string[] {
    const file = join(this.folder, "asked");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

describe("stages of CodeBuild, run as processes against a played AWS", () => {
  let build: Build | undefined;
  const running = (answers: [string, string][]) => (build = new Build(answers));
  afterEach(() => build?.remove());
  const training = { MACHINE_ARN: "arn:machine", PACKAGE_GROUP: "churn", COMMIT: "abc" };
  const started: [string, string][] = [
    ["start-execution", execution],
    ["--query startDate", "2026-01-01T00:00:00Z"],
  ];

  it("train: starts a run for the commit, and hands on the version that waits", () => {
    const { code, exported } = running([
      ["--creation-time-after", version],
      ["list-model-packages", "None"],
      ...started,
    ]).run("train", training);
    expect([code, exported]).to.deep.equal([0, `EXECUTION_ARN=${execution} PACKAGE_ARN=${version}`]);
    expect(build!.asked().find((line) => line.includes("start-execution"))).to.contain('{"reason": "commit abc"}');
    expect(build!.asked().join()).to.not.contain("update-model-package");
  });

  it("train: puts aside what nobody decided on, before it starts, and approves nothing", () => {
    running([["--creation-time-after", version], ["list-model-packages", earlier], ...started]).run("train", training);
    const asked = build!.asked();
    const aside = asked.findIndex((line) =>
      line.includes(`--model-package-arn ${earlier} --model-approval-status Rejected`),
    );
    expect(aside).to.be.within(
      0,
      asked.findIndex((line) => line.includes("start-execution")),
    );
    expect(asked.join()).to.not.contain("Approved");
  });

  it("train: fails with the run's own words where it ends before a version waits", () => {
    const { code, says } = running([
      ["list-model-packages", "None"],
      ...started,
      ["--query status", "FAILED"],
      ["error, cause", "GateRejected\tThe candidate did not pass"],
    ]).run("train", training);
    expect(code).to.not.equal(0);
    expect(says).to.match(/ended \(FAILED\).*\n.*GateRejected/);
  });

  const release = { PACKAGE_ARN: version, EXECUTION_ARN: execution, COMMIT: "abc" };

  it("deploy: approves the version, and is done when the run is", () => {
    const { code } = running([["--query status", "SUCCEEDED"]]).run("deploy", release);
    expect(code).to.equal(0);
    expect(build!.asked()[0]).to.contain(`--model-package-arn ${version} --model-approval-status Approved`);
  });

  it("deploy: fails where the release was taken back", () => {
    const { code, says } = running([
      ["--query status", "FAILED"],
      ["error, cause", "RolledBack"],
    ]).run("deploy", release);
    expect(code).to.not.equal(0);
    expect(says).to.contain("RolledBack").and.to.contain("what was live before is live");
  });

  it("smoke: asks the endpoint, wants a request to ask, and runs nothing of the repository", () => {
    running([]);
    const missing = build!.run("smoke", { ENDPOINT_NAME: "churn" });
    expect([missing.code, missing.says]).to.satisfy(
      ([code, says]: [number, string]) => code !== 0 && /smoke\/request\.json/.test(says),
    );
    expect(build!.asked()).to.deep.equal([]);
    build!.write("smoke/request.json", "{}");
    build!.write("json.py", "raise SystemExit('the repository ran')");
    const empty = build!.run("smoke", { ENDPOINT_NAME: "churn" });
    expect(empty.says).to.not.contain("the repository ran");
    expect(empty.code, "an answer that is no JSON").to.not.equal(0);
  });

  it("build: a failing test stops before any image", () => {
    running([]);
    build!.write("delivery/install.sh", "#!/bin/sh\n");
    build!.write("delivery/test.sh", "#!/bin/sh\nexit 3\n");
    build!.write("delivery/images.sh", "#!/bin/sh\necho pushed >pushed\n");
    expect(build!.run("build", {}).code).to.not.equal(0);
    expect(existsSync(join(build!.folder, "source/pushed"))).to.equal(false);
  });

  it("build: hands on the commit and whether it changed what is trained", () => {
    running([]);
    build!.write("delivery/install.sh", "#!/bin/sh\n");
    build!.write("delivery/test.sh", "#!/bin/sh\n");
    build!.write("delivery/images.sh", '#!/bin/sh\nprintf "COMMIT=abc\\nTRAIN=false\\n" >"$RESULTS"\n');
    expect(build!.run("build", {})).to.deep.include({ code: 0, exported: "COMMIT=abc TRAIN=false" });
  });
});
