import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { dagScriptFiles } from "../../charts/values/jupyterhubNames";

/** The scripts of the init containers, run as they are, with the real git, on repositories of this machine. */
describe("the clone of the DAGs in a home", () => {
  let root: string;
  let home: string;
  let upstream: string;

  const sh = (command: string, args: string[], env: Record<string, string> = {}, cwd = root) =>
    spawnSync(command, args, {
      cwd,
      encoding: "utf8",
      timeout: 20_000,
      env: { PATH: process.env.PATH ?? "", HOME: root, GIT_CONFIG_NOSYSTEM: "1", ...env },
    });
  const git = (where: string, ...args: string[]) => {
    const { status, stdout, stderr } = sh("git", ["-C", where, ...args]);
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  const publish = (text: string) => {
    writeFileSync(join(upstream, "dag.py"), text);
    git(upstream, "add", "dag.py");
    git(upstream, "commit", "--quiet", "--message", text);
  };
  /** One start of a server: both containers. Whatever happens, both must end well. */
  const start = (repository = upstream, extra: Record<string, string> = {}) => {
    const env = {
      DAGS_REPOSITORY: repository,
      DAGS_BRANCH: "main",
      DAGS_FETCHED: join(root, "fetched", "dags"),
      DAGS_HOME: home,
      DAGS_SCRIPTS: join(root, "scripts"),
      DAGS_CREDENTIALS: join(root, "credentials"),
      DAGS_TIMEOUT_SECONDS: "5",
      ...extra,
    };
    const said = ["fetch_dags.sh", "place_dags.sh"].map((script) => {
      const { status, stdout, stderr } = sh("sh", [join(root, "scripts", script)], env);
      expect(status, `${script}: ${stdout}${stderr}`).to.equal(0);
      return stdout + stderr;
    });
    return said.join("");
  };
  const inHome = () => readFileSync(join(home, "dag.py"), "utf8");

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "dags-"));
    home = join(root, "home", "dags");
    upstream = join(root, "upstream");
    for (const folder of ["home", "fetched", "scripts", "credentials"]) mkdirSync(join(root, folder));
    for (const [name, text] of Object.entries(dagScriptFiles())) {
      writeFileSync(join(root, "scripts", name), text, { mode: 0o755 });
    }
    sh("git", ["config", "--global", "user.name", "Someone"]);
    sh("git", ["config", "--global", "user.email", "someone@example.com"]);
    sh("git", ["init", "--quiet", "--initial-branch", "main", upstream]);
    publish("one");
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it("is there after the first start, and belongs to the real repository", () => {
    start();
    expect(inHome()).to.equal("one");
    expect(git(home, "remote", "get-url", "origin")).to.equal(upstream);
  });

  it("follows the branch at every later start", () => {
    for (const text of ["two", "three", "four"]) {
      start();
      publish(text);
    }
    start();
    start();
    expect(inHome()).to.equal("four");
    expect(git(home, "status", "--porcelain", "--branch")).to.equal("## main...origin/main");
  });

  it("keeps uncommitted work", () => {
    start();
    writeFileSync(join(home, "dag.py"), "mine");
    publish("two");
    expect(start()).to.contain("uncommitted work");
    expect(inHome()).to.equal("mine");
    expect(git(home, "show", "origin/main:dag.py")).to.equal("two");
  });

  it("keeps a file of one's own that the branch now has too", () => {
    start();
    writeFileSync(join(home, "new.py"), "mine");
    writeFileSync(join(upstream, "new.py"), "theirs");
    git(upstream, "add", "new.py");
    git(upstream, "commit", "--quiet", "--message", "new");
    start();
    expect(readFileSync(join(home, "new.py"), "utf8")).to.equal("mine");
  });

  it("keeps commits of one's own", () => {
    start();
    git(home, "commit", "--quiet", "--allow-empty", "--message", "mine");
    publish("two");
    expect(start()).to.contain("not merged");
    expect(git(home, "log", "-1", "--format=%s")).to.equal("mine");
  });

  it("leaves another branch checked out, and files that are no clone", () => {
    start();
    git(home, "checkout", "--quiet", "-b", "idea");
    publish("two");
    start();
    expect(git(home, "branch", "--show-current")).to.equal("idea");
    rmSync(home, { recursive: true });
    mkdirSync(home);
    writeFileSync(join(home, "notes.txt"), "mine");
    expect(start()).to.contain("left alone");
    expect(readFileSync(join(home, "notes.txt"), "utf8")).to.equal("mine");
  });

  it("stays as it is where nothing can be fetched, and is made later", () => {
    expect(start("https://127.0.0.1:1/dags.git")).to.contain("could not be fetched");
    expect(existsSync(home)).to.equal(false);
    start();
    expect(start("https://127.0.0.1:1/dags.git")).to.contain("keeps what it has");
    expect(inHome()).to.equal("one");
  });

  it("is whole or absent when a start is cut short", () => {
    mkdirSync(`${home}.new`);
    writeFileSync(join(`${home}.new`, "half"), "");
    start();
    expect(inHome()).to.equal("one");
    expect(existsSync(`${home}.new`)).to.equal(false);
  });

  it("does not stop a server whose image has no git", () => {
    const bin = join(root, "bin");
    mkdirSync(bin);
    const shell = sh("sh", ["-c", "command -v sh"]).stdout.trim();
    const { status, stdout } = sh(shell, [join(root, "scripts", "fetch_dags.sh")], { PATH: bin });
    expect([status, stdout]).to.deep.equal([0, "This image has no git: the home gets no clone of the DAGs.\n"]);
  });

  it("lets nothing of a home run where the credentials are", () => {
    start();
    writeFileSync(join(home, ".git", "hooks", "post-checkout"), `#!/bin/sh\ntouch ${root}/ran\n`, { mode: 0o755 });
    git(home, "config", "core.fsmonitor", `touch ${root}/ran; true`);
    rmSync(join(root, "ran"), { force: true });
    const env = {
      DAGS_REPOSITORY: upstream,
      DAGS_BRANCH: "main",
      DAGS_FETCHED: join(root, "fetched", "dags"),
      DAGS_SCRIPTS: join(root, "scripts"),
      DAGS_CREDENTIALS: join(root, "credentials"),
    };
    // Without DAGS_HOME the script could not even name it.
    expect(sh("sh", [join(root, "scripts", "fetch_dags.sh")], env).status).to.equal(0);
    expect(existsSync(join(root, "ran"))).to.equal(false);
  });

  it("answers git with the name and the token of the Secret, and with a name of its own where there is none", () => {
    const answer = (question: string) =>
      sh(join(root, "scripts", "answer_git.sh"), [question], { DAGS_CREDENTIALS: join(root, "credentials") }).stdout;
    writeFileSync(join(root, "credentials", "GITSYNC_PASSWORD"), "made-up");
    expect(answer("Password for 'https://git.example.com': ")).to.equal("made-up");
    expect(answer("Username for 'https://git.example.com': ").trim()).to.equal("git");
    writeFileSync(join(root, "credentials", "GITSYNC_USERNAME"), "robot");
    expect(answer("Username for 'https://git.example.com': ")).to.equal("robot");
  });
});
