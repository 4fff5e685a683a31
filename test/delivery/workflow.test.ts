import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { previewReport } from "../../delivery/previewReport";
import { deliveredProject } from "../../delivery/stacks";
import { workflowOf } from "../../delivery/workflow";

const project = join(__dirname, "../..");
interface Job {
  if?: string;
  needs?: string[];
  permissions: Record<string, string>;
  "timeout-minutes": number;
  concurrency: { group: string; "cancel-in-progress": boolean };
  environment?: string;
  env: Record<string, string>;
  steps: { run?: string; uses?: string; with?: Record<string, unknown> }[];
}

/** A project of the same stack files, with some of their delivery sections written anew. */
function projectWith(change: (delivery: Record<string, unknown>, stack: string) => object): string {
  const folder = mkdtempSync(join(tmpdir(), "mlplatform-delivery-"));
  cpSync(join(project, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  for (const stack of ["dev", "prod"]) {
    const file = parse(readFileSync(join(project, `Pulumi.${stack}.yaml`), "utf8"));
    file.config["mlplatform:delivery"] = change(file.config["mlplatform:delivery"], stack);
    writeFileSync(join(folder, `Pulumi.${stack}.yaml`), stringify(file));
  }
  return folder;
}

describe("the workflow of GitHub Actions", () => {
  const { file, text } = workflowOf(project, "prod");
  const { jobs, permissions, on } = parse(text) as { jobs: Record<string, Job>; permissions: object; on: object };

  it("is what npm run delivery writes from the stack files, whichever of them is named", () => {
    expect(file).to.equal(".github/workflows/delivery.yml");
    expect(readFileSync(join(project, file), "utf8") === text, "stale: run npm run delivery -- --stack prod").to.equal(
      true,
    );
    expect(workflowOf(project, "dev").text).to.equal(text);
  });

  it("starts on pull requests, merges and once a night, with no right but those of its jobs", () => {
    expect(on).to.deep.equal({
      pull_request: {},
      push: { branches: ["main"] },
      schedule: [{ cron: "17 3 * * *" }],
    });
    expect(permissions).to.deep.equal({});
  });

  it("gives each job what it takes and no more: only comments and issues are written", () => {
    const token = { contents: "read", "id-token": "write" };
    const given = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions]));
    expect(given).to.deep.equal(
      Object.fromEntries(
        ["dev", "prod"].flatMap((stack) => [
          [`preview-${stack}`, { ...token, "pull-requests": "write" }],
          [`images-${stack}`, token],
          [`up-${stack}`, token],
          [`drift-${stack}`, { ...token, issues: "write" }],
        ]),
      ),
    );
  });

  it("takes the role of its job, which the account's trust is for", () => {
    for (const stack of ["dev", "prod"]) {
      for (const [job, role] of Object.entries({
        preview: "preview",
        images: "images",
        up: "deploy",
        drift: "drift",
      })) {
        expect(jobs[`${job}-${stack}`]!.env.ROLE_NAME).to.equal(`mlplatform-${stack}-${role}`);
      }
    }
  });

  it("previews pull requests of its own branches alone", () => {
    for (const stack of ["dev", "prod"]) {
      expect(jobs[`preview-${stack}`]!.if).to.equal(
        `github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository && vars.${stack.toUpperCase()}_AWS_ACCOUNT_ID != ''`,
      );
    }
  });

  it("updates dev by a merge, and prod after it and after an approval; two updates of a stack never meet", () => {
    const [dev, prod] = [jobs["up-dev"]!, jobs["up-prod"]!];
    expect([dev.environment, prod.environment]).to.deep.equal([undefined, "prod"]);
    expect([dev.needs, prod.needs]).to.deep.equal([["images-dev"], ["images-prod", "up-dev"]]);
    expect(dev.concurrency).to.deep.equal({ group: "stack-dev", "cancel-in-progress": false });
    expect(prod.concurrency).to.deep.equal({ group: "stack-prod", "cancel-in-progress": false });
    expect(jobs["drift-prod"]!.concurrency.group).to.equal("stack-prod");
  });

  it("has no cache where credentials are that change something, an end to each job, and scripts of its own", () => {
    for (const [name, job] of Object.entries(jobs)) {
      expect(job["timeout-minutes"], name).to.be.within(1, 180);
      const cached = job.steps.some(({ with: given }) => given?.cache !== undefined);
      expect(cached, name).to.equal(name.startsWith("preview-"));
      for (const { run } of job.steps) {
        if (run === undefined) continue;
        expect(run, name).to.match(/^(npm ci|npm audit --omit=dev --audit-level=high|delivery\/steps\/\w+\.sh.*)$/);
        const [script = ""] = run.split(" ");
        if (script.startsWith("delivery/")) expect(existsSync(join(project, script)), script).to.equal(true);
      }
      for (const { uses, with: given } of job.steps)
        if (uses?.startsWith("actions/checkout")) expect(given).to.deep.equal({ "persist-credentials": false });
    }
  });
});

describe("workflows of other stack files", () => {
  let folder: string | undefined;
  afterEach(() => folder && rmSync(folder, { recursive: true }));

  it("are GitLab's, with a token for each job and one update of a stack at a time", () => {
    folder = projectWith((given) => ({
      source: { provider: "gitlab", host: "git.example.com", repository: "group/ml" },
      environments: { dev: {}, prod: { branch: "production", approvers: ["leads"] } },
      ...(given.models ? { models: { churn: { repository: "group/churn" } } } : {}),
    }));
    const { file, text } = workflowOf(folder, "dev");
    const all = parse(text);
    expect(file).to.equal(".gitlab-ci.yml");
    expect(Object.keys(all)).to.deep.equal([
      ...["stages", "default", "preview-dev", "images-dev", "up-dev", "drift-dev"],
      ...["preview-prod", "images-prod", "up-prod", "drift-prod"],
    ]);
    for (const stack of ["dev", "prod"]) {
      const up = all[`up-${stack}`];
      expect(up.id_tokens).to.deep.equal({ AWS_ID_TOKEN: { aud: "https://git.example.com" } });
      expect([up.resource_group, up.interruptible, up.environment]).to.deep.equal([
        `stack-${stack}`,
        false,
        { name: stack },
      ]);
    }
    expect(all["up-prod"].rules).to.deep.equal([
      { if: '$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == "production" && $PROD_AWS_ACCOUNT_ID' },
    ]);
    expect(all["preview-prod"].rules[0].if).to.contain("merge_request_event");
  });

  it("are refused where two stack files say different things", () => {
    folder = projectWith((given, stack) => (stack === "dev" ? { source: given.source } : given));
    expect(() => deliveredProject(folder!, "prod")).to.throw(
      "say different things of delivery.source and delivery.environments",
    );
  });

  it("need no variable where the stack file says the account", () => {
    folder = projectWith((given) => given);
    for (const stack of ["dev", "prod"]) {
      const path = join(folder, `Pulumi.${stack}.yaml`);
      const stackFile = parse(readFileSync(path, "utf8"));
      stackFile.config["mlplatform:foundation"].accountId = "000000000000";
      writeFileSync(path, stringify(stackFile));
    }
    const { text } = workflowOf(folder, "prod");
    expect(text).to.not.contain("vars.");
    expect(parse(text).jobs["up-dev"].env.AWS_ACCOUNT_ID).to.equal("000000000000");
  });
});

describe("steps of workflows, as processes", () => {
  const folder = mkdtempSync(join(tmpdir(), "mlplatform-as-role-"));
  after(() => rmSync(folder, { recursive: true }));
  const play = (name: string, text: string) => {
    mkdirSync(join(folder, "bin"), { recursive: true });
    writeFileSync(join(folder, "bin", name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
  };
  const asRole = (env: Record<string, string>, ...command: string[]) =>
    execFileSync(join(project, "delivery/steps/as-role.sh"), ["arn:aws:iam::000000000000:role/r", ...command], {
      env: { PATH: `${join(folder, "bin")}:${process.env.PATH}`, ...env },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });

  before(() => {
    play("curl", 'echo "$*" >"$(dirname "$0")/../asked"; echo \'{"value": "token-of-the-job"}\'');
    play(
      "aws",
      'echo "$*" >"$(dirname "$0")/../assumed"; [ -z "$REFUSE" ] || exit 254; printf "id\\tkey\\tsession\\n"',
    );
  });

  it("take the role for the job's token, for one command, which no longer sees the token", () => {
    const says = asRole(
      { ACTIONS_ID_TOKEN_REQUEST_URL: "https://token.example.com/?a=b", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "bearer" },
      "bash",
      "-c",
      'echo "$AWS_ACCESS_KEY_ID $AWS_SESSION_TOKEN [$ACTIONS_ID_TOKEN_REQUEST_TOKEN]"',
    );
    expect(says.trim()).to.equal("id session []");
    expect(readFileSync(join(folder, "asked"), "utf8")).to.contain(
      "https://token.example.com/?a=b&audience=sts.amazonaws.com",
    );
    expect(readFileSync(join(folder, "assumed"), "utf8"))
      .to.contain("--role-arn arn:aws:iam::000000000000:role/r")
      .and.to.contain("token-of-the-job");
  });

  it("take GitLab's token as it is, and run as whoever is signed in where there is none", () => {
    expect(asRole({ AWS_ID_TOKEN: "token-of-gitlab" }, "bash", "-c", 'echo "$AWS_ACCESS_KEY_ID"').trim()).to.equal(
      "id",
    );
    expect(readFileSync(join(folder, "assumed"), "utf8")).to.contain("--web-identity-token token-of-gitlab");
    expect(asRole({}, "bash", "-c", 'echo "[$AWS_ACCESS_KEY_ID]"').trim()).to.equal("[]");
  });

  it("run nothing where AWS gives no credentials", () => {
    expect(() => asRole({ AWS_ID_TOKEN: "t", REFUSE: "1" }, "touch", join(folder, "ran"))).to.throw(
      /gave no credentials for arn/,
    );
    expect(existsSync(join(folder, "ran"))).to.equal(false);
  });
});

describe("images of the platform, pushed by a job", () => {
  const folder = mkdtempSync(join(tmpdir(), "mlplatform-images-"));
  after(() => rmSync(folder, { recursive: true }));
  /** Runs the step with a `make` and an `aws` of these texts. Says what was made. */
  const push = (make: string, describeImages: string) => {
    mkdirSync(join(folder, "bin"), { recursive: true });
    const play = (name: string, text: string) =>
      writeFileSync(join(folder, "bin", name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
    const made = join(folder, "made");
    rmSync(made, { force: true });
    play("docker", "cat >/dev/null");
    play("aws", `case "$*" in *describe-images*) ${describeImages} ;; esac`);
    play("make", `case "$*" in *own-images) ${make} ;; *) echo "$1" >>"${made}" ;; esac`);
    const { status, stdout, stderr } = spawnSync(join(project, "delivery/steps/images.sh"), {
      env: {
        ...{ PATH: `${join(folder, "bin")}:${process.env.PATH}`, STACK: "dev", TAG: "1.2.3", ROLE_NAME: "r" },
        ...{ AWS_ACCOUNT_ID: "000000000000", AWS_REGION: "eu-west-1" },
      },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { code: status, says: `${stdout}${stderr}`, made: existsSync(made) ? readFileSync(made, "utf8") : "" };
  };
  const list = "echo training model-server";

  it("are those that the registry says it does not have", () => {
    const found = '[[ "$*" == *dev/training* ]] || { echo "ImageNotFoundException" >&2; exit 254; }';
    const { code, says, made } = push(list, found);
    expect([code, made]).to.deep.equal([0, "image-model-server\n"]);
    expect(says).to.contain("training:1.2.3 is there.");
  });

  it("are not made where the registry does not answer, and the job says what it said", () => {
    const { code, says, made } = push(list, 'echo "AccessDeniedException: not yours" >&2; exit 254');
    expect([code, made]).to.deep.equal([1, ""]);
    expect(says).to.contain("AccessDeniedException: not yours");
  });

  it("fail where it is not known which they are", () => {
    const { code, made } = push("exit 2", "exit 0");
    expect([code, made]).to.deep.equal([2, ""]);
  });
});

describe("what a pull request is told of a stack", () => {
  const urn = (type: string, name: string) => `urn:pulumi:dev::mlplatform::mlplatform:index:Platform$${type}::${name}`;
  const policy = (...actions: string[]) => ({
    inputs: { policy: JSON.stringify({ Statement: [{ Effect: "Allow", Action: actions, Resource: ["arn:x"] }] }) },
  });

  it("is what changes, what is lost, and permissions that come and go", () => {
    const preview = {
      changeSummary: { same: 400, update: 1, replace: 1 },
      steps: [
        { op: "same", urn: urn("aws:s3/bucket:Bucket", "kept") },
        { op: "replace", urn: urn("aws:rds/instance:Instance", "database") },
        {
          op: "update",
          urn: urn("aws:iam/rolePolicy:RolePolicy", "gate"),
          oldState: policy("s3:GetObject", "s3:ListBucket"),
          newState: policy("s3:GetObject", "s3:PutObject"),
        },
      ],
    };
    expect(previewReport("dev", JSON.stringify(preview)).split("\n")).to.deep.equal([
      "### Stack `dev`",
      "",
      "Resources: 1 changed, 1 replaced.",
      "",
      "<details><summary>Would be replaced or deleted (1)</summary>",
      "",
      "- replaced: aws:rds/instance:Instance database",
      "",
      "</details>",
      "",
      "<details><summary>Permissions (2)</summary>",
      "",
      '- aws:iam/rolePolicy:RolePolicy gate: **+** `Allow s3:PutObject ["arn:x"]`',
      '- aws:iam/rolePolicy:RolePolicy gate: **−** `Allow s3:ListBucket ["arn:x"]`',
      "",
      "</details>",
      "",
    ]);
  });

  /** Lines about permissions of one change. */
  const changed = (type: string, before?: object, after?: object) =>
    previewReport(
      "dev",
      JSON.stringify({
        changeSummary: { update: 1 },
        steps: [
          {
            ...{ op: "update", urn: urn(type, "gate") },
            ...(before ? { oldState: { inputs: before } } : {}),
            ...(after ? { newState: { inputs: after } } : {}),
          },
        ],
      }),
    )
      .split("\n")
      .filter((line) => line.startsWith(`- ${type} gate: `))
      .map((line) => line.replace(`- ${type} gate: `, ""));
  const statement = (given: object) => ({ policy: JSON.stringify({ Statement: [{ Effect: "Allow", ...given }] }) });
  const rolePolicy = "aws:iam/rolePolicy:RolePolicy";

  it("shows that a condition has gone", () => {
    const given = { Action: "sagemaker:UpdateModelPackage", Resource: "arn:x" };
    const only = { StringEquals: { "sagemaker:ModelApprovalStatus": "Rejected" } };
    expect(changed(rolePolicy, statement({ ...given, Condition: only }), statement(given))).to.deep.equal([
      '**+** `Allow sagemaker:UpdateModelPackage "arn:x"`',
      `**−** \`Allow sagemaker:UpdateModelPackage "arn:x" Condition ${JSON.stringify(only)}\``,
    ]);
  });

  it("shows statements that say what they do not allow, and who is allowed beside what", () => {
    expect(changed(rolePolicy, undefined, statement({ NotAction: "iam:*", NotResource: ["arn:x"] }))).to.deep.equal([
      '**+** `Allow NotAction "iam:*" NotResource ["arn:x"]`',
    ]);
    const read = { Action: "s3:GetObject", Resource: "arn:x" };
    const type = "aws:s3/bucketPolicy:BucketPolicy";
    const [own, all] = [{ AWS: "arn:own" }, "*"];
    expect(changed(type, statement({ ...read, Principal: own }), statement({ ...read, Principal: all }))).to.deep.equal(
      [
        '**+** `Allow s3:GetObject "arn:x" Principal "*"`',
        '**−** `Allow s3:GetObject "arn:x" Principal {"AWS":"arn:own"}`',
      ],
    );
  });

  it("shows nothing where only the name of a statement changes", () => {
    const given = { Action: ["a:B"], Resource: "arn:x" };
    expect(changed(rolePolicy, statement({ ...given, Sid: "One" }), statement({ ...given, Sid: "Two" }))).to.deep.equal(
      [],
    );
  });

  it("shows policies wherever they are, and takes none that keeps images for one that permits", () => {
    const { policy } = statement({ Action: "kms:Decrypt", Resource: "*" });
    const shown = ['**+** `Allow kms:Decrypt "*"`'];
    expect(changed("aws:kms/key:Key", {}, { policy })).to.deep.equal(shown);
    expect(
      changed("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", undefined, { policyDocument: policy }),
    ).to.deep.equal(shown);
    const rules = JSON.stringify({ rules: [{ rulePriority: 1 }] });
    expect(changed("aws:ecr/lifecyclePolicy:LifecyclePolicy", undefined, { policy: rules })).to.deep.equal([]);
  });

  it("shows policies that are attached to a role, and those that no longer are", () => {
    const type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
    const policyArn = "arn:aws:iam::aws:policy/AdministratorAccess";
    expect(changed(type, undefined, { role: "r", policyArn })).to.deep.equal([`**+** \`Attached ${policyArn}\``]);
    expect(changed(type, { role: "r", policyArn })).to.deep.equal([`**−** \`Attached ${policyArn}\``]);
    expect(changed(type, undefined, { role: "r", policyArn: "04da6b54" })).to.deep.equal([
      "known when the update comes to it",
    ]);
  });

  it("counts a policy that is replaced once, with what it no longer gives and no more", () => {
    const [before, after] = [policy("a:Kept", "a:Gone"), policy("a:Kept")];
    const gate = urn(rolePolicy, "gate");
    const steps = [
      { op: "create-replacement", urn: gate, oldState: before, newState: after },
      { op: "replace", urn: gate, oldState: before, newState: after },
      { op: "delete-replaced", urn: gate, oldState: before },
    ];
    const says = previewReport("dev", JSON.stringify({ steps, changeSummary: { replace: 1 } }));
    expect(says.split("\n").filter((line) => /\*\*[+−]\*\*/.test(line))).to.deep.equal([
      `- ${rolePolicy} gate: **−** \`Allow a:Gone ["arn:x"]\``,
    ]);
  });

  it("says that nothing changes, that it failed, and why", () => {
    expect(previewReport("dev", '{"steps": [], "changeSummary": {"same": 3}}')).to.contain("Nothing would change.");
    const failed = { diagnostics: [{ severity: "error", message: "1 problem in Pulumi.dev.yaml\nmore" }] };
    expect(previewReport("dev", JSON.stringify(failed)))
      .to.contain("The preview failed.")
      .and.to.contain("- 1 problem in Pulumi.dev.yaml");
    expect(previewReport("dev", "")).to.contain("failed before it had a result");
  });

  it("does not guess permissions that are known only when the update comes to them", () => {
    const step = {
      op: "create",
      urn: urn("aws:iam/rolePolicy:RolePolicy", "gate"),
      newState: { inputs: { policy: "04da6b54" } },
    };
    expect(previewReport("dev", JSON.stringify({ steps: [step], changeSummary: { create: 1 } }))).to.contain(
      "gate: known when the update comes to it",
    );
  });
});
