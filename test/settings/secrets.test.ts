import { expect } from "chai";
import { parseSettings } from "../../components/settings/parse";
import { SettingsProblems } from "../../components/settings/problems";
import { minimalAws, problemsOf } from "./fixtures";

// Put together here, so that no scanner takes this file for a leak.
const secrets: [what: string, text: string][] = [
  ["an AWS access key", `AKIA${"Q".repeat(16)}`],
  ["a private key", `-----BEGIN RSA ${"PRIVATE"} KEY-----\nabcdef`],
  ["an OpenSSH key", `-----BEGIN OPENSSH ${"PRIVATE"} KEY-----\nabcdef`],
  ["a GitHub token", `${"ghp"}_${"a1".repeat(18)}`],
  ["a fine-grained GitHub token", `${"github"}_pat_${"a1".repeat(20)}`],
  ["a GitLab token", `${"glpat"}-${"a1".repeat(10)}`],
  ["a Slack token", `${"xoxb"}-${"1234567890"}-abcdef`],
  ["a Slack webhook", `https://hooks.${"slack"}.com/services/T0/B0/abc`],
  ["an address with a password", `postgresql://mlflow:${"hunter"}22@db.example.com/mlflow`],
];

describe("secrets in plain config", () => {
  for (const [what, text] of secrets) {
    it(`refuses ${what} wherever it stands, and never repeats it`, () => {
      for (const [raw, path] of [
        [
          { ...minimalAws(), airflow: { values: { env: [{ name: "X", value: text }] } } },
          "airflow.values.env[0].value",
        ],
        [{ foundation: { kind: "aws", region: text } }, "foundation.region"],
        [{ ...minimalAws(), mlflow: { unknown: { deep: text } } }, "mlflow.unknown.deep"],
        [{ ...minimalAws(), models: { churn: { from: text } } }, "models.churn.from"],
      ] as const) {
        try {
          parseSettings(raw);
          expect.fail("accepted");
        } catch (error) {
          if (!(error instanceof SettingsProblems)) throw error;
          expect(error.problems.map((problem) => problem.path)).to.include(path);
          expect(error.message).not.to.include(text.slice(-8));
          expect(error.message).to.match(/Secrets Manager or a Kubernetes Secret, and give its name/);
        }
      }
    });
  }

  it("refuses a literal under a key that tells", () => {
    for (const key of ["password", "adminPassword", "apiToken", "clientSecret", "apiKey", "api_key", "SECRET"]) {
      const [problem] = problemsOf({ ...minimalAws(), airflow: { values: { [key]: "hunter22" } } });
      expect(problem, key).to.include({ path: `airflow.values.${key}`, value: '"***"' });
    }
  });

  it("refuses a secret used as a key, and masks it", () => {
    const token = `${"ghp"}_${"b2".repeat(18)}`;
    const problems = problemsOf({ ...minimalAws(), airflow: { values: { [token]: "x" } } });
    expect(problems).not.to.have.length(0);
    expect(JSON.stringify(problems)).not.to.include(token);
  });

  it("masks a secret inside a block that is refused for another reason", () => {
    const problems = problemsOf({ ...minimalAws(), airflow: [{ password: "hunter22" }] });
    expect(JSON.stringify(problems)).not.to.include("hunter22");
  });

  it("accepts names of secrets, also those that chart values take", () => {
    const values = {
      postgresql: { auth: { existingSecret: "airflow-keys" } },
      dags: { gitSync: { credentialsSecret: "git", sshKeySecret: "key" } },
      fernetKeySecretName: "fernet",
    };
    expect(problemsOf({ ...minimalAws(), airflow: { values } })).to.deep.equal([]);
  });
});
