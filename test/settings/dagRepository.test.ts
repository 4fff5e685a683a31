import { expect } from "chai";
import { dagsCredentials } from "../../charts/values/airflowDags";
import { onAws, problemsOf } from "./fixtures";

const problems = (repository: string, secret: { secretName?: string } = {}) =>
  problemsOf(onAws({}, { airflow: { dags: { kind: "git", repository, ...secret } } })).filter(({ path }) =>
    path.startsWith("airflow.dags"),
  );

describe("the address of a DAG repository", function () {
  this.timeout(30_000);

  for (const repository of [
    "https://github.com/team/dags.git",
    "https://git.example.com:8443/team/dags",
    "https://org@dev.azure.com/org/project/_git/dags",
    "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/dags",
    "ssh://git-codecommit.eu-west-1.amazonaws.com/v1/repos/dags",
    "ssh://APKAEXAMPLE@git-codecommit.eu-west-1.amazonaws.com/v1/repos/dags",
    "ssh://git@git.example.com:7999/team/dags.git",
    "git@ssh.dev.azure.com:v3/org/project/dags",
    "team@vs-ssh.visualstudio.com:v3/org/project/dags",
  ]) {
    // Nobody is let in by ssh without a key.
    const secret = repository.startsWith("https:") ? {} : { secretName: "dags" };
    it(`may be ${repository}`, () => expect(problems(repository, secret)).to.deep.equal([]));
  }

  for (const repository of [
    "https://org:secret@dev.azure.com/org/project/_git/dags",
    "ssh://git:secret@example.com/dags",
    "http://example.com/dags",
    "https://example.com",
    "/srv/dags",
    "git@example.com",
  ]) {
    it(`may not be ${repository}`, () => expect(problems(repository)).to.have.length(1));
  }

  it("names the user of a token that has none of its own", () => {
    const azure = "https://org@dev.azure.com/org/project/_git/dags";
    expect(dagsCredentials(azure, "token")).to.deep.equal({ GITSYNC_USERNAME: "org", GITSYNC_PASSWORD: "token" });
    expect(dagsCredentials(azure, "me:token").GITSYNC_USERNAME).to.equal("me");
    expect(dagsCredentials("https://github.com/team/dags", "token").GITSYNC_USERNAME).to.equal("git");
  });
});
