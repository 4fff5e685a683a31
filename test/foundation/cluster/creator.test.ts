import { expect } from "chai";
import { stackTag } from "../../../components/foundation/awsProvider";
import { isCaller, refuseCreator } from "../../../components/foundation/cluster/creator";
import { SettingsProblems } from "../../../components/settings/problems";
import { record } from "../../support/record";

const role = (name: string, path = "/") => `arn:aws:iam::000000000000:role${path}${name}`;
const caller = "arn:aws:sts::000000000000:assumed-role/platform/run-1";

/** What the program would say, with these entries in the cluster; without any there is no cluster yet. */
async function problems(
  { admins = [], viewers = [] }: { admins?: string[]; viewers?: string[] },
  entries?: Record<string, Record<string, string>>,
): Promise<string[]> {
  let found: string[] = [];
  await record(
    async () => {
      try {
        await refuseCreator({ admins, viewers }, "mlplatform-dev", {});
      } catch (error) {
        if (!(error instanceof SettingsProblems)) throw error;
        found = error.problems.map(({ path }) => path);
      }
    },
    {
      calls: {
        "aws:index/getCallerIdentity:getCallerIdentity": () => ({ arn: caller }),
        "aws:eks/getClusters:getClusters": () => ({ names: entries ? ["mlplatform-dev"] : [] }),
        "aws:eks/getAccessEntry:getAccessEntry": ({ principalArn }) => {
          const tags = entries?.[principalArn as string];
          if (tags === undefined) throw new Error("couldn't find resource");
          return { tags };
        },
      },
    },
  );
  return found;
}

describe("admins and viewers of a cluster", () => {
  it("know a role by its name behind any path, and a user by all of its ARN", () => {
    expect(isCaller(role("platform"), caller)).to.equal(true);
    expect(isCaller(role("platform", "/ci/"), caller)).to.equal(true);
    expect(isCaller(role("platform2"), caller)).to.equal(false);
    expect(isCaller("arn:aws:iam::000000000001:role/platform", caller)).to.equal(false);
    const user = "arn:aws:iam::000000000000:user/ann";
    expect(isCaller(user, user)).to.equal(true);
    expect(isCaller(role("ann"), user)).to.equal(false);
  });

  it("must not hold who is about to create it", async () => {
    const given = { admins: [role("ann"), role("platform", "/ci/")], viewers: [role("platform")] };
    expect(await problems(given)).to.deep.equal(["foundation.cluster.admins[1]", "foundation.cluster.viewers[0]"]);
  });

  it("may hold who runs the program once somebody else has created it", async () => {
    const ours = { [stackTag]: "mlplatform-dev" };
    expect(await problems({ admins: [role("platform")] }, { [role("founder")]: {} })).to.deep.equal([]);
    expect(await problems({ admins: [role("platform")] }, { [role("platform")]: ours })).to.deep.equal([]);
  });

  it("must not hold who created it, whoever runs the program", async () => {
    expect(await problems({ admins: [role("founder")] }, { [role("founder")]: {} })).to.deep.equal([
      "foundation.cluster.admins[0]",
    ]);
  });
});
