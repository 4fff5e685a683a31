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
    "https://org@dev.azure.com/org/my%20project/_git/dags",
    "https://org.visualstudio.com/DefaultCollection/project/_git/dags",
    "https://first.last%40example.com@git.example.com/scm/team/dags.git",
    "https://git-codecommit-fips.us-gov-west-1.amazonaws.com/v1/repos/dags",
    "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/dags",
    "https://[2001:db8::1]:8443/team/dags",
    "ssh://git@[2001:db8::1]:7999/team/dags.git",
    "git@[2001:db8::1]:team/dags.git",
    "git@10.1.2.3:/srv/git/dags.git",
    "ssh://git@git.example.com:2222/~/dags.git",
    "git@git.example.com:~team/dags",
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
    "git@[2001:db8::1]",
    "git@[2001:db8::g]:dags",
    "git@[1::2::3]:dags",
    "ssh://git@2001:db8::1/dags",
    "ssh://git@git.example.com:0/dags",
    "https://git.example.com:65536/dags",
    "codecommit::eu-west-1://dags",
    "-oProxyCommand=touch@git.example.com:dags",
    "ssh://-oProxyCommand=touch@git.example.com/dags",
    "https://first%zz@git.example.com/dags",
    "https://m%FCller@git.example.com/dags",
    "ssh://%2DoProxyCommand=touch@git.example.com/dags",
    "https://git.example.com/dags?path=/dags",
    "git@git.example.com:my dags",
  ]) {
    it(`may not be ${repository}`, () => expect(problems(repository)).to.have.length(1));
  }

  it("names the user of a token that has none of its own", () => {
    const azure = "https://org@dev.azure.com/org/project/_git/dags";
    expect(dagsCredentials(azure, "token")).to.deep.equal({ GITSYNC_USERNAME: "org", GITSYNC_PASSWORD: "token" });
    expect(dagsCredentials(azure, "me:token").GITSYNC_USERNAME).to.equal("me");
    expect(dagsCredentials("https://github.com/team/dags", "token").GITSYNC_USERNAME).to.equal("git");
    const encoded = dagsCredentials("https://first.last%40example.com@git.example.com/dags", "token");
    expect(encoded.GITSYNC_USERNAME, "as git asks for it").to.equal("first.last@example.com");
  });

  it("checks the key of a well-known host, however its name and its port are written", () => {
    for (const repository of ["git@GitHub.com:team/dags", "ssh://git@github.com:22/team/dags", "git@gitlab.com:dags"])
      expect(dagsCredentials(repository, "key").known_hosts, repository).to.match(/^git(hub|lab)\.com ssh-ed25519 /);
    for (const repository of ["git@[2001:db8::1]:dags", "git@github.com.example.com:dags", "git@notgithub.com:dags"])
      expect(dagsCredentials(repository, "key"), repository).to.not.have.property("known_hosts");
  });
});
