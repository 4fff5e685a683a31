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

/** Plays the AWS command: writes down what is asked, and answers with the first line that fits; `fail` is no answer, `once` is one for one call. */
const playedAws = `#!/usr/bin/env bash
echo "$*" >>"$PLAY/asked"
number=0
while IFS=$'\\t' read -r pattern answer; do
  once=false
  [[ "$answer" == "once "* ]] && once=true && answer="\${answer#once }"
  if [[ "$*" =~ $pattern ]]; then
    if [ $once = true ]; then sed -i "$((number + 1))d" "$PLAY/answers"; fi
    [ "$answer" = fail ] && echo "AccessDenied" >&2 && exit 254
    printf '%b\\n' "$answer"; exit 0
  fi
  number=$((number + 1))
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
  const runs: [string, string] = ["--query status", "RUNNING"];

  it("train: starts a run for the commit, and hands on the version that waits", () => {
    const { code, exported } = running([
      ["--creation-time-after", version],
      ["list-model-packages", "None"],
      ...started,
      runs,
    ]).run("train", training);
    expect([code, exported]).to.deep.equal([0, `EXECUTION_ARN=${execution} PACKAGE_ARN=${version}`]);
    expect(build!.asked().find((line) => line.includes("start-execution"))).to.contain('{"reason": "commit abc"}');
    expect(build!.asked().join()).to.not.contain("update-model-package");
  });

  it("train: says the commit as text, whatever is in it", () => {
    const commit = 'abc", "data": "s3://elsewhere\\';
    running([["--creation-time-after", version], ["list-model-packages", "None"], ...started]).run("train", {
      ...training,
      COMMIT: commit,
    });
    const asked = build!.asked().find((line) => line.includes("start-execution"))!;
    const [, input = ""] = /--input (\{.*\}) --query/.exec(asked) ?? [];
    expect(JSON.parse(input)).to.deep.equal({ reason: `commit ${commit}` });
  });

  it("train: puts aside what nobody decided on, before it starts, and approves nothing", () => {
    running([["--creation-time-after", version], ["list-model-packages", earlier], ...started, runs]).run(
      "train",
      training,
    );
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

  it("train: starts again where its run was skipped, and takes no other run's version for its own", () => {
    const second = execution.replace(/1$/, "2");
    const { code, says, exported } = running([
      [`--query status.*`, "once SUCCEEDED"],
      ["--creation-time-after 2026-01-01", earlier],
      ["--creation-time-after 2026-02-02", version],
      ["list-model-packages", "None"],
      ["start-execution", `once ${execution}`],
      ["start-execution", second],
      ["--query startDate", "once 2026-01-01T00:00:00Z"],
      ["--query startDate", "2026-02-02T00:00:00Z"],
      runs,
    ]).run("train", training);
    expect([code, exported], says).to.deep.equal([0, `EXECUTION_ARN=${second} PACKAGE_ARN=${version}`]);
    expect(says).to.contain("so this one was skipped");
  });

  it("train: looks for a version only while its run goes on", () => {
    running([["--query status", "FAILED"], ["list-model-packages", "None"], ...started]).run("train", training);
    expect(build!.asked().join()).to.not.contain("--creation-time-after");
  });

  it("train: gives up where another run of the model goes on and on", () => {
    const { code, says } = running([["--query status", "SUCCEEDED"], ["list-model-packages", "None"], ...started]).run(
      "train",
      training,
    );
    expect([code !== 0, build!.asked().filter((line) => line.includes("start-execution")).length]).to.deep.equal([
      true,
      20,
    ]);
    expect(says).to.contain("Another run of the model is under way: retry the stage after it.");
  });

  it("train: starts none where a run ends well after it had its turn, as where a person was quicker", () => {
    const { code, says } = running([
      ["--query status", "once RUNNING"],
      ["--query status", "SUCCEEDED"],
      ["list-model-packages", "None"],
      ...started,
    ]).run("train", training);
    expect([code !== 0, build!.asked().filter((line) => line.includes("start-execution")).length]).to.deep.equal([
      true,
      1,
    ]);
    expect(says).to.contain("ended (SUCCEEDED)").and.to.not.contain("retry the stage");
  });

  it("train: starts nothing where it cannot see what waits", () => {
    const { code, says } = running([["list-model-packages", "fail"], ...started, runs]).run("train", training);
    expect([code !== 0, build!.asked().length]).to.deep.equal([true, 1]);
    expect(says).to.contain("AccessDenied");
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

  it("deploy: looks again where it could not look, and says nothing of what is live until then", () => {
    const { code, says } = running([
      ["--query status", "once fail"],
      ["--query status", "once RUNNING"],
      ["--query status", "SUCCEEDED"],
      ["error, cause", "fail"],
    ]).run("deploy", release);
    expect(code, says).to.equal(0);
    expect(says).to.not.contain("live");
  });

  it("deploy: does not say that what was live is live where the run was stopped from outside", () => {
    const { code, says } = running([["--query status", "ABORTED"]]).run("deploy", release);
    expect(code).to.not.equal(0);
    expect(says).to.contain("ABORTED").and.to.not.contain("what was live before is live");
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

  it("build: hands on whether it changed what is trained, and not what else the repository says", () => {
    running([]);
    build!.write("delivery/install.sh", "#!/bin/sh\n");
    build!.write("delivery/test.sh", "#!/bin/sh\n");
    build!.write("delivery/images.sh", '#!/bin/sh\nprintf "COMMIT=abc\\nTRAIN=false\\n" >"$RESULTS"\n');
    expect(build!.run("build", {})).to.deep.include({ code: 0, exported: "TRAIN=false" });
  });
});
