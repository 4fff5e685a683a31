import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";

const sources = join(__dirname, "../../workloads/mlplatform/src");
const template = join(sources, "mlplatform/template/common");

/** Plays the registry: images that were pushed are there, and all that is asked is written down. */
const played: Record<string, string> = {
  docker: `echo "docker $*" >>"$PLAY/asked"
case "$1" in
build) [[ "$*" != *"--file $(cat "$PLAY/broken" 2>/dev/null)/"* ]] || { echo "no space left" >&2; exit 1; } ;;
push) touch "$PLAY/pushed-$(basename "\${*: -1}")" ;;
inspect) echo "registry/x@sha256:0123" ;;
login) cat >/dev/null ;;
esac`,
  aws: `echo "aws $*" >>"$PLAY/asked"
pattern='repository-name [a-z/]*/([a-z-]+) --image-ids imageTag=([0-9a-f]+)'
if [[ "$*" =~ $pattern ]]; then
  [ -e "$PLAY/pushed-\${BASH_REMATCH[1]}:\${BASH_REMATCH[2]}" ] || { echo "ImageNotFoundException" >&2; exit 254; }
fi
case "$*" in
*start-execution*) [ "$(grep -c start-execution "$PLAY/asked")" -gt "$(cat "$PLAY/throttled" 2>/dev/null || echo 0)" ] ||
  { echo "ThrottlingException" >&2; exit 254; }; echo arn:execution ;;
*describe-execution*) cat "$PLAY/status" 2>/dev/null || echo RUNNING ;;
esac`,
};

/** A clone of a repository that `mlplatform new` made, and what its jobs do. */
class Project {
  readonly folder = mkdtempSync(join(tmpdir(), "mlplatform-project-"));
  readonly clone = join(this.folder, "clone");

  constructor() {
    mkdirSync(join(this.folder, "bin"));
    for (const [name, text] of Object.entries(played))
      writeFileSync(join(this.folder, "bin", name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
    // A python3 that is a shim may put programs of its own before the played ones.
    const python = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
    symlinkSync(python, join(this.folder, "bin/python3"));
    execFileSync("python3", ["-m", "mlplatform", "new", "churn", "--folder", this.clone], {
      env: { ...process.env, PYTHONPATH: sources, PYTHONDONTWRITEBYTECODE: "1" },
      stdio: "pipe",
    });
    this.git("init", "--quiet", "--initial-branch=main");
    this.commit("first");
  }

  private git(...args: string[]): string {
    const identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
    return execFileSync("git", [...identity, ...args], { cwd: this.clone, encoding: "utf8" }).trim();
  }

  /** Appends to files and commits. */
  commit(message: string, ...files: string[]): string {
    for (const file of files) {
      mkdirSync(join(this.clone, file, ".."), { recursive: true });
      writeFileSync(join(this.clone, file), `# ${message}\n`, { flag: "a" });
    }
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", message);
    return this.git("rev-parse", "HEAD");
  }

  /** Lets the registry or the account do something else than what it does by itself. */
  play(what: "broken" | "throttled" | "status", value: string): void {
    writeFileSync(join(this.folder, what), value);
  }

  /** The job of a push: tests, then delivery. Says what was built, pushed and started. */
  push(): { code: number; says: string; did: string[] } {
    rmSync(join(this.folder, "asked"), { force: true });
    const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-ec", "delivery/test.sh && delivery/deliver.sh"], {
      cwd: this.clone,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"], // With a socket as its input bash would read the machine's own settings.
      env: {
        PATH: `${join(this.folder, "bin")}:${process.env.PATH}`,
        PLAY: this.folder,
        AWS_ROLE: "arn:aws:iam::000000000000:role/r",
        REGISTRY: "registry.example.com/mlplatform/test",
        IMAGES: "training=churn-training serving=churn-serving",
        BASE_TRAINING: "registry.example.com/training:1",
        MACHINE_ARN: "arn:machine",
        PAUSE_SECONDS: "0",
        START_PAUSES_SECONDS: "0 0 0",
      },
    });
    const asked = existsSync(join(this.folder, "asked"))
      ? readFileSync(join(this.folder, "asked"), "utf8").split("\n")
      : [];
    const did = asked.flatMap((line) => {
      const built = /docker build .*--file (\w+)\/Dockerfile/.exec(line)?.[1];
      if (built) return [`build ${built}`];
      if (line.startsWith("docker push")) return [`push ${/churn-\w+/.exec(line)![0]}`];
      return line.includes("start-execution") ? ["train"] : [];
    });
    return { code: status ?? -1, says: `${stdout}${stderr}`, did };
  }

  asked(): string {
    return readFileSync(join(this.folder, "asked"), "utf8");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

describe("a model's repository, its jobs run as processes against a played registry", function () {
  this.timeout(120_000);
  let project: Project;
  const tests = (code: number) => writeFileSync(join(project.clone, "delivery/test.sh"), `#!/bin/sh\nexit ${code}\n`);
  beforeEach(() => {
    project = new Project();
    tests(0);
    project.commit("tests that are played");
  });
  afterEach(() => project.remove());
  const first = ["build serving", "build training", "push churn-serving", "push churn-training", "train"];

  it("builds all and trains at first, and nothing when the same commit comes again", () => {
    expect(project.push().did).to.deep.equal(first);
    expect(project.push()).to.deep.include({ code: 0, did: [] });
  });

  const cases: [what: string, files: string[], did: string[]][] = [
    ["documents", ["README.md", "docs/guide.md"], []],
    ["tests", ["tests/test_more.py"], []],
    ["code that serves", ["serving/Dockerfile"], ["build serving", "push churn-serving"]],
    ["code that trains", ["training/src/churn_project/train.py"], ["build training", "push churn-training", "train"]],
    ["both, and documents", ["training/src/churn_project/train.py", "serving/Dockerfile", "README.md"], first],
  ];
  for (const [what, files, did] of cases) {
    it(`a commit that changes ${what} leads to ${did.join(", ") || "nothing"}`, () => {
      project.push();
      project.commit(what, ...files);
      const result = project.push();
      expect(result, result.says).to.deep.include({ code: 0, did });
    });
  }

  it("several commits of one push lead to what all of them changed", () => {
    project.push();
    project.commit("one", "training/src/churn_project/train.py");
    project.commit("two", "README.md");
    expect(project.push().did).to.deep.equal(["build training", "push churn-training", "train"]);
  });

  it("a failing test stops before anything is built or pushed", () => {
    project.push();
    tests(1);
    project.commit("broken", "training/src/churn_project/train.py");
    const { code, did } = project.push();
    expect([code !== 0, did]).to.deep.equal([true, []]);
  });

  for (const kind of ["serving", "training"]) {
    it(`pushes nothing where the build of ${kind} fails, and does all of it when the job runs again`, () => {
      project.play("broken", kind);
      const failed = project.push();
      expect([failed.code !== 0, failed.did.filter((each) => !each.startsWith("build"))]).to.deep.equal([true, []]);
      project.play("broken", "nothing");
      expect(project.push()).to.deep.include({ code: 0, did: first });
    });
  }

  it("starts a training that was throttled once more", () => {
    project.play("throttled", "2");
    expect(project.push()).to.deep.include({ code: 0, did: [...first, "train", "train"] });
  });

  it("fails where the training cannot be started, and says what to do", () => {
    project.play("throttled", "9");
    const { code, did, says } = project.push();
    expect([code, did.filter((each) => each === "train").length]).to.deep.equal([1, 4]);
    expect(says)
      .to.contain("The training was not started.")
      .and.to.contain("start the state machine arn:machine by hand");
  });

  for (const [status, words] of [
    ["SUCCEEDED", "Another run of the model is under way"],
    ["FAILED", "The run ended as FAILED."],
  ] as const) {
    it(`fails where the run it started is ${status} at once, and starts no other`, () => {
      project.play("status", status);
      const { code, did, says } = project.push();
      expect([code, did]).to.deep.equal([1, first]);
      expect(says).to.contain(words).and.to.contain("start the state machine arn:machine by hand");
      expect(says).to.not.contain("was not started");
    });
  }

  it("signs in to the registry, where bases may be, once and before the first build", () => {
    project.push();
    const calls = project.asked().match(/^docker (login|build)/gm);
    expect(calls).to.deep.equal(["docker login", "docker build", "docker build"]);
  });

  it("builds each image on the base that the variable of its kind names", () => {
    project.push();
    const [serving, training] = project
      .asked()
      .split("\n")
      .filter((line) => line.startsWith("docker build"));
    expect(training).to.contain("--build-arg BASE=registry.example.com/training:1 ");
    expect(serving).to.not.contain("BASE=");
  });

  it("has the commit on the image and in the reason of the run", () => {
    project.push();
    const commit = project.commit("new", "training/src/churn_project/train.py");
    project.push();
    expect(project.asked()).to.contain(`--label org.opencontainers.image.revision=${commit}`);
    expect(project.asked()).to.contain(`churn-training:${commit.slice(0, 12)}`);
    expect(project.asked()).to.contain(`{"reason": "commit ${commit}"}`);
  });

  it("refuses a clone without its history, in which everything would seem new", () => {
    project.commit("second", "README.md");
    const shallow = join(project.folder, "shallow");
    execFileSync("git", ["clone", "--quiet", "--depth=1", `file://${project.clone}`, shallow]);
    const { status, stderr } = spawnSync("python3", ["delivery/route.py", "training=a"], {
      cwd: shallow,
      encoding: "utf8",
    });
    expect([status !== 0, stderr]).to.satisfy(
      ([failed, text]: [boolean, string]) => failed && /fetch-depth: 0/.test(text),
    );
  });
});

describe("the template of a model's repository", () => {
  it("takes roles by the platform's own script", () => {
    const own = readFileSync(join(__dirname, "../../delivery/steps/as-role.sh"), "utf8");
    expect(readFileSync(join(template, "delivery/as-role.sh"), "utf8")).to.equal(own);
  });

  it("is told the bases of its images by the same names on each host", () => {
    const { jobs } = parse(readFileSync(join(template, ".github/workflows/model.yml"), "utf8"));
    for (const name of ["BASE_TRAINING", "BASE_SERVING"])
      expect(jobs.deliver.env[name]).to.equal(`\${{ vars.${name} }}`);
    // Variables of a GitLab project are in its jobs by themselves.
    const { deliver } = parse(readFileSync(join(template, ".gitlab-ci.yml"), "utf8"));
    expect(Object.keys(deliver.variables).filter((name) => /^BASE_/i.test(name))).to.deep.equal([]);
  });

  it("gives its tests no token, and delivers one commit after the other", () => {
    const { jobs, permissions } = parse(readFileSync(join(template, ".github/workflows/model.yml"), "utf8"));
    expect(permissions).to.deep.equal({});
    expect(jobs.test.permissions).to.deep.equal({ contents: "read" });
    expect(jobs.deliver).to.deep.include({
      needs: "test",
      if: "github.event_name == 'push'",
      permissions: { contents: "read", "id-token": "write" },
      concurrency: { group: "deliver", "cancel-in-progress": false },
    });
    for (const { uses } of [...jobs.test.steps, ...jobs.deliver.steps])
      if (uses) expect(uses).to.match(/@[0-9a-f]{40}$/);
  });
});
